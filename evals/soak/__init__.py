"""Long runs of faults against a stored corpus; `python -m evals.soak` writes docs/reliability.md."""
