"""The one error that a user of the book's command is meant to see.

Everything that can go wrong because of input (a chapter, a setting, a file, the network) is raised as a
`BookError`: what is wrong, where, and what to do about it. The command prints it without a traceback and
exits with 1. Any other exception is a fault of the package and keeps its traceback.
"""


class BookError(Exception):
    """Something is wrong that the user can mend.

    Parameters
    ----------
    message : str
        One line: what is wrong, with the value that is wrong.
    where : str
        File, and line where there is one ("chapters/02-project.qmd:41"); empty when there is no place.
    hint : str
        What to do, as an instruction; may have several lines.
    """

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n{self.hint}" if self.hint else head
