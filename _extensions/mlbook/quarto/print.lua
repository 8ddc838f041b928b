--[[
For Quarto's PDF alone, what press/typst.lua does for the press's: a cell's printed output is set as such, and a link
to a page of the book leads to its heading (Quarto itself follows only some of them).
]]

if FORMAT ~= "typst" then
  return {}
end

-- The book's folder: three above the one this file lies in.
local root = pandoc.path.directory(PANDOC_SCRIPT_FILE)
for _ = 1, 3 do
  root = pandoc.path.directory(root)
end

local function read_file(path)
  local file = io.open(pandoc.path.join({ root, path }), "rb")
  local text = file and file:read("a") or ""
  if file then
    file:close()
  end
  return text
end

-- File name of each page → id of its first heading.
local function headings()
  local found = {}
  for path in read_file("_quarto.yml"):gmatch("[%w_/-]+%.qmd") do
    local line = ("\n" .. read_file(path)):match("\n(# [^\n]+)")
    local heading = line and pandoc.read(line, "markdown").blocks[1]
    found[pandoc.path.filename(path)] = heading and heading.identifier
  end
  return found
end

local ids = headings()

return {
  {
    Link = function(link)
      local id = not link.target:find("[#:]") and ids[pandoc.path.filename(link.target)]
      if id then
        link.target = "#" .. id
        return link
      end
    end,
    Div = function(div)
      if div.classes:includes("cell-output") then
        return div:walk({
          CodeBlock = function(block)
            if #block.classes == 0 then -- else it is source that the cell shows
              block.classes = { "output" }
            end
            return block
          end,
        })
      end
    end,
  },
}
