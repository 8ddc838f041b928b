--[[
What the filter's files share: where the book lies, reading its files, warnings, and blocks for both typesetters.
]]

local common = {
  is_html = FORMAT:match("html") ~= nil,
  is_typst = FORMAT == "typst",
  page = "", -- in the press's one call for the whole book: path of the page at hand
}

function common.warn(message)
  io.stderr:write(("[WARNING] %s%s\n"):format(common.page ~= "" and common.page .. ": " or "", message))
end

-- The book's folder: two above the one this file lies in, which mlbook.lua says. (In Quarto PANDOC_SCRIPT_FILE is the
-- filter's in mlbook.lua alone, and Quarto's own in the files it loads.)
local here = ...
local root = pandoc.path.directory(pandoc.path.directory(here))

function common.read_file(path)
  local file = io.open(pandoc.path.join({ root, path }), "rb")
  if not file then
    return nil
  end
  local text = file:read("a")
  file:close()
  return text
end

-- Reads a JSON file of the book; says what is missing and returns nil if it cannot.
function common.read_json(path, mend)
  local text = common.read_file(path)
  local ok, value = pcall(pandoc.json.decode, text or "", false)
  if not text or not ok or type(value) ~= "table" then
    common.warn(("%s %s; %s"):format(path, text and "cannot be read" or "is not there", mend))
    return nil
  end
  return value
end

local repository
function common.repo_url()
  repository = repository or (common.read_file("_quarto.yml") or ""):match("\n%s*repo%-url:%s*[\"']?([^%s\"']+)") or ""
  return repository
end

function common.inlines_of(markdown)
  return pandoc.utils.blocks_to_inlines(pandoc.read(markdown, "markdown").blocks)
end

function common.class_in(element, names)
  for _, class in ipairs(element.classes) do
    if names[class] then
      return class
    end
  end
end

local function html(text)
  return pandoc.RawBlock("html", text)
end

-- Content between two lines of Typst: `#mlbook.hint[` … `]`.
function common.typst(open, content)
  local blocks = pandoc.Blocks({ open })
  blocks:extend(content)
  blocks:insert(pandoc.RawBlock("typst", "]"))
  return blocks
end

function common.call(name, ...)
  return pandoc.RawBlock("typst", ("#mlbook.%s["):format(name:format(...)))
end

-- A block that opens on the web and stands plainly in print.
function common.folded(class, summary, content, id)
  if common.is_typst then
    return common.typst(common.call(class), content)
  end
  local name = id and (' id="%s"'):format(id) or ""
  local blocks = pandoc.Blocks({ html(('<details class="%s"%s><summary>%s</summary>'):format(class, name, summary)) })
  blocks:extend(content)
  blocks:insert(html("</details>"))
  return blocks
end

return common
