"""The core: types, catalog, retrieval and answering. Knows no program above it."""
