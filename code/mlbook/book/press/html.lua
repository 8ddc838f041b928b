--[[
What Quarto itself does for its site and plain pandoc does not: callouts, tabsets, folded code, tables that scroll.
Runs last of the press's filters, after the citations, for HTML only. Everything it makes can be read and used
without scripts. With `mlbook-shared-references` the page's own list of works cited goes: the book has one list.
]]

local stringify = pandoc.utils.stringify

local KINDS = { note = "Note", tip = "Tip", warning = "Warning", caution = "Caution", important = "Important" }

local tabsets = 0

local function raw(text)
  return pandoc.RawBlock("html", text)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub("<", "&lt;"):gsub('"', "&quot;"))
end

-- The kind of callout a div is ("note"), or nil.
local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind and KINDS[kind] then
      return kind
    end
  end
end

-- Takes the title from `title="…"` or from a heading that opens the div.
local function take_title(div)
  if div.attributes.title then
    local title = pandoc.utils.blocks_to_inlines(pandoc.read(div.attributes.title, "markdown").blocks)
    div.attributes.title = nil
    return title
  end
  local first = div.content[1]
  if first and first.t == "Header" then
    div.content:remove(1)
    return first.content
  end
  return pandoc.Inlines({})
end

local function callout(div)
  local kind = callout_kind(div)
  if not kind then
    return nil
  end
  local title = take_title(div)
  if stringify(title) == KINDS[kind] then
    title = pandoc.Inlines({})
  end
  local head = pandoc.Inlines({ pandoc.Span({ pandoc.Str(KINDS[kind]) }, { class = "callout-kind" }) })
  if #title > 0 then
    head:extend({ pandoc.Space(), pandoc.Span(title, { class = "callout-heading" }) })
  end
  local body = pandoc.Div(div.content, { class = "callout-body" })
  div.classes = pandoc.List({ "callout", "callout-" .. kind })
  div.attributes.role = "note"
  div.attributes["aria-label"] = KINDS[kind] .. (#title > 0 and ": " .. stringify(title) or "")
  div.content = { pandoc.Div({ pandoc.Plain(head) }, { class = "callout-title" }), body }
  return div
end

-- Splits a tabset at the headings of its first heading's level.
local function tabs_of(div)
  local level, tabs = nil, {}
  for _, block in ipairs(div.content) do
    if block.t == "Header" and (level == nil or block.level == level) then
      level = block.level
      table.insert(tabs, { title = stringify(block), content = pandoc.Blocks({}) })
    elseif #tabs > 0 then
      tabs[#tabs].content:insert(block)
    end
  end
  return tabs
end

local function tabset(div)
  if not div.classes:includes("panel-tabset") then
    return nil
  end
  tabsets = tabsets + 1
  local list, panels = {}, pandoc.Blocks({})
  for n, tab in ipairs(tabs_of(div)) do
    local id = ("tabset-%d-%d"):format(tabsets, n)
    table.insert(list, ('<button type="button" role="tab" id="%s-tab" aria-controls="%s" aria-selected="%s"%s>%s</button>'):format(
      id, id, n == 1 and "true" or "false", n == 1 and "" or ' tabindex="-1"', escape(tab.title)))
    panels:insert(raw(('<div role="tabpanel" id="%s" class="tab-panel%s" aria-labelledby="%s-tab" data-title="%s" tabindex="0">'):format(
      id, n == 1 and " active" or "", id, escape(tab.title))))
    panels:extend(tab.content)
    panels:insert(raw("</div>"))
  end
  div.content = pandoc.Blocks({ raw('<div class="tab-list" role="tablist" aria-label="Variants">' .. table.concat(list) .. "</div>") })
  div.content:extend(panels)
  return div
end

local function margin_note(div)
  if div.classes:includes("column-margin") then
    div.attributes.role = "note"
    return div
  end
end

local function code_block(block)
  local fold = block.attributes["code-fold"]
  local name = block.attributes["code-summary"] or "Code"
  block.attributes["code-fold"], block.attributes["code-summary"] = nil, nil
  if fold == "true" or fold == "show" then
    local open = fold == "show" and " open" or ""
    return { raw(('<details class="code-fold"%s><summary>%s</summary>'):format(open, escape(name))), block, raw("</details>") }
  end
  return block
end

local function drop_references(doc)
  if doc.meta["mlbook-shared-references"] == true then
    doc.blocks = doc.blocks:filter(function(block)
      return not (block.t == "Div" and block.identifier == "refs")
    end)
  end
  return doc
end

local function scrolling(tbl)
  return { raw('<div class="table-scroll" role="group" aria-label="Table" tabindex="0">'), tbl, raw("</div>") }
end

return {
  {
    Div = function(div)
      return callout(div) or tabset(div) or margin_note(div)
    end,
    CodeBlock = code_block,
    Table = scrolling,
  },
  { Pandoc = drop_references },
}
