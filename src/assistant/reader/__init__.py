"""Reading question and passage together: which sentence answers, which words, and whether any does.

The packaged encoder, all its layers trained, with heads of its own; what differs is package data (`weights`).
"""

from assistant.reader.runtime import PackagedReader, Reader, Reading, SentenceReading, Text
from assistant.reader.weights import FILE, SHA256

__all__ = ["FILE", "SHA256", "PackagedReader", "Reader", "Reading", "SentenceReading", "Text"]
