"""The algorithms of Part I, short enough to read, held equal to scikit-learn by the tests."""
