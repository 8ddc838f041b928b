"""The rules that a source and a freeze must keep, as checks with a place and a mend in every message.

`check(book)` returns findings, sorted by place; `report` prints them. Each rule is a function from one
`Text`, or from the whole book, to findings, so that a test can hand it one bad line and see it refused:

- `source.py`: the dialect (labels, options, length of cells, alt text, constructs the press does not know);
- `prose.py`: typed results, banned phrases, terms used before they are defined;
- `links.py`: references, links, files, sizes;
- `symbols.py`: symbols in formulas that nothing declares;
- `quiz.py`: quizzes that are wrong, not computed, or shown nowhere;
- `frozen.py`: the freeze and the stored results.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from mlbook import files
from mlbook.book import config
from mlbook.book.lint import frozen, links, prose, quiz, source, symbols
from mlbook.book.lint.text import Finding, texts

__all__ = ["Finding", "check", "report"]


def check(book: config.Book, only: list[Path] | None = None) -> list[Finding]:
    """Apply every rule.

    Parameters
    ----------
    book : Book
        The book.
    only : list of Path, optional
        Keep only findings in these files.

    Returns
    -------
    list of Finding
        Sorted by file and line.
    """
    everything = texts(book)
    findings: list[Finding] = []
    for text in everything:
        for rule in (*source.RULES, *prose.RULES):
            findings += rule(text)
    for book_rule in (
        *source.BOOK_RULES,
        *prose.BOOK_RULES,
        *links.BOOK_RULES,
        *symbols.BOOK_RULES,
        *quiz.BOOK_RULES,
        *frozen.BOOK_RULES,
    ):
        findings += book_rule(book, everything)
    if only:
        wanted = {path.resolve() for path in only}
        findings = [f for f in findings if (book.root / f.path).resolve() in wanted]
    return sorted(set(findings))


def report(paths: list[Path], root: Path | None = None) -> int:
    """Print the findings; return 1 if there are any, else 0."""
    book = config.load(root or files.root())
    findings = check(book, paths)
    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        console.print(str(finding), markup=False)
    console.print(
        f"{len(findings)} finding(s) in {len(texts(book))} source(s)", style="bold" if findings else "green"
    )
    return 1 if findings else 0
