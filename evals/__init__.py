"""Gold questions in, scores with intervals out."""
