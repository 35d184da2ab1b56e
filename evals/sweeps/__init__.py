"""Grids of settings over one set of questions, tabulated with intervals."""
