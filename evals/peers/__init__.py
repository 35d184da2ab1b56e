"""This project beside LlamaIndex, Chroma and txtai: the same documents and questions, each in a process of its own."""
