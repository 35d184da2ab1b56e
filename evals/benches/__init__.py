"""Measurements of speed and size; run by hand with `python -m evals.benches`, never by the tests."""
