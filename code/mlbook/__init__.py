"""Machine Learning You Can Run: the package behind the book."""

__version__ = "0.1.0"
