--[[
A chapter's quiz from data/quizzes/<chapter>.json, which `mlbook run` writes from chapters/quizzes/<chapter>.yml.

- On the web: the questions, readable as they stand, each with its answers folded below. quiz.js makes forms of them; all
  that it needs is in the page: what is right (`data-right`, `data-place`, `data-value`) and what to say to each option.
- In print: the questions here, and after them a div `.quiz-answers`, which mlbook.lua moves to the solutions.
]]

local common = ... -- common.lua, as mlbook.lua loaded it

local VERDICTS = { ["true"] = "Right.", ["false"] = "Not this one." }

local function blocks_of(markdown)
  return pandoc.read(markdown, "markdown").blocks
end

-- Puts a word in front of the first paragraph.
local function led(blocks, lead)
  if blocks[1] and blocks[1].t == "Para" then
    blocks[1].content = pandoc.Inlines({ lead, pandoc.Space() }) .. blocks[1].content
  else
    blocks:insert(1, pandoc.Para({ lead }))
  end
  return blocks
end

local function letters(items)
  return pandoc.OrderedList(items, pandoc.ListAttributes(1, "UpperAlpha", "Period"))
end

local function letter(position)
  return string.char(64 + position)
end

-- The question, with a word on how to answer it where its options do not show that.
local function asked(question)
  local blocks = blocks_of(question.question)
  local last = blocks[#blocks]
  if question.kind == "multiple" and last.t == "Para" then
    last.content:extend({ pandoc.Space(), pandoc.Emph("Several may be right.") })
    blocks[#blocks] = last
  end
  return blocks
end

-- Kinds: what stands to be chosen or ordered, the answer in words, and what is said to each choice ------------------

-- Each returns a table: options (Blocks for each letter), attributes of each, the answer, feedback (Blocks for each).

local function choice(question)
  local shown = { options = {}, right = {}, feedback = {} }
  local keys = {}
  for position, option in ipairs(question.options) do
    shown.options[position] = pandoc.Plain(common.inlines_of(option.text))
    shown.feedback[position] = led(blocks_of(option.feedback), pandoc.Strong(VERDICTS[tostring(option.right)]))
    shown.right[position] = { ["data-right"] = tostring(option.right) }
    if option.right then
      table.insert(keys, letter(position))
    end
  end
  shown.answer = table.concat(keys, ", ")
  return shown
end

local function order(question)
  local shown = { options = {}, right = {}, feedback = {} }
  local keys = {}
  for position, start in ipairs(question.start) do
    local place = math.tointeger(start) + 1
    local step = question.steps[place]
    shown.options[position] = pandoc.Plain(common.inlines_of(step.text))
    shown.feedback[position] = led(blocks_of(step.feedback), pandoc.Strong(("Place %d."):format(place)))
    shown.right[position] = { ["data-place"] = tostring(place) }
    keys[place] = letter(position)
  end
  shown.answer = table.concat(keys, ", ")
  return shown
end

local function numeric(question)
  local unit = question.unit ~= "" and " " .. question.unit or ""
  return { answer = ("%s%s, within %g"):format(question.shown, unit, question.tolerance) }
end

local KINDS = { single = choice, multiple = choice, order = order, numeric = numeric }

-- The web ------------------------------------------------------------------------------------------------------

local function with(attributes, content)
  local pairs_ = {}
  for name, value in pairs(attributes) do
    table.insert(pairs_, { name, value })
  end
  return pandoc.Div(content, pandoc.Attr("", {}, pairs_))
end

local function feedback_list(shown)
  local items = {}
  for position, said in ipairs(shown.feedback) do
    items[position] = { with(shown.right[position], said) }
  end
  return pandoc.Div({ letters(items) }, { class = "quiz-feedback" })
end

-- Numbers that are nearly right, or wrong in a way that tells something.
local function near_list(question)
  local items = pandoc.List({})
  for _, miss in ipairs(question.near) do
    local lead = pandoc.Strong(("If you have %s:"):format(miss.shown))
    items:insert({ with({ ["data-value"] = ("%.17g"):format(miss.value) }, led(blocks_of(miss.feedback), lead)) })
  end
  items:insert({ with({ ["data-value"] = "other" }, led(blocks_of(question.otherwise), pandoc.Strong("If you have another number:"))) })
  return pandoc.Div({ pandoc.BulletList(items) }, { class = "quiz-feedback" })
end

local function web_question(question, position)
  local shown = KINDS[question.kind](question)
  local number = pandoc.Span({ pandoc.Str(("Question %d."):format(position)) }, { class = "quiz-number" })
  local content = pandoc.Blocks({ pandoc.Div(led(asked(question), number), { class = "quiz-text" }) })
  local attributes = { { "data-kind", question.kind } }
  if question.from then
    content:insert(pandoc.Div(blocks_of("Again, from " .. question.from .. "."), { class = "quiz-from" }))
  end
  if shown.options then
    content:insert(pandoc.Div({ letters(pandoc.List(shown.options):map(function(option)
      return { option }
    end)) }, { class = "quiz-options" }))
  else
    attributes = {
      { "data-kind", question.kind },
      { "data-answer", ("%.17g"):format(question.answer) },
      { "data-tolerance", ("%.17g"):format(question.tolerance) },
      { "data-unit", question.unit },
    }
  end
  local answer = pandoc.Para({ pandoc.Strong("Answer:"), pandoc.Space(), pandoc.Str(shown.answer) })
  content:extend(common.folded("quiz-answer", "Answer", pandoc.Blocks({
    answer,
    shown.options and feedback_list(shown) or near_list(question),
    pandoc.Div(blocks_of(question.explanation), { class = "quiz-explanation" }),
  })))
  local id = "quiz-" .. question.name:gsub("/", "-")
  return pandoc.Div(content, pandoc.Attr(id, { "quiz-question" }, attributes))
end

local function web(quiz)
  local note = "Answer in your head or on paper, then open the answer below the question; it says something about each choice."
  local content = pandoc.Blocks({ pandoc.Div({ pandoc.Plain(pandoc.Inlines(note)) }, { class = "quiz-note" }) })
  for position, question in ipairs(quiz.questions) do
    content:insert(web_question(question, position))
  end
  if quarto then -- the press puts the script into the page's head itself
    quarto.doc.add_html_dependency({ name = "mlbook-quiz", version = "1", scripts = { "quiz.js" } })
  end
  return pandoc.Div(content, pandoc.Attr("", { "quiz" }))
end

-- Print --------------------------------------------------------------------------------------------------------

local function print_answer(question)
  local shown = KINDS[question.kind](question)
  local item = pandoc.Blocks({ pandoc.Para({ pandoc.Strong(shown.answer .. ".") }) })
  if shown.feedback then
    item:insert(letters(pandoc.List(shown.feedback)))
  end
  return item .. blocks_of(question.explanation)
end

local function print_question(question)
  local item = asked(question)
  if question.from then
    item:extend(blocks_of("Again, from " .. question.from .. "."))
  end
  local shown = KINDS[question.kind](question)
  if shown.options then
    item:insert(letters(pandoc.List(shown.options):map(function(option)
      return { option }
    end)))
  end
  return item
end

local function printed(quiz)
  local questions = pandoc.List(quiz.questions)
  local answers = pandoc.Div(pandoc.OrderedList(questions:map(print_answer)), { class = "quiz-answers" })
  answers.attributes.chapter = quiz.chapter
  local place = ("The answers, with a word on each choice, are#mlbook.on-page(<quiz-answers-%s>)."):format(quiz.chapter)
  return pandoc.Blocks({ pandoc.OrderedList(questions:map(print_question)), pandoc.RawBlock("typst", place), answers })
end

local function show(div)
  if not div.classes:includes("quiz") then
    return nil
  end
  local found = common.read_json(("data/quizzes/%s.json"):format(div.attributes.chapter or ""), "`mlbook run` makes it")
  if not found then
    return {}
  end
  return common.is_typst and printed(found) or web(found)
end

-- The answers as they stand among the solutions.
local function collected(div)
  local head = ("#mlbook.answer[Quiz#metadata(none)<quiz-answers-%s>]["):format(div.attributes.chapter)
  return common.typst(pandoc.RawBlock("typst", head), div.content)
end

return { show = show, collected = collected }
