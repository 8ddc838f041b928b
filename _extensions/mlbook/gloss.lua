--[[
Definitions where a term is used: on each page of the site, the first use of a glossary term in running text becomes a link
to its entry, with the definition as title. Without scripts the link leads there; site.js shows the definition on hover and
on focus.

- Not where the page defines the term itself, nor where its front matter lists it under `early-terms`, in headings, links,
  emphasis, tables, code, solutions and quizzes, and not on the glossary's own page.
- A plural counts as its term. Entries that only name another ("See …", "Another word for …") are left alone: such words are
  the ambiguous ones. In print nothing changes.
]]

local common = ... -- common.lua, as mlbook.lua loaded it

local stringify = pandoc.utils.stringify
local GLOSSARY = "chapters/glossary.qmd"
local SKIPPED = { cell = true, quiz = true, answer = true, facts = true, listing = true, ["box-title"] = true }

-- The entries by term in small letters, and the number of words of the longest.
local function read_entries()
  local entries, longest = {}, 0
  local text = (common.read_file(GLOSSARY) or ""):gsub("<!%-%-.-%-%->", "")
  for term, id, definition in text:gmatch("\n%[([^%]\n]+)%]{#(gloss%-[%w-]+)}\r?\n\r?\n:%s+([^\n]+)") do
    if not (definition:match("^See ") or definition:match("^Another word for ")) then
      entries[term:lower()] = { id = id, definition = definition }
      longest = math.max(longest, select(2, term:gsub(" ", "")) + 1)
    end
  end
  return entries, longest
end

-- The definition in plain words, without the link to its chapter at the end.
local function plain(definition)
  return stringify(common.inlines_of((definition:gsub("%s*%[[^%]]*%]%([^)]*%)%.?%s*$", ""))))
end

-- The entry that words name, in singular or plural.
local function name_of(words, entries)
  for _, stem in ipairs({ words, words:match("^(.+)s$") or "", words:match("^(.+)es$") or "" }) do
    if entries[stem] then
      return stem
    end
  end
end

local function is_space(inline)
  return inline ~= nil and (inline.t == "Space" or inline.t == "SoftBreak")
end

-- The longest term that begins at a place: its name, the place after it, and the marks before and after it.
local function term_at(inlines, start, entries, longest)
  if inlines[start].t ~= "Str" then
    return nil
  end
  local before, rest = inlines[start].text:match("^([%(%[]?)(.*)$")
  local words, found = "", nil
  local place = start
  for _ = 1, longest do
    local word, after = (place == start and rest or inlines[place].text):match("^(.-)([%.,;:%)%]%?]*)$")
    words = words .. (words == "" and "" or " ") .. word:lower()
    local name = name_of(words, entries)
    found = name and { name = name, stop = place, before = before, after = after } or found
    local next_word = inlines[place + 2]
    if after ~= "" or not is_space(inlines[place + 1]) or not next_word or next_word.t ~= "Str" then
      break
    end
    place = place + 2
  end
  return found
end

local function link(inlines, start, found, entry)
  local text = pandoc.Inlines({})
  for place = start, found.stop do
    text:insert(inlines[place])
  end
  if found.before ~= "" then
    text[1] = pandoc.Str(text[1].text:sub(#found.before + 1))
  end
  if found.after ~= "" then
    text[#text] = pandoc.Str(text[#text].text:sub(1, -#found.after - 1))
  end
  local result = pandoc.Inlines({})
  if found.before ~= "" then
    result:insert(pandoc.Str(found.before))
  end
  local target = ("/%s#%s"):format(GLOSSARY, entry.id)
  result:insert(pandoc.Link(text, target, plain(entry.definition), pandoc.Attr("", { "term-ref" })))
  if found.after ~= "" then
    result:insert(pandoc.Str(found.after))
  end
  return result
end

-- Links the terms of a paragraph that are still among the entries, and takes them out.
local function linked(inlines, entries, longest)
  local result, place = pandoc.Inlines({}), 1
  while place <= #inlines do
    local found = term_at(inlines, place, entries, longest)
    if found then
      result:extend(link(inlines, place, found, entries[found.name]))
      entries[found.name] = nil
      place = found.stop + 1
    else
      result:insert(inlines[place])
      place = place + 1
    end
  end
  return result
end

-- Whether a text holds any of the terms, as far as letters tell: taking every paragraph apart would take longer than all else.
local function mentions(text, entries)
  text = text:lower()
  for name in pairs(entries) do
    if text:find(name, 1, true) then
      return true
    end
  end
  return false
end

-- Goes through the blocks in which sentences stand; returns them, or nil where nothing has changed.
local function go_through(blocks, entries, longest)
  local changed = false
  for position, block in ipairs(blocks) do
    local new
    if block.t == "Para" or block.t == "Plain" then
      new = mentions(stringify(block), entries) and linked(block.content, entries, longest)
    elseif block.t == "BulletList" or block.t == "OrderedList" then
      for place, item in ipairs(block.content) do
        local inside = go_through(item, entries, longest)
        if inside then
          new = new or block.content
          new[place] = inside
        end
      end
    elseif block.t == "Div" and not common.class_in(block, SKIPPED) then
      new = go_through(block.content, entries, longest)
    end
    if new then
      block.content = new
      blocks[position] = block
      changed = true
    end
  end
  return changed and blocks or nil
end

-- Takes out the terms that the page defines or uses in another sense; says whether the page is the glossary.
local function take_own(doc, entries)
  local is_glossary = false
  doc.blocks:walk({
    Span = function(span)
      is_glossary = is_glossary or span.identifier:match("^gloss%-") ~= nil
      if span.classes:includes("term") then
        local name = name_of(stringify(span):lower(), entries)
        entries[name or ""] = nil
      end
    end,
  })
  for _, term in ipairs(doc.meta["early-terms"] or {}) do
    entries[stringify(term):lower()] = nil
  end
  return is_glossary
end

local function link_terms(doc)
  if not common.is_html then
    return doc
  end
  local entries, longest = read_entries()
  if next(entries) and not take_own(doc, entries) then
    doc.blocks = go_through(doc.blocks, entries, longest) or doc.blocks
  end
  return doc
end

return { link_terms = link_terms }
