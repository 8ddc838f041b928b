"""The machinery of the runs: `load` finds one, `measure` watches it, `store` keeps its results."""
