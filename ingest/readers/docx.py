"""DOCX: the body in order, with headings by style, lists and tables."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from assistant.types import BlockKind
from ingest.dates import iso_date
from ingest.facts import facts_from_lines, listed, merged
from ingest.limits import Limits
from ingest.parsed import Facts, ParsedText, TextBuilder
from ingest.verdicts import Code, Refusal

_MIB = 1024 * 1024
RATIO_FROM = _MIB
"""Bytes unpacked from which on the ratio is looked at, since small XML packs well."""
_HEADING = re.compile(r"^heading (\d)$")
_DOCTYPE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_SKIPPED = frozenset(
    qn(name)
    for name in ("w:del", "w:moveFrom", "mc:Fallback", "w:instrText", "w:delText", "w:pPr", "w:rPr")
    if not name.startswith("mc:")
) | {"{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}
_P, _TBL, _TR, _TC = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_T, _BREAKS, _NO_BREAK = qn("w:t"), frozenset((qn("w:br"), qn("w:cr"), qn("w:tab"))), qn("w:noBreakHyphen")
_R, _RPR, _PPR, _VAL = qn("w:r"), qn("w:rPr"), qn("w:pPr"), qn("w:val")
_VANISH, _SIZE, _COLOUR, _SHADE = qn("w:vanish"), qn("w:sz"), qn("w:color"), qn("w:shd")


def read(data: bytes, *, limits: Limits) -> ParsedText:
    """Read a Word document.

    Args:
        data: The file's bytes.
        limits: What it may unpack to.

    Returns:
        Its body's text with blocks. Tracked deletions are left out, insertions are in.

    Raises:
        Refusal: If it is damaged, no Word document, or unpacks to more than the limits allow.
    """
    check_archive(data, limits=limits)
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
        raise Refusal(Code.DAMAGED, type(error).__name__) from error
    except ValueError as error:
        raise Refusal(Code.WRONG_TYPE, "another kind of Office file") from error
    builder = TextBuilder()
    if body is not None:
        styles = {style.style_id: style.name or "" for style in document.styles}
        for element in _body_elements(body):
            if element.tag == _TBL:
                _add_table(builder, element)
            else:
                _add_paragraph(builder, element, styles)
    facts = merged(facts_from_lines(builder), _core_facts(document))
    notices = ("Hidden text left out.",) if body is not None and _has_hidden(body) else ()
    core = _core_facts(document)
    return builder.build(facts=merged(Facts(title=core.title, authors=core.authors), facts), notices=notices)


def check_archive(data: bytes, *, limits: Limits) -> None:
    """Check an archive against the limits before anything of it is unpacked.

    Args:
        data: The archive's bytes.
        limits: What it may unpack to.

    Raises:
        Refusal: If it is damaged, or holds too much, or defines XML entities.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > limits.archive_entries:
                raise Refusal(Code.ARCHIVE_BOMB, f"{len(entries)} entries")
            dense = unpacked > RATIO_FROM and unpacked > limits.archive_ratio * len(data)
            if dense or unpacked > limits.unpacked_mib * _MIB:
                raise Refusal(Code.ARCHIVE_BOMB, f"{unpacked // _MIB} MiB unpacked")
            if "word/document.xml" not in archive.namelist() and "ppt/presentation.xml" in archive.namelist():
                raise Refusal(Code.WRONG_TYPE, "a presentation")
            for entry in entries:
                _check_xml(archive, entry)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError) as error:
        raise Refusal(Code.DAMAGED, type(error).__name__) from error


def _check_xml(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 1:
        raise Refusal(Code.ENCRYPTED)
    if entry.filename.endswith((".xml", ".rels")):
        with archive.open(entry) as part:
            if _DOCTYPE.search(part.read(4096)):
                raise Refusal(Code.HOSTILE_XML)


def _body_elements(body: Any) -> Iterator[Any]:
    """Find the paragraphs and tables of a body in order, also inside content controls; text boxes come after."""
    stack = [body]
    while stack:
        element = stack.pop()
        if element.tag in (_P, _TBL):
            yield element
        elif element.tag not in _SKIPPED:
            stack.extend(reversed([child for child in element if isinstance(child.tag, str)]))


def _text_of(element: Any) -> str:
    """Read an element's visible text without recursion: a file may nest very deeply."""
    words: list[str] = []
    stack = [element]
    while stack:
        node = stack.pop()
        if node.tag == _T:
            words.append(node.text or "")
        elif node.tag in _BREAKS:
            words.append(" ")
        elif node.tag == _NO_BREAK:
            words.append("\u2011")
        elif node.tag == _P and node is not element:
            words.append(" ")
        if node.tag in _SKIPPED or _is_hidden(node):
            continue
        stack.extend(reversed([child for child in node if isinstance(child.tag, str)]))
    return "".join(words)


def _has_hidden(body: Any) -> bool:
    return any(_is_hidden(run) and any((t.text or "").strip() for t in run.iter(_T)) for run in body.iter(_R))


def _is_hidden(node: Any) -> bool:
    """Tell whether a run is hidden by its mark, by a size below one point, or by white letters without a ground."""
    properties = node.find(qn("w:rPr")) if node.tag == _R else None
    if properties is None:
        return False
    mark, size, colour = (properties.find(name) for name in (_VANISH, _SIZE, _COLOUR))
    if mark is not None and mark.get(_VAL) not in ("0", "false"):
        return True
    if size is not None and (size.get(_VAL) or "2").isdigit() and int(size.get(_VAL) or 2) < 2:
        return True
    return colour is not None and (colour.get(_VAL) or "").upper() == "FFFFFF" and not _has_ground(node)


def _has_ground(run: Any) -> bool:
    """Tell whether shading may lie behind a run: its own, its paragraph's, a table's, a box's or a style's."""
    if any(run.find(f"{_RPR}/{name}") is not None for name in (_SHADE, qn("w:highlight"), qn("w:rStyle"))):
        return True
    for parent in run.iterancestors():
        if parent.tag in (_TBL, qn("w:txbxContent")):
            return True
        if parent.tag == _P and any(parent.find(f"{_PPR}/{name}") is not None for name in (_SHADE, qn("w:pStyle"))):
            return True
    return False


def _add_paragraph(builder: TextBuilder, element: Any, styles: dict[str, str]) -> None:
    properties = element.find(qn("w:pPr"))
    style = properties.find(qn("w:pStyle")) if properties is not None else None
    name = styles.get(style.get(qn("w:val")) or "", "").lower() if style is not None else ""
    numbered = properties is not None and properties.find(qn("w:numPr")) is not None
    text = _text_of(element)
    heading = _HEADING.match(name)
    if heading or name == "title":
        builder.add(BlockKind.HEADING, text, level=int(heading[1]) + 1 if heading else 1)
    elif name.startswith("list") or numbered:
        builder.add(BlockKind.ITEM, text, marker="-")
    else:
        builder.add(BlockKind.PARAGRAPH, text)


def _add_table(builder: TextBuilder, table: Any) -> None:
    fresh = True
    for row in table.iter(_TR):
        if any(parent.tag == _TR for parent in row.iterancestors() if parent is not table):
            continue
        cells = [" ".join(_text_of(cell).split()) for cell in row.iter(_TC) if cell.getparent() is row]
        builder.add(BlockKind.ROW, " | ".join(cells) if any(cells) else "", fresh=fresh)
        fresh = False


def _core_facts(document: Any) -> Facts:
    try:
        core = document.core_properties
        return Facts(
            title=" ".join(core.title.split())[:300] or None,
            authors=listed(core.author) if core.author != "python-docx" else (),
            date=iso_date(core.created) if core.created else None,
            language=core.language[:2].lower() or None,
            tags=listed(core.keywords),
        )
    except (KeyError, ValueError, AttributeError, TypeError):
        return Facts()
