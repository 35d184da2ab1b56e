"""Telling a file's type by its content, with its extension as a hint."""

from __future__ import annotations

from enum import StrEnum
from pathlib import PurePosixPath

from ingest.verdicts import Code, Refusal


class FileType(StrEnum):
    """A format that has a reader."""

    MARKDOWN = "markdown"
    PLAIN = "plain"
    HTML = "html"
    DOCX = "docx"
    PDF = "pdf"


EXTENSIONS = {
    ".md": FileType.MARKDOWN,
    ".markdown": FileType.MARKDOWN,
    ".txt": FileType.PLAIN,
    ".text": FileType.PLAIN,
    ".html": FileType.HTML,
    ".htm": FileType.HTML,
    ".xhtml": FileType.HTML,
    ".docx": FileType.DOCX,
    ".pdf": FileType.PDF,
}
TEXTUAL = frozenset({FileType.MARKDOWN, FileType.PLAIN, FileType.HTML})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x1f\x8b", "gzip data"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a Linux program"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"{\\rtf", "a rich text file"),
)


def extension_of(name: str) -> str:
    """Read the extension.

    Args:
        name: A file name or path.

    Returns:
        It in lower case with its dot; empty when there is none. A trailing dot is not one.
    """
    return PurePosixPath(name.rstrip(".")).suffix.lower()


def is_readable_name(name: str) -> bool:
    """Tell whether a name's extension belongs to a format that has a reader."""
    return extension_of(name) in EXTENSIONS


def detect(data: bytes, *, name: str) -> FileType:
    """Tell a file's type.

    Args:
        data: The file's bytes.
        name: Its name; the extension says which type is expected.

    Returns:
        The type its content has.

    Raises:
        Refusal: If the extension is of no known format, the content is of no known format, or the two disagree.
    """
    expected = EXTENSIONS.get(extension_of(name))
    if expected is None:
        raise Refusal(Code.UNSUPPORTED_TYPE, extension_of(name) or "no extension")
    if not data.strip(b" \t\r\n\x0b\x0c"):
        raise Refusal(Code.EMPTY)
    if expected is FileType.PDF:
        return _checked_pdf(data)
    if expected is FileType.DOCX:
        return _checked_docx(data)
    return _checked_text(data, expected)


def _checked_pdf(data: bytes) -> FileType:
    if b"%PDF-" in data[:1024]:
        return FileType.PDF
    found = _foreign(data)
    raise Refusal(Code.WRONG_TYPE if found else Code.DAMAGED, found or "no PDF header")


def _checked_docx(data: bytes) -> FileType:
    if data.startswith(_ZIP):
        return FileType.DOCX
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refusal(Code.ENCRYPTED)
        raise Refusal(Code.UNSUPPORTED_TYPE, "the older .doc format")
    found = "a PDF" if data.startswith(b"%PDF-") else _foreign(data)
    raise Refusal(Code.WRONG_TYPE if found else Code.DAMAGED, found or "not a DOCX archive")


def _checked_text(data: bytes, expected: FileType) -> FileType:
    if data.startswith(b"%PDF-"):
        raise Refusal(Code.WRONG_TYPE, "a PDF")
    found = "a ZIP archive" if data.startswith(_ZIP) else "an Office file" if data.startswith(_OLE) else _magic(data)
    if found and not (found == "a Windows program" and b"\x00" not in data[:4096]):
        raise Refusal(Code.WRONG_TYPE, found)
    return FileType.HTML if expected is FileType.PLAIN and _is_page(data) else expected


def _is_page(data: bytes) -> bool:
    return data[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower().startswith((b"<!doctype html", b"<html"))


def _foreign(data: bytes) -> str | None:
    return "an HTML page" if _is_page(data) else _magic(data)


def _magic(data: bytes) -> str | None:
    return next((what for magic, what in _MAGIC if data.startswith(magic)), None)
