--[[
Formulas as words: `speech(tex)` reads the TeX of a formula aloud, for the tagged PDF's alternative texts.

A small recursive reader of the TeX that the book uses. The same formula always gives the same words. A command that
is not in the tables is spoken by its name, so that nothing is ever lost.
]]

local GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi omega"

local WORDS = { -- commands without arguments
  cdot = "times", times = "times", div = "divided by", pm = "plus or minus", mp = "minus or plus", ast = "star",
  odot = "elementwise times", otimes = "tensor times", oplus = "direct sum", circ = "composed with", star = "star",
  le = "is at most", leq = "is at most", ge = "is at least", geq = "is at least", ne = "is not equal to",
  neq = "is not equal to", ll = "is much less than", gg = "is much greater than", approx = "is approximately",
  sim = "is distributed as", equiv = "is identical to", propto = "is proportional to", ["in"] = "in",
  notin = "not in", subset = "is a subset of", subseteq = "is a subset of", cup = "union", cap = "intersection",
  to = "to", rightarrow = "to", mapsto = "maps to", leftarrow = "from", gets = "becomes", Rightarrow = "implies",
  implies = "implies", iff = "if and only if", mid = "given", vert = "bar", Vert = "norm bar", forall = "for all",
  exists = "there exists", infty = "infinity", partial = "partial", nabla = "gradient of", ell = "l",
  dots = "and so on", ldots = "and so on", cdots = "and so on", vdots = "and so on", ddots = "and so on",
  top = "transposed", prime = "prime", emptyset = "the empty set", lfloor = "floor of", rfloor = "end floor",
  lceil = "ceiling of", rceil = "end ceiling", langle = "angle bracket", rangle = "end angle bracket",
  ["{"] = "open brace", ["}"] = "close brace", ["|"] = "norm bar", ["%"] = "percent", ["&"] = "and", ["_"] = "underscore",
  ["$"] = "dollars", ["#"] = "number sign", varepsilon = "epsilon", vartheta = "theta", varphi = "phi",
  colon = "such that", lVert = "norm of", rVert = "end norm", lvert = "absolute value of", rvert = "end absolute value",
}
local SILENT = {}
for name in ([[left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr , ; : ! quad qquad displaystyle textstyle
  limits nolimits nonumber notag rm middle]] .. " "):gmatch("(%S+)%s") do
  SILENT[name] = true
end
SILENT[" "] = true
local MARKS = { -- commands that follow what they mark
  hat = "hat", widehat = "hat", bar = "bar", overline = "bar", tilde = "tilde", widetilde = "tilde", vec = "vector",
  dot = "dot", ddot = "double dot",
}
local FONTS = { mathbf = "bold", boldsymbol = "bold", bm = "bold", mathcal = "script", mathbb = "blackboard" }
local PLAIN = { mathrm = true, mathit = true, mathsf = true, mathtt = true, text = true, textrm = true, textit = true,
  textbf = true, texttt = true, operatorname = true, mbox = true }
local BIG = { sum = "the sum", prod = "the product", int = "the integral", bigcup = "the union", bigcap = "the intersection" }
local RANGED = { min = "the minimum", max = "the maximum", lim = "the limit", argmin = "the arg min", argmax = "the arg max",
  sup = "the supremum", inf = "the infimum" }
local SIGNS = {
  ["="] = "equals", ["+"] = "plus", ["-"] = "minus", ["*"] = "times", ["/"] = "over", ["<"] = "is less than",
  [">"] = "is greater than", ["("] = "open parenthesis", [")"] = "close parenthesis", ["["] = "open bracket",
  ["]"] = "close bracket", ["|"] = "bar", ["!"] = "factorial", [","] = ",", [";"] = ",", [":"] = "such that",
  ["."] = "", ["~"] = "", ["&"] = "", ["'"] = "prime", ["?"] = "question mark",
}
local POWERS = { ["2"] = "squared", ["3"] = "cubed", ["T"] = "transposed", ["transposed"] = "transposed",
  ["prime"] = "prime", ["star"] = "star", ["times"] = "star" }

for name in GREEK:gmatch("%a+") do
  WORDS[name] = WORDS[name] or name
  WORDS[name:sub(1, 1):upper() .. name:sub(2)] = "capital " .. name
end

local function tokens(tex)
  local list, position = {}, 1
  while position <= #tex do
    local token = tex:match("^\\%a+%*?", position) or tex:match("^\\.", position) or tex:match("^%d[%d.]*%d", position)
      or tex:match("^" .. utf8.charpattern, position)
    if not token:match("^%s") or token == "\\ " then
      table.insert(list, token)
    elseif list.text then
      table.insert(list, " ")
    end
    position = position + #token
  end
  return list
end

local Reader = {}
Reader.__index = Reader

function Reader:peek()
  return self.list[self.position]
end

function Reader:next()
  self.position = self.position + 1
  return self.list[self.position - 1]
end

-- The words of a group in braces, or of a single token.
function Reader:argument()
  if self:peek() == "{" then
    self:next()
    return self:until_token("}")
  end
  return self:peek() and self:atom() or ""
end

-- The text in braces as it is written: for \text{…} and names of environments.
function Reader:verbatim()
  if self:peek() ~= "{" then
    return self:next() or ""
  end
  self:next()
  local parts, depth = {}, 1
  while self:peek() do
    local token = self:next()
    depth = depth + (token == "{" and 1 or token == "}" and -1 or 0)
    if depth == 0 then
      break
    end
    table.insert(parts, (token:gsub("^\\", "")))
  end
  return table.concat(parts)
end

function Reader:until_token(stop)
  local words = {}
  while self:peek() and self:peek() ~= stop do
    local word = self:term()
    if word ~= "" then
      table.insert(words, word)
    end
  end
  self:next()
  return table.concat(words, " ")
end

local function simple(words)
  return not words:find(" ")
end

-- An atom with what hangs on it: indices, powers, primes.
function Reader:term()
  local token = self:peek()
  local name = token:match("^\\(%a+)%*?$")
  if name and BIG[name] or RANGED[name or ""] then
    return self:ranged(BIG[name] or RANGED[name], BIG[name] and "from" or "over")
  end
  local words = self:atom()
  while true do
    local mark = self:peek()
    if mark == "_" then
      self:next()
      words = words .. " sub " .. self:argument()
    elseif mark == "^" then
      self:next()
      local power = self:argument()
      words = words .. " " .. (POWERS[power] or ("to the power of " .. power .. (simple(power) and "" or ", end power")))
    elseif mark == "'" then
      self:next()
      words = words .. " prime"
    else
      return words
    end
  end
end

-- Sums, products, minima: with the range they run over.
function Reader:ranged(word, preposition)
  self:next()
  local low, high
  while self:peek() == "_" or self:peek() == "^" or self:peek() == "\\limits" do
    local mark = self:next()
    if mark == "_" then
      low = self:argument()
    elseif mark == "^" then
      high = self:argument()
    end
  end
  if low then
    word = word .. " " .. (high and preposition or "over") .. " " .. low
  end
  return word .. (high and " to " .. high or "") .. " of"
end

function Reader:environment()
  local name = self:verbatim():gsub("%*$", "")
  if name == "array" then
    self:verbatim()
  end
  local open = { cases = "cases:", aligned = "", align = "", split = "", gathered = "" }
  local rows, row = {}, {}
  while self:peek() do
    local token = self:peek()
    if token == "\\end" then
      self:next()
      self:verbatim()
      break
    elseif token == "\\\\" then
      self:next()
      table.insert(rows, table.concat(row, " "))
      row = {}
    elseif token == "&" then
      self:next()
      if not open[name] or name == "cases" then
        table.insert(row, ",")
      end
    else
      table.insert(row, self:term())
    end
  end
  table.insert(rows, table.concat(row, " "))
  local head = open[name] or "matrix with rows:"
  return head .. " " .. table.concat(rows, "; ") .. ((open[name] or "x") ~= "" and ", end " .. (open[name] and "cases" or "matrix") or "")
end

function Reader:command(name)
  if SILENT[name] then
    return ""
  elseif name == "frac" or name == "tfrac" or name == "dfrac" then
    local above, below = self:argument(), self:argument()
    if simple(above) and simple(below) then
      return above .. " over " .. below
    end
    return "the fraction " .. above .. " over " .. below .. ", end fraction"
  elseif name == "sqrt" then
    local inside = self:argument()
    return "the square root of " .. inside .. (simple(inside) and "" or ", end root")
  elseif name == "binom" then
    return self:argument() .. " choose " .. self:argument()
  elseif name == "underbrace" or name == "overbrace" or name == "boxed" then
    return self:argument()
  elseif name == "begin" then
    return self:environment()
  elseif MARKS[name] then
    return self:argument() .. " " .. MARKS[name]
  elseif FONTS[name] then
    return FONTS[name] .. " " .. self:argument()
  elseif PLAIN[name] then
    return self:verbatim()
  end
  return WORDS[name] or name
end

function Reader:atom()
  local token = self:next()
  if token == "{" then
    return self:until_token("}")
  elseif token == "\\\\" then
    return ";"
  end
  local name = token:match("^\\(.-)%*?$")
  if name and name ~= "" then
    return self:command(name)
  end
  return SIGNS[token] or token
end

return function(tex)
  -- Spaces count inside \text{…} alone; there they are kept as a token of their own.
  local kept = tex:gsub("(\\%a*text%a*{[^{}]*})", function(text)
    return (text:gsub(" ", "\u{2004}"))
  end)
  local reader = setmetatable({ list = tokens(kept), position = 1 }, Reader)
  local words = {}
  while reader:peek() do
    table.insert(words, reader:term())
  end
  local text = table.concat(words, " "):gsub("\u{2004}", " "):gsub("%s+", " "):gsub(" ([,;])", "%1"):gsub("^ ", ""):gsub(" $", "")
  return text ~= "" and text or "empty formula"
end
