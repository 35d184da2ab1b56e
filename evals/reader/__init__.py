"""Training of the reader: `python -m evals.reader`. torch is imported here alone, never by what answers."""
