--[[
Where things come from: a chapter's facts, a result's provenance, the package's source.

The files are written by `mlbook run` (data/timings) and `mlbook compute` (data/outputs); nothing here is typed by hand.
]]

local common = ... -- common.lua, as mlbook.lua loaded it

local WORDS_PER_MINUTE = 200

local function plural(count, noun)
  return ("%d %s%s"):format(count, noun, count == 1 and "" or "s")
end

-- A time as people say it: "12 seconds", "5 minutes", "1 hour 20 minutes".
local function duration(seconds)
  if seconds < 90 then
    return plural(math.max(1, math.floor(seconds + 0.5)), "second")
  end
  local minutes = math.floor(seconds / 60 + 0.5)
  if minutes < 90 then
    return plural(minutes, "minute")
  end
  local hours, rest = minutes // 60, minutes % 60
  return plural(hours, "hour") .. (rest > 0 and " " .. plural(rest, "minute") or "")
end

local function reading_time(words)
  local minutes = words / WORDS_PER_MINUTE
  local step = minutes < 20 and 1 or 5
  return "about " .. plural(math.max(1, math.floor(minutes / step + 0.5) * step), "minute")
end

local function megabytes(count)
  return count < 1000 and ("%.0f MB"):format(count) or ("%.1f GB"):format(count / 1000)
end

-- A definition list from pairs of strings or inlines; pairs without a value are left out.
local function definitions(pairs_)
  local items = pandoc.List({})
  for _, pair in ipairs(pairs_) do
    local value = pair[2]
    if value and #value > 0 then
      local inlines = type(value) == "string" and pandoc.Inlines(value) or value
      items:insert({ pandoc.Inlines(pair[1]), { { pandoc.Plain(inlines) } } })
    end
  end
  return pandoc.DefinitionList(items)
end

local function facts(div)
  if not div.classes:includes("facts") then
    return nil
  end
  local chapter = div.attributes.chapter or ""
  local found = common.read_json(("data/timings/%s.json"):format(chapter), ("`mlbook run %s` makes it"):format(chapter))
  if not found then
    return {}
  end
  local rows = {
    { "To read", reading_time(found.words) },
    { "To run", duration(found.seconds) },
    { "Memory", megabytes(found.memory_mb) },
    { "Measured on", ("%s, Python %s, %s"):format(found.device, found.python, found.date) },
  }
  if common.is_typst then
    local cells = pandoc.List(rows):map(function(row)
      return ("(%q, %q)"):format(row[1], row[2])
    end)
    return pandoc.RawBlock("typst", ("#mlbook.facts(%s)"):format(table.concat(cells, ", ")))
  end
  return pandoc.Div({ definitions(rows) }, { class = "facts" })
end

-- A value from JSON as text; whole numbers arrive as 3.0.
local function value_text(value)
  if type(value) == "table" then
    local texts = {}
    for position, item in ipairs(value) do
      texts[position] = value_text(item)
    end
    return #texts > 0 and table.concat(texts, ", ") or pandoc.json.encode(value)
  end
  return tostring(math.type(value) == "float" and math.tointeger(value) or value)
end

local function sorted_pairs(map)
  local keys, texts = {}, {}
  for key in pairs(map or {}) do
    table.insert(keys, key)
  end
  table.sort(keys)
  for _, key in ipairs(keys) do
    table.insert(texts, key .. " " .. value_text(map[key]))
  end
  return table.concat(texts, "; ")
end

local function code(text)
  return pandoc.Inlines({ pandoc.Code(text) })
end

local function provenance(div)
  if not div.classes:includes("provenance") then
    return nil
  end
  local run = div.attributes.run or ""
  local path = ("data/outputs/%s/manifest.json"):format(run)
  local found = common.read_json(path, ("`mlbook compute %s` makes it"):format(run))
  if not found then
    return {}
  end
  local seeds = #(found.seeds or {}) > 0 and value_text(found.seeds) or ""
  local line = ("Computed on %s in %s%s, %s."):format(
    found.device, duration(found.seconds), seeds ~= "" and ", seeds " .. seeds or "", found.date)
  local command = found.command or ("mlbook compute " .. run)
  if common.is_typst then
    local again = pandoc.Inlines(line .. " To do it again: ") .. code(command) .. pandoc.Inlines(".")
    return common.typst(common.call("provenance"), { pandoc.Plain(again) })
  end
  return common.folded("provenance", line, {
    definitions({
      { "To do it again", code(command) },
      { "Configuration", sorted_pairs(found.config) },
      { "Versions", sorted_pairs(found.versions) },
      { "Peak memory", found.memory_mb and megabytes(found.memory_mb) or "" },
      { "Results and manifest", code(pandoc.path.directory(path)) },
    }),
  })
end

local function listing(div)
  if not div.classes:includes("listing") then
    return nil
  end
  local of, file, lines = div.attributes.of or "", div.attributes.file or "", div.attributes.lines or ""
  local place = pandoc.Inlines({ pandoc.Code(of), pandoc.Str(","), pandoc.Space(), pandoc.Str("from"), pandoc.Space() })
  local first, last = lines:match("^(%d+)%-(%d+)$")
  local anchor = first and ("#L%s-L%s"):format(first, last) or ""
  local name = code(file)
  place:insert(common.repo_url() ~= "" and pandoc.Link(name, common.repo_url() .. "/blob/main/" .. file .. anchor) or name[1])
  if common.is_typst then
    return common.typst(common.call("listing"), pandoc.Blocks({ pandoc.Plain(place), pandoc.RawBlock("typst", "][") }) .. div.content)
  end
  local content = pandoc.Blocks({ pandoc.Div({ pandoc.Plain(place) }, { class = "listing-title" }) })
  content:extend(div.content)
  return pandoc.Div(content, pandoc.Attr(div.identifier, { "listing" }))
end

return { facts = facts, provenance = provenance, listing = listing }
