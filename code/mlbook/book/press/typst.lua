--[[
The last filter before Typst, for the whole book: pictures and formulas with alternative texts, plain tables, callouts,
margin notes. What Quarto does for print and plain pandoc does not.

Faults go to stderr as warnings, which the press takes as errors.
]]

local stringify = pandoc.utils.stringify
local here = pandoc.path.directory(PANDOC_SCRIPT_FILE)
local speech = dofile(pandoc.path.join({ here, "speech.lua" }))

local CALLOUTS = { "note", "tip", "warning", "caution", "important" }

local root = ""
local page = { path = "" }

local function warn(message)
  io.stderr:write(("[WARNING] %s: %s\n"):format(page.path, message))
end

-- A string as Typst writes it.
local function quoted(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

local function raw(text)
  return pandoc.RawInline("typst", text)
end

local function wrapped(open, blocks)
  local result = pandoc.Blocks({ pandoc.Plain(open) })
  result:extend(blocks)
  result:insert(pandoc.RawBlock("typst", "]"))
  return result
end

-- Pictures ----------------------------------------------------------------------------------------------------

-- Takes "." and ".." out of a path.
local function normal(path)
  local parts = pandoc.List({})
  for part in path:gmatch("[^/]+") do
    if part == ".." then
      parts:remove()
    elseif part ~= "." then
      parts:insert(part)
    end
  end
  return table.concat(parts, "/")
end

-- The place of a picture from the book's folder: frozen, from the root, or beside the page. A frozen one is found by
-- the name of its chapter, since a solution stands among the solutions of all chapters, in the same folder.
local function located(source)
  local folder = pandoc.path.directory(page.path)
  local stem, figure = source:match("^([^/]+)_files/(.+)$")
  if stem then
    return normal(("_freeze/%s/%s/%s"):format(folder, stem, figure))
  elseif source:sub(1, 1) == "/" then
    return normal(source)
  end
  return normal(folder .. "/" .. source)
end

local function picture(image)
  if image.classes:includes("dark-content") then
    return {}
  end
  local path, alt = located(image.src), stringify(image.caption)
  local file = io.open(pandoc.path.join({ root, path }), "rb")
  if not file then
    warn(("the picture %s is not there"):format(image.src))
    return {}
  end
  file:close()
  if alt == "" then
    warn(("the picture %s has no alternative text (fig-alt)"):format(image.src))
  end
  local width = image.attributes.width or ""
  local size = width:match("%%$") and ", width: " .. width or ""
  return raw(("#mlbook.picture(%s, alt: %s%s)"):format(quoted("/" .. path), quoted(alt), size))
end

-- Formulas ----------------------------------------------------------------------------------------------------

local spoken = {}

local function formula(math)
  spoken[math.text] = spoken[math.text] or quoted(speech(math.text))
  return { raw(("#mlbook.spoken(%s, "):format(spoken[math.text])), math, raw(")") }, false
end

-- A numbered equation: the formula, with its id as label.
local function equation(element)
  local inlines = formula(element.content[1])
  inlines[3] = raw((", numbering: equation-numbering) <%s>"):format(element.identifier))
  return inlines, false
end

-- Tables: pandoc wraps each into a figure, which would be counted ---------------------------------------------------

local function plain_table(element)
  local text = pandoc.write(pandoc.Pandoc({ element }), "typst")
  local inside = text:match("^#figure%(%s*align%(center%)%[(#table.*)%]%s*, kind: table%s*%)%s*$")
  if not inside then
    warn("a table could not be written: " .. stringify(element):sub(1, 60))
  end
  return pandoc.RawBlock("typst", inside or text)
end

-- Links -------------------------------------------------------------------------------------------------------

-- On paper a link out of the book needs its address: in a footnote, unless it is there already.
local function outward(link)
  local address = link.target:gsub("^mailto:", "")
  local shown = stringify(link.content)
  if not link.target:match("^%a+:") or shown == address or link.target:find("/blob/main/", 1, true) then
    return nil
  end
  local note = pandoc.Note({ pandoc.Plain({ pandoc.Link({ pandoc.Str(address) }, link.target) }) })
  return { link, note }, false
end

-- Blocks ------------------------------------------------------------------------------------------------------

local function callout(div)
  for _, kind in ipairs(CALLOUTS) do
    if div.classes:includes("callout-" .. kind) then
      local title = pandoc.Inlines({})
      local first = div.content[1]
      if div.attributes.title then
        title = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
      elseif first and first.t == "Header" then
        title = first.content
        div.content:remove(1)
      end
      local open = pandoc.Inlines({ raw(('#mlbook.panel("%s", title: ['):format(kind)) }) .. title
      open:insert(raw("])["))
      return wrapped(open, div.content)
    end
  end
end

-- What a cell printed, in the manner of an answer, not of code.
local function printed(block)
  if #block.classes > 0 then -- source that the cell shows
    return nil
  end
  block.classes = pandoc.List({ "output" })
  return block
end

local function block(div)
  if div.classes:includes("mlbook-page") then
    return pandoc.RawBlock("typst", "// page: " .. div.attributes.path)
  elseif div.classes:includes("column-margin") then
    return wrapped({ raw("#mlbook.aside[") }, div.content)
  elseif div.identifier == "refs" then
    return wrapped({ raw("#mlbook.references[") }, div.content)
  elseif div.classes:includes("csl-entry") then
    return div
  elseif div.classes:includes("cell-output") then
    return div.content:walk({ CodeBlock = printed })
  end
  return callout(div) or div.content
end

local function span(element)
  if element.classes:includes("equation") then
    return equation(element)
  elseif element.classes:includes("aside") then
    return pandoc.Note({ pandoc.Para(element.content) })
  end
end

local function mark_page(div)
  if div.classes:includes("mlbook-page") then
    page = { path = div.attributes.path }
  end
end

return {
  { Meta = function(meta)
    root = stringify(meta["mlbook-root"] or "")
  end },
  { traverse = "topdown", Div = mark_page, Image = picture, Math = formula, Span = span, Link = outward },
  { Table = plain_table, Div = block },
}
