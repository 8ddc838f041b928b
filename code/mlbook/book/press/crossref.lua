--[[
Numbers and cross-references as Quarto makes them: sections, figures, tables, equations, exercises; and alt texts.

- Runs after mlbook.lua and before the citations, in the built-in press only.
- For HTML a page at a time: writes numbers into the text, and what the page defines to `mlbook-index`. References to
  other pages' ids are left open (`data-ref`, `data-form`) for the site to fill in.
- For Typst the whole book in one call, each page after a div `.mlbook-page path=… number=…`: the template counts and
  numbers; figures, tables, equations, exercises and references leave in the form in which Quarto writes them.
- Faults go to stderr as warnings, which the press takes as errors.
]]

local stringify = pandoc.utils.stringify
local is_typst = FORMAT == "typst"

local numbers = dofile(pandoc.path.join({ pandoc.path.directory(PANDOC_SCRIPT_FILE), "numbers.lua" }))
local index, homes, tops, NAMES, NBSP = numbers.index, numbers.homes, numbers.tops, numbers.NAMES, numbers.NBSP
local page, note_home, start_page = numbers.page, numbers.note_home, numbers.start_page
local warn, kind_of, plain_id, float = numbers.warn, numbers.kind_of, numbers.plain_id, numbers.float

local repository = ""

-- Figures and tables ------------------------------------------------------------------------------------------

local function labelled(entry, caption)
  local label = pandoc.Inlines({ pandoc.Str(entry.text .. ":"), pandoc.Space() })
  return { pandoc.Plain(label .. caption) }
end

-- A float in the form in which Quarto writes it for Typst.
local function typst_float(id, kind, content, caption)
  local place = kind == "tbl" and "top" or "bottom"
  local middle = pandoc.Inlines({ pandoc.RawInline("typst", ("], caption: figure.caption(position: %s, ["):format(place)) })
  middle:extend(caption)
  local close = ']), kind: "quarto-float-%s", supplement: "%s") <%s>'
  middle:insert(pandoc.RawInline("typst", close:format(kind, NAMES[kind], id)))
  local blocks = pandoc.Blocks({ pandoc.RawBlock("typst", "#figure([") })
  blocks:extend(content)
  blocks:insert(pandoc.Plain(middle))
  return blocks
end

local function numbered_figure(id, content, caption)
  local entry = float(id, "fig", stringify(caption))
  if is_typst then
    return typst_float(id, "fig", content, caption)
  end
  return pandoc.Figure(content, labelled(entry, caption), pandoc.Attr(id))
end

-- Pictures and widgets of a figure's div, without the paragraphs and output blocks around them.
local function bare_content(blocks)
  local bare = pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if block.t == "Div" then
      bare:extend(bare_content(block.content))
    elseif block.t == "Para" or block.t == "Plain" then
      bare:insert(pandoc.Plain(block.content:filter(function(inline)
        return inline.t ~= "SoftBreak"
      end)))
    else
      bare:insert(block)
    end
  end
  return bare
end

local function figure_div(div)
  local caption = div.content:remove()
  if not caption or caption.t ~= "Para" or #div.content == 0 then
    warn(("the figure %s needs a picture, and a caption as its last paragraph"):format(plain_id(div.identifier)))
    return div
  end
  return numbered_figure(plain_id(div.identifier), bare_content(div.content), caption.content)
end

local function figure(element)
  local id = plain_id(element.identifier)
  if kind_of(id) ~= "fig" then
    return nil
  end
  return numbered_figure(id, element.content, pandoc.utils.blocks_to_inlines(element.caption.long))
end

local function tabular(element)
  local id = plain_id(element.identifier)
  if kind_of(id) ~= "tbl" then
    return nil
  end
  local caption = pandoc.utils.blocks_to_inlines(element.caption.long)
  local entry = float(id, "tbl", stringify(caption))
  element.identifier = id
  if not is_typst then
    element.caption.long = labelled(entry, caption)
    return element
  end
  element.identifier, element.caption.long = "", pandoc.Blocks({})
  return typst_float(id, "tbl", { element }, caption)
end

-- Exercises ---------------------------------------------------------------------------------------------------

local function exercise(div)
  local id, name = plain_id(div.identifier), div.attributes.name or ""
  local entry = float(id, "exr", name)
  local kind = ""
  div:walk({ Span = function(span)
    kind = span.classes:includes("exercise-kind") and stringify(span) or kind
  end })
  index.exercises:insert({ id = id, number = entry.number, name = name, kind = kind })
  if is_typst then
    local open = pandoc.Plain(pandoc.Inlines({ pandoc.RawInline("typst", "#exercise(title: [") }) .. pandoc.Inlines(name)
      .. pandoc.Inlines({ pandoc.RawInline("typst", "])[") }))
    local close = pandoc.RawBlock("typst", ("] <%s>"):format(id))
    return pandoc.Blocks({ open }) .. div.content .. pandoc.Blocks({ close })
  end
  local title = entry.text .. (name ~= "" and " (" .. name .. ")" or "")
  local span = pandoc.Span({ pandoc.Strong(pandoc.Inlines(title)) }, { class = "theorem-title" })
  local first = div.content[1]
  if first and first.t == "Para" then
    first.content = pandoc.Inlines({ span, pandoc.Space() }) .. first.content
    div.content[1] = first
  else
    div.content:insert(1, pandoc.Para({ span }))
  end
  return pandoc.Div(div.content, pandoc.Attr(id, { "theorem", "exercise" }))
end

-- Equations: `$$ … $$ {#eq-x}` reaches pandoc as mathematics and text -------------------------------------------

local function equation(math, id)
  local entry = float(id, "eq", "")
  if is_typst then -- typst.lua makes it a numbered equation
    return pandoc.Inlines({ pandoc.Span({ math }, pandoc.Attr(id, { "equation" })) })
  end
  local number = pandoc.Span({ pandoc.Str("(" .. entry.number .. ")") }, { class = "equation-number" })
  return pandoc.Inlines({ pandoc.Span({ math, number }, pandoc.Attr(id, { "equation" })) })
end

-- Looks at the text first: taking every paragraph apart would take longer than all else.
local function equations(block)
  if not stringify(block):find("{#eq-", 1, true) then
    return nil
  end
  local inlines = block.content
  local result, position = pandoc.Inlines({}), 1
  while position <= #inlines do
    local math, space, label = inlines[position], inlines[position + 1], inlines[position + 2]
    local apart = space and (space.t == "Space" or space.t == "SoftBreak")
    if not apart then
      label = space
    end
    local id, rest
    if math.t == "Math" and math.mathtype == "DisplayMath" and label and label.t == "Str" then
      id, rest = label.text:match("^{#(eq%-[%w-]+)}(.*)$")
    end
    if id then
      result:extend(equation(math, id))
      if rest ~= "" then
        result:insert(pandoc.Str(rest))
      end
      position = position + (apart and 3 or 2)
    else
      result:insert(math)
      position = position + 1
    end
  end
  block.content = result
  return block
end

-- References --------------------------------------------------------------------------------------------------

local function lower_first(id)
  return pandoc.text.lower(id:sub(1, 1)) .. id:sub(2)
end

local function typst_reference(id, citation)
  local entry = index.ids[id]
  if not entry then
    warn(("@%s leads nowhere: nothing in the book has this id"):format(id))
    return pandoc.Inlines({})
  end
  local word = entry.text:match("^(%a+)" .. NBSP)
  if citation.mode == "SuppressAuthor" then
    word = ""
  elseif #citation.prefix > 0 then
    word = stringify(citation.prefix)
  end
  if not word then -- a page without a number is called by its title
    return pandoc.Inlines({ pandoc.RawInline("typst", ("#link(<%s>)["):format(id)) })
      .. pandoc.Inlines(entry.text) .. pandoc.Inlines({ pandoc.RawInline("typst", "]") })
  end
  local far = homes[id] ~= page.path and entry.kind ~= "exr" and word ~= "Chapter" and word ~= "Appendix"
  local text = ("#ref(<%s>, supplement: [%s])"):format(id, word) .. (far and ("#mlbook.on-page(<%s>)"):format(id) or "")
  return pandoc.Inlines({ pandoc.RawInline("typst", text) })
end

local function html_reference(id, citation)
  local entry = index.ids[id]
  local short = citation.mode == "SuppressAuthor" or #citation.prefix > 0
  local before = pandoc.Inlines({})
  if #citation.prefix > 0 then
    before = pandoc.Inlines(citation.prefix) .. pandoc.Inlines({ pandoc.Str(NBSP) })
  end
  local form = short and "number" or "text"
  local attributes = entry and {} or { { "data-ref", id }, { "data-form", form } }
  local text = pandoc.Str(entry and entry[form] or id)
  return before .. pandoc.Inlines({ pandoc.Link({ text }, "#" .. id, "", pandoc.Attr("", { "quarto-xref" }, attributes)) })
end

local function reference(cite)
  local result = pandoc.Inlines({})
  local known = 0
  for position, citation in ipairs(cite.citations) do
    local id = lower_first(citation.id)
    if kind_of(id) then
      known = known + 1
      if position > 1 then
        result:extend({ pandoc.Str(","), pandoc.Space() })
      end
      result:extend((is_typst and typst_reference or html_reference)(id, citation))
    end
  end
  if known == 0 then
    return nil
  elseif known < #cite.citations then
    warn(("%s mixes cross-references and citations; write them apart"):format(stringify(cite)))
  end
  return result
end

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

-- The id that a link in print leads to, or nil and the path of a file that is no page.
local function target_id(target)
  local here = target:match("^#(.+)$")
  if here then
    here = plain_id(here)
    return tops[here] or here
  end
  local file, anchor = target:match("^([^#]*)#?(.*)$")
  local path = normal(file:sub(1, 1) == "/" and file or pandoc.path.directory(page.path) .. "/" .. file)
  local top = path:gsub("/", "__")
  if not file:match("%.qmd$") then
    return nil, path
  elseif anchor == "" then
    return tops[top] or top
  end
  -- Ids that a filter gave (terms), and those of numbered things, are without the page's name.
  return homes[anchor] == path and anchor or top .. "__" .. anchor
end

-- In print, a link to another page of the book is followed by its page number, and files are in the repository.
local function typst_link(element)
  if element.target:match("^%a[%w+.-]*:") then
    return nil
  end
  local id, path = target_id(element.target)
  if path then
    return repository ~= "" and pandoc.Link(element.content, repository .. "/blob/main/" .. path) or element.content
  elseif not homes[id] then
    warn(("the link to %s leads nowhere"):format((element.target:gsub("^#.*__", "#"))))
  end
  local open, close = ("#link(label(%q))["):format(id), ("]#mlbook.page-mark(label(%q))"):format(id)
  local far = homes[id] ~= page.path and close or "]"
  return pandoc.Inlines({ pandoc.RawInline("typst", open) }) .. element.content
    .. pandoc.Inlines({ pandoc.RawInline("typst", far) })
end

local function link(element)
  if is_typst then
    return typst_link(element)
  end
  local target = element.target:match("^#(.+)$")
  element.target = target and "#" .. plain_id(target) or element.target
  return target and element or nil
end

-- Alt texts, terms --------------------------------------------------------------------------------------------

local function image(element)
  local alt = element.attributes["fig-alt"]
  if alt then
    element.caption = { pandoc.Str(alt) }
    element.attributes["fig-alt"] = nil
    return element
  end
end

local function term(span)
  note_home(span)
  if span.classes:includes("term") or span.classes:includes("dfn") then
    index.terms:insert({ id = span.identifier, term = stringify(span) })
  end
end

local function page_mark(div)
  if div.classes:includes("mlbook-page") then
    start_page(div.attributes.path, div.attributes.number or "")
  end
end

local function div(element)
  if element.identifier:match("__refs$") then
    element.identifier = "refs"
  end
  note_home(element)
  page_mark(element)
  local kind = kind_of(plain_id(element.identifier))
  if kind == "fig" then
    return figure_div(element)
  elseif kind == "exr" then
    return exercise(element)
  end
end

local function write_index(meta)
  local path = meta["mlbook-index"]
  if path then
    local file = assert(io.open(stringify(path), "w"))
    file:write(pandoc.json.encode(index))
    file:close()
  end
end

return {
  { Meta = function(meta)
    repository = stringify(meta["mlbook-repository"] or "")
    start_page(stringify(meta["mlbook-page"] or ""), stringify(meta["mlbook-number"] or ""))
  end },
  {
    traverse = "topdown",
    Header = numbers.heading, Div = div, Figure = figure, Table = tabular, Para = equations, Plain = equations, Span = term,
    Image = image,
  },
  { traverse = "topdown", Div = page_mark, Cite = reference, Link = link },
  { Meta = write_index },
}
