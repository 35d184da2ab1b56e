"""Public benchmarks: loaded from their published forms, kept in stores of their own, compared with anchors."""
