"""A Matplotlib backend for the executor: figures stay open until the cell ends; `plt.show()` does nothing."""

from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg


class FigureManager(FigureManagerBase):
    """Keeps a figure; showing is done at the cell's end."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Do nothing."""

    def show(self) -> None:
        """Do nothing."""


class FigureCanvas(FigureCanvasAgg):
    """Agg's canvas, for code that asks for pixels."""

    manager_class = FigureManager
