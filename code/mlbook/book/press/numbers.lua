--[[
What crossref.lua counts: the page at hand, its numbers, and what has which id in the book.
]]

local stringify = pandoc.utils.stringify
local is_typst = FORMAT == "typst"

local NAMES = { fig = "Figure", tbl = "Table", eq = "Equation", exr = "Exercise", sec = "Section" }
local NBSP = "\u{a0}"
local DEPTH = 3 -- headings below this level have no number

local page = { number = "", path = "" }
local index = { ids = {}, headings = pandoc.List({}), terms = pandoc.List({}), exercises = pandoc.List({}) }
local counts = {} -- of the current page: by kind; headings by level
local homes = {} -- id → path of its page
local tops = {} -- path of a page → id of its first heading

local function warn(message)
  io.stderr:write(("[WARNING] %s%s\n"):format(page.path ~= "" and is_typst and page.path .. ": " or "", message))
end

-- The kind of a numbered id ("fig"), or nil.
local function kind_of(id)
  local kind = id:match("^(%a+)%-[%w]")
  return NAMES[kind or ""] and kind
end

-- With several files in one call, pandoc puts "path__" before ids; ids of numbered things are unique without.
local function plain_id(id)
  local bare = id:match("^.*__(.-)$")
  return bare and kind_of(bare) and bare or id
end

-- Remembers which page an id is on.
local function note_home(element)
  if element.identifier ~= "" then
    local id = plain_id(element.identifier)
    homes[id] = homes[id] or page.path
  end
end

local function start_page(path, number)
  page.path, page.number = path, number
  counts = { levels = { 0, 0, 0 } }
end

local function number_of(kind)
  counts[kind] = (counts[kind] or 0) + 1
  return (page.number ~= "" and page.number .. "." or "") .. counts[kind]
end

local function define(id, kind, number, text, title)
  if index.ids[id] then
    warn(("the id %s is given twice"):format(id))
  end
  index.ids[id] = { kind = kind, number = number, text = text, title = title }
  homes[id] = page.path
  return index.ids[id]
end

local function float(id, kind, title)
  local number = number_of(kind)
  return define(id, kind, number, NAMES[kind] .. NBSP .. number, title)
end

local function is_appendix()
  return page.number:match("^%a$") ~= nil
end

local function heading_number(header)
  if header.classes:includes("unnumbered") or page.number == "" or header.level > DEPTH then
    return ""
  elseif header.level == 1 then
    return page.number
  end
  local levels = counts.levels
  levels[header.level] = levels[header.level] + 1
  for level = header.level + 1, DEPTH do
    levels[level] = 0
  end
  return page.number .. "." .. table.concat(levels, ".", 2, header.level)
end

local function heading_text(header, number)
  if number == "" then
    return stringify(header.content)
  end
  local word = header.level > 1 and "Section" or is_appendix() and "Appendix" or "Chapter"
  return word .. NBSP .. number
end

local function heading(header)
  if header.classes:includes("unlisted") then -- a box's title
    return nil
  end
  header.identifier = plain_id(header.identifier)
  note_home(header)
  local path = page.path:gsub("/", "__")
  tops[path] = tops[path] or header.identifier
  local number, title = heading_number(header), stringify(header.content)
  index.headings:insert({ id = header.identifier, level = header.level, number = number, text = title })
  if kind_of(header.identifier) == "sec" then
    define(header.identifier, "sec", number, heading_text(header, number), title)
  end
  if number ~= "" and not is_typst then
    local shown = header.level == 1 and is_appendix() and "Appendix" .. NBSP .. number or number
    local span = pandoc.Span({ pandoc.Str(shown) }, { class = "header-section-number" })
    header.content = pandoc.Inlines({ span, pandoc.Space() }) .. header.content
  end
  return header
end

return {
  NAMES = NAMES, NBSP = NBSP, page = page, index = index, homes = homes, tops = tops,
  warn = warn, kind_of = kind_of, plain_id = plain_id, note_home = note_home, start_page = start_page,
  float = float, heading = heading,
}
