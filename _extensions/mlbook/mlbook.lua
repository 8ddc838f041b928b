--[[
The book's own blocks, for both typesetters: boxes, answers, hints, quizzes, facts, provenance, listings, terms.

- Runs in Quarto at pre-ast, before callouts, tabsets and theorems become Quarto's own nodes, and in plain pandoc.
- Touches only what is the book's own. Numbers and cross-references are Quarto's work, or press/crossref.lua's.
- For HTML a page at a time; for Typst the whole book in one call, because solutions are collected there.
- Beside it: common.lua (helpers), sources.lua (facts, provenance, listings), quiz.lua (quizzes), gloss.lua (links to
  the glossary), book.typ and blocks.typ (Typst).
- What it cannot do it says on stderr as a warning; the press takes pandoc's warnings as errors.
]]

local stringify = pandoc.utils.stringify
local here = pandoc.path.directory(PANDOC_SCRIPT_FILE)
local common = loadfile(pandoc.path.join({ here, "common.lua" }))(here)
local sources = loadfile(pandoc.path.join({ here, "sources.lua" }))(common)
local quiz = loadfile(pandoc.path.join({ here, "quiz.lua" }))(common)
local gloss = loadfile(pandoc.path.join({ here, "gloss.lua" }))(common)
local is_html, is_typst = common.is_html, common.is_typst
local warn, class_in, typst, call, folded = common.warn, common.class_in, common.typst, common.call, common.folded

local BOXES = {
  predict = "Predict",
  ["from-scratch"] = "From scratch",
  ["break-it"] = "Break it",
  pitfall = "Pitfall",
  ["in-practice"] = "In practice",
  numbers = "Numbers to remember",
}
local CALLOUTS = {
  ["callout-note"] = true,
  ["callout-tip"] = true,
  ["callout-warning"] = true,
  ["callout-caution"] = true,
  ["callout-important"] = true,
}
local KINDS = { think = "Think", code = "Code", explore = "Explore" }
local DIFFICULTIES = { "easy", "medium", "hard" }

local function unnumbered(header)
  if not header.classes:includes("unnumbered") then
    header.classes:insert("unnumbered")
  end
  return header
end

local function inner_heading(header)
  header.classes:insert("unlisted")
  return unnumbered(header)
end

-- Boxes -------------------------------------------------------------------------------------------------------

local function note_page(div)
  if div.classes:includes("mlbook-page") then
    common.page = div.attributes.path
  end
end

local function box(div)
  local kind = class_in(div, BOXES)
  if not kind then
    return nil
  end
  local title = common.inlines_of(div.attributes.title or "")
  if is_typst then
    local open = pandoc.Inlines({ pandoc.RawInline("typst", ('#mlbook.panel("%s", title: ['):format(kind)) })
    open:extend(title)
    open:insert(pandoc.RawInline("typst", "])["))
    return typst(pandoc.Plain(open), div.content)
  end
  local head = pandoc.Inlines({ pandoc.Span({ pandoc.Str(BOXES[kind]) }, { class = "box-kind" }) })
  local label = BOXES[kind]
  if #title > 0 then
    head:extend({ pandoc.Space(), pandoc.Span(title, { class = "box-heading" }) })
    label = label .. ": " .. stringify(title)
  end
  local content = pandoc.Blocks({ pandoc.Div({ pandoc.Plain(head) }, { class = "box-title" }) })
  content:extend(div.content)
  return pandoc.Div(content, pandoc.Attr(div.identifier, { "box", kind }, { { "role", "note" }, { "aria-label", label } }))
end

local function reveal(div)
  if div.classes:includes("reveal") then
    return folded("reveal", "Show the answer", div.content)
  elseif div.classes:includes("hint") then
    return folded("hint", "Hint", div.content)
  end
end

-- Exercises and their answers ---------------------------------------------------------------------------------

-- The line "Code, medium" that opens an exercise; number and title are put before it later.
local names = {} -- of exercises, by id

local function exercise(div)
  local id = div.identifier:match("exr%-[%w-]+$")
  if not id then
    return nil
  end
  names[id] = div.attributes.name
  local kind, marks = KINDS[div.attributes.kind or ""], tonumber(div.attributes.difficulty)
  if not kind then
    return nil
  end
  div.attributes.kind, div.attributes.difficulty = nil, nil
  local text = kind .. (DIFFICULTIES[marks] and ", " .. DIFFICULTIES[marks] or "")
  local first = div.content[1]
  if is_html then
    div.content:insert(1, pandoc.Para({ pandoc.Span(pandoc.Inlines(text), { class = "exercise-kind" }) }))
  elseif is_typst then -- set beside the title, by the first paragraph so that it takes no line of its own
    local mark = ("#mlbook.exercise-kind[%s]"):format(text)
    if first and first.t == "Para" then
      first.content:insert(1, pandoc.RawInline("typst", mark))
      div.content[1] = first
    else
      div.content:insert(1, pandoc.RawBlock("typst", mark))
    end
  end
  return div
end

local answers = {} -- for the web: by the exercise's id
local sections = pandoc.List({}) -- for print: { title, blocks } for each chapter with answers

-- The solutions of the chapter with this title, so far.
local function solutions_of(title)
  if #sections == 0 or sections[#sections].title ~= title then
    sections:insert({ title = title, blocks = pandoc.Blocks({}) })
  end
  return sections[#sections].blocks
end

local function keep_answer(div, title)
  local name = div.attributes["for"] or ""
  if is_html then
    answers[name] = folded("answer", "Solution", div.content, name:gsub("^exr%-", "answer-"))
    return
  end
  local head = pandoc.Inlines({
    pandoc.RawInline("typst", "#mlbook.answer["),
    pandoc.Cite({ pandoc.Str("@" .. name) }, { pandoc.Citation(name, "AuthorInText") }),
  })
  if names[name] then
    head:extend(pandoc.Inlines(" (" .. names[name] .. ")"))
  end
  head:insert(pandoc.RawInline("typst", "]["))
  solutions_of(title):extend(typst(pandoc.Plain(head), div.content))
end

local function collected()
  local blocks = pandoc.Blocks({})
  for _, section in ipairs(sections) do
    blocks:insert(pandoc.Header(2, section.title or {}, { class = "unnumbered" }))
    blocks:extend(section.blocks)
  end
  return blocks
end

-- Takes the answers out, and numbers away from the sections of pages that have none.
local function take_answers(blocks)
  local title, plain, rest = nil, false, pandoc.Blocks({})
  for _, block in ipairs(blocks) do
    if block.t == "Header" and block.level == 1 then
      title, plain = block.content, block.classes:includes("unnumbered")
    elseif block.t == "Header" and plain then
      block = unnumbered(block)
    end
    if block.t == "Div" and block.classes:includes("answer") then
      keep_answer(block, title)
    elseif block.t == "Div" and block.classes:includes("quiz-answers") then
      solutions_of(title):extend(quiz.collected(block))
    else
      rest:insert(block)
    end
  end
  return rest
end

-- Puts the answers where they belong: on the web below their exercises, in print where the solutions are.
local function put_answers(blocks)
  local result, put = pandoc.Blocks({}), is_html
  for _, block in ipairs(blocks) do
    if is_typst and block.t == "Div" and block.classes:includes("solutions-here") then
      result:extend(collected())
      put = true
    else
      result:insert(block)
    end
    local answer = block.t == "Div" and answers[block.identifier]
    if answer then
      result:extend(answer)
      answers[block.identifier] = nil
    end
  end
  if not put and #sections > 0 then -- a book without a place for them
    result:insert(pandoc.Header(1, "Solutions", { class = "unnumbered" }))
    result:extend(collected())
  end
  for name in pairs(answers) do
    warn(("an answer is for %s, and there is no such exercise on the page"):format(name))
  end
  return result
end

-- Words and headings ------------------------------------------------------------------------------------------

local function slug(text)
  return (pandoc.text.lower(text):gsub("[^%w]+", "-"):gsub("^%-", ""):gsub("%-$", ""))
end

local function span(element)
  if element.classes:includes("term") then
    local id = "term-" .. slug(stringify(element))
    if is_typst then
      return pandoc.Span({ pandoc.Emph(element.content) }, { id = id, class = "term" })
    end
    return pandoc.Span(element.content, { id = id, class = "dfn term" })
  elseif element.classes:includes("to-type") then
    return pandoc.Strong(element.content)
  elseif element.classes:includes("to-replace") then
    return pandoc.Emph(element.content)
  end
end

-- Whether headings in a block are titles of a part of it, not sections.
local function titled(div)
  return div.identifier:match("exr%-[%w-]+$") or div.classes:includes("panel-tabset") or div.classes:includes("answer")
    or class_in(div, BOXES) or class_in(div, CALLOUTS)
end

-- Headings in tabs, boxes and exercises have no number; in print, tabs' names are bold paragraphs.
local function heading_block(div)
  if is_typst and div.classes:includes("panel-tabset") then
    return pandoc.Blocks(div.content):walk({
      Header = function(header)
        return pandoc.Para({ pandoc.Strong(header.content) })
      end,
    })
  elseif titled(div) then
    return div:walk({ Header = inner_heading })
  end
end

local function block(div)
  note_page(div)
  local changed = heading_block(div)
  if changed and changed.t ~= "Div" then
    return changed
  end
  div = changed or div
  return box(div) or reveal(div) or sources.facts(div) or sources.provenance(div) or sources.listing(div) or quiz.show(div)
    or exercise(div) or changed
end

-- Explorables -------------------------------------------------------------------------------------------------

-- Quarto takes their scripts along with the page; the press's own script knows where they are.
local function bring_explorables(doc)
  local found = false
  doc:walk({
    RawBlock = function(raw)
      found = found or raw.format == "html" and raw.text:find('class="explorable"', 1, true) ~= nil
    end,
  })
  if not found then
    return
  end
  local parts = pandoc.List(pandoc.system.list_directory(pandoc.path.join({ here, "explore" })))
  quarto.doc.add_html_dependency({
    name = "mlbook-explore",
    version = "1.0.0",
    scripts = { { path = "explore/load.js", attribs = { type = "module" }, afterBody = true } },
    resources = parts:map(function(name)
      return { name = name, path = "explore/" .. name }
    end),
  })
end

return {
  { Div = block, Span = span },
  { Pandoc = function(doc)
    doc = gloss.link_terms(doc)
    if quarto and is_html then
      bring_explorables(doc)
    end
    doc.blocks = put_answers(take_answers(doc.blocks))
    return doc
  end },
}
