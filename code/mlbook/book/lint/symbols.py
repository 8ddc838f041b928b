r"""Symbols in formulas: every one is on the notation page, or is the page's own and declared as such.

- A symbol is a letter or a command with all that changes its meaning: font, accent, a word as subscript. `x`,
  `\mathbf{x}`, `\hat{y}` and `J_{\text{train}}` are four; the index in `x_j` is a symbol by itself.
- The notation page declares what stands in the first column of its tables; a page adds its own with
  `local-symbols` in its front matter, and says in its text what they mean.
- Signs that school teaches (`STRUCTURE`) need no row. Any other command does, so that none slips through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlbook.book.config import Book
from mlbook.book.lint.text import Finding, Text

NOTATION = "notation.qmd"
STRUCTURE = re.compile(
    r"""\\(?: [td]?frac | sqrt | left | right | middle | [bB]igg?[lrm]? | cdot | times | pm
      | leq? | geq? | neq? | approx | ll | gg | to | [lcvd]?dots | max | min | q?quad | limits
      | (?:display|text)style | (?:under|over)brace | [^A-Za-z|] )""",
    re.VERBOSE,
)
FONTS = re.compile(r"\\(?:math(?:bf|cal|bb|rm|sf|it|frak)|boldsymbol|operatorname)")
ACCENTS = re.compile(r"\\(?:hat|bar|tilde|vec|d?dot|check|overline|widehat|widetilde)")
WORDS = re.compile(r"\\(?:text(?:rm|it|bf)?|tag)")

_TOKEN = re.compile(r"\\(?:[A-Za-z]+\*?|.)|\s+|.", re.DOTALL)
_ROW = re.compile(r"^\|\s*\$(?P<tex>[^$\n]+)\$\s*\|", re.MULTILINE)


def symbols(tex: str) -> list[str]:
    r"""Return the symbols of a formula in order, each written in one way: `\hat y` as `\hat{y}`.

    Examples
    --------
    >>> symbols(r"\hat y^{(i)} = \mathbf w^\top \mathbf{x}_{\text{new}}")
    ['\\hat{y}', 'i', '\\mathbf{w}', '\\top', '\\mathbf{x}_{new}']
    """
    return _Reader([token for token in _TOKEN.findall(tex) if not token.isspace()]).read()


class _Reader:
    """Reads a formula's tokens from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def read(self) -> list[str]:
        """Return the symbols of all tokens."""
        found: list[str] = []
        base = False  # whether the last symbol is what a subscript would belong to
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            if token in "_^":
                argument = self._argument()
                word = _word(argument) if token == "_" and base else ""
                if word:
                    found[-1] += f"_{{{word}}}"
                else:
                    inner = _Reader(argument).read()
                    found, base = found + inner, base and not inner
                continue
            new = self._symbols(token)
            found += new
            base = len(new) == 1
        return found

    def _symbols(self, token: str) -> list[str]:
        """Return what one token, with its arguments, stands for."""
        command = token.removesuffix("*")
        if command in (r"\begin", r"\end"):
            name = "".join(self._argument())
            if command == r"\begin" and name == "array":
                self._argument()
        elif WORDS.fullmatch(command):
            self._argument()
        elif FONTS.fullmatch(command):
            return [f"{command}{{{''.join(self._argument())}}}"]
        elif ACCENTS.fullmatch(command):
            inner = _Reader(self._argument()).read()
            return [f"{command}{{{inner[0]}}}"] if len(inner) == 1 else inner
        elif command.isalpha() or (command.startswith("\\") and not STRUCTURE.fullmatch(command)):
            return [command]
        return []

    def _argument(self) -> list[str]:
        """Take what follows: a group in braces, or one token with its own argument."""
        if self.at >= len(self.tokens):
            return []
        start, depth = self.at, 0
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            self.at += 1
            depth += (token == "{") - (token == "}")
            if depth == 0 and not any(kind.fullmatch(token) for kind in (FONTS, ACCENTS, WORDS)):
                break
        taken = self.tokens[start : self.at]
        return taken[1:-1] if taken[0] == "{" and taken[-1] == "}" else taken


def _word(tokens: list[str]) -> str:
    r"""Return the word that a subscript is, as in `\text{train}` or `\mathrm{train}`; "" for an index."""
    inside = "".join(token for token in tokens[1:] if token not in "{}")
    named = tokens and (WORDS.fullmatch(tokens[0]) or tokens[0] == r"\mathrm")
    return inside if named and len(inside) > 1 else ""


def declared(everything: list[Text]) -> set[str] | None:
    """Return the symbols of the notation page; None for a book without one."""
    page = next((text for text in everything if text.page and text.path.endswith(NOTATION)), None)
    if page is None:
        return None
    return {symbol for row in _ROW.finditer(page.text) for symbol in symbols(row["tex"])}


def undeclared(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find symbols that neither the notation page nor their page declares, and declarations for nothing."""
    known = declared(everything)
    if known is None:
        return
    for text in everything:
        if text.page is None or text.path.endswith(NOTATION):
            continue
        own = {str(entry): set(symbols(str(entry))) for entry in text.settings.get("local-symbols") or []}
        allowed = known.union(*own.values())
        used: set[str] = set()
        for part in (text, *(one for one in everything if one.includer == text)):
            for position, tex in part.formulas:
                for symbol in symbols(tex):
                    if symbol not in allowed | used:
                        yield part.finding(position, "symbol", _message(symbol))
                    used.add(symbol)
        for entry, meant in own.items():
            if not meant & used:
                message = f"local-symbols lists {entry!r}, which no formula of the page uses: take it away"
                yield Finding(text.path, 1, "symbol", message)


def _message(symbol: str) -> str:
    """Say what to do about a symbol that nobody has declared."""
    return (
        f"{symbol} is not on the notation page: use a symbol that is, add a row there, or list it under "
        "`local-symbols` in the page's front matter and say in the text what it means"
    )


BOOK_RULES = [undeclared]
