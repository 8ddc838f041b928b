"""What the words may not do: carry typed results, use banned phrases, or use a term before it is defined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlbook.book.config import Book
from mlbook.book.lint.text import Finding, Text

RESULT = re.compile(
    r"""(?<![\w.,/#-])(?:
        \\?\$\s?\d[\d,.]*(?:\s(?:thousand|million|billion))?   # money
        | \d+(?:[.,]\d+)*\s?(?:%|percent\b|percentage\s)       # shares
        | \d{1,3}(?:,\d{3})+(?:\.\d+)?                         # 20,640
        | \d+\.\d+(?![\w.]*\w\.\w)                             # 0.87
        | (?!(?:1[5-9]|20)\d\d\b)\d{4,}                        # 41446, but not a year
    )(?![\w])""",
    re.VERBOSE,
)

_NAMED = re.compile(r"\b(?:Python|Quarto|Typst|pandoc|CUDA|version|port|BY|PDF|HTTP|Section|Chapter)[ \n]$")

BANNED = {
    r"simply": "say how, or leave the word out",
    r"obviously|trivially|needless to say|as we all know|of course": "if it were, it need not be said",
    r"it is important to note|it should be noted|note that it is worth": "say the thing itself",
    r"let'?s dive|dive (?:in|into|deep)(?! Deep Learning)|delve": "start with the thing itself",
    r"buckle up|without further ado": "start with the thing itself",
    r"game[- ]chang\w+|revolutionary|cutting[- ]edge|mind[- ]blowing": "no hype",
    r"unleash\w*|supercharge\w*|seamless\w*": "no hype",
    r"in this (?:section|chapter),? we (?:will|are going to)": "open with the question, not with the plan",
    r"in conclusion|to summarize this section|in summary, we": "no summary at a section's end",
}
BRITISH = re.compile(
    r"\b(?:colour\w*|behaviour\w*|neighbour\w*|favour\w*|modell(?:ing|ed|er)|labell(?:ing|ed)|travell(?:ing|ed)|centre[ds]?"
    r"|(?:normal|general|regular|optim|standard|minim|maxim|summar|organ|real|recogn|categor|initial|visual|parallel"
    r"|penal|vector|random|factor|quant|emphas|character)is(?:e|es|ed|er|ing|ation\w*)|analys(?:e|ed|ing)|grey|licence)\b",
    re.IGNORECASE,
)
TERM = re.compile(r"\[(?P<term>[^\]\n]+)\]\{[^}\n]*\.term\b[^}\n]*\}")
_ABBREVIATIONS = re.compile(r"(?:\b(?:e\.g|i\.e|vs|etc|cf|Fig|Eq|Dr|St|al|No|U\.S)|\b[A-Z])\.$")


def typed_results(text: Text) -> Iterator[Finding]:
    """Find digits in prose that look like results and are not on the page's `typed-numbers` list."""
    settings = (text.includer or text).settings
    allowed = {str(entry) for entry in settings.get("typed-numbers") or []}
    for match in RESULT.finditer(text.prose):
        number = match[0].strip().lstrip("\\")
        if number not in allowed and not _NAMED.search(text.prose[: match.start()][-30:]):
            yield text.finding(
                match.start(),
                "typed-result",
                f"{number!r} looks like a result: compute it (`{{python}} …`), or, if it is a given fact, "
                "add it to `typed-numbers` in the page's front matter with its source",
            )


def banned_phrases(text: Text) -> Iterator[Finding]:
    """Find phrases that the book does not use, exclamation marks, and British spellings."""
    for pattern, why in BANNED.items():
        for match in re.finditer(rf"\b(?:{pattern})\b", text.prose, re.IGNORECASE):
            yield text.finding(match.start(), "banned-phrase", f"{match[0]!r}: {why}")
    for match in re.finditer(r"\w!(?=[\s)\"”]|$)", text.prose, re.MULTILINE):
        yield text.finding(match.start(), "exclamation-mark", "end the sentence with a full stop")
    for match in BRITISH.finditer(text.prose):
        if text.prose[match.start() - 1 : match.start()] not in ("/", "_"):
            yield text.finding(match.start(), "spelling", f"{match[0]!r}: the book uses American spelling")


def one_sentence_a_line(text: Text) -> Iterator[Finding]:
    """Find lines that hold more than one sentence (tables, headings and quoted settings aside)."""
    position = 0
    for line in text.prose.split("\n"):
        if not line.lstrip().startswith(("|", "#", ":", "[^", ">")):
            for match in re.finditer(r"[a-z0-9)*_][.?](?=\s{1,2}[A-Z][a-z]+ )", line):
                if not _ABBREVIATIONS.search(line[: match.end()]):
                    yield text.finding(
                        position + match.end(), "one-sentence", "start each sentence on a line of its own"
                    )
        position += len(line) + 1


def terms_before_definition(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find, in numbered chapters, a glossary term used above the place that defines it.

    A page may list terms in `early-terms` that it means in their everyday sense before.
    """
    chapters = [t for t in everything if t.page is not None and t.page.kind in ("chapter", "appendix")]
    defined: dict[str, tuple[int, int, str]] = {}
    for order, text in enumerate(chapters):
        for match in TERM.finditer(text.outside_code):
            defined.setdefault(match["term"].lower(), (order, match.start(), text.path))
    for term, (where, start, path) in defined.items():
        pattern = re.compile(rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])", re.IGNORECASE)
        for order, text in enumerate(chapters[: where + 1]):
            if term in {str(t).lower() for t in text.settings.get("early-terms") or []}:
                continue
            for match in pattern.finditer(_sentences(text)):
                if (order, match.start()) < (where, start):
                    yield text.finding(
                        match.start(), "term-before-definition", f"{match[0]!r} is defined later, in {path}"
                    )
                    break


def _sentences(text: Text) -> str:
    """The page's prose without headings, where a term may be announced."""
    return re.sub(r"^#.*$", lambda m: " " * len(m[0]), text.prose, flags=re.MULTILINE)


def duplicate_terms(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find a term that is defined twice."""
    seen: dict[str, str] = {}
    for text in everything:
        for match in TERM.finditer(text.outside_code):
            term = match["term"].lower()
            if term in seen:
                yield text.finding(
                    match.start(), "term-twice", f"{match['term']!r} is defined in {seen[term]} already"
                )
            seen.setdefault(term, f"{text.path}:{text.line_at(match.start())}")


RULES = [typed_results, banned_phrases, one_sentence_a_line]
BOOK_RULES = [terms_before_definition, duplicate_terms]
