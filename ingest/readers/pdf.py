"""PDF: text in reading order with exact pages.

pdfium was chosen by measurement. On 300 pages it takes 0.2 s for plain text, pypdf 1.1 s and pdfminer 10.6 s; pdfminer
also loses 3 % of the words' order in our reports. None of them reads columns and table cells right in every order that
a file may draw them in, so the order is told here from positions, which takes 3.8 s for the same 300 pages.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pypdfium2  # type: ignore[import-untyped]

from ingest.dates import iso_date
from ingest.facts import facts_from_lines, listed, merged
from ingest.limits import Limits
from ingest.parsed import Facts, ParsedText, TextBuilder
from ingest.readers.pdf_columns import in_regions
from ingest.readers.pdf_flow import write_flow
from ingest.readers.pdf_glyphs import Fragment, read_fragments
from ingest.readers.pdf_hidden import find_hidden
from ingest.readers.pdf_lines import Line, Row, lines_of, with_rows
from ingest.verdicts import Code, Refusal

_PASSWORD = 4
_HANDLER = 5
_PAGE_NUMBER = re.compile(r"^(?:page\s*)?[-–—|]?\s*\d{1,4}\s*[-–—|]?(?:\s*(?:of|/)\s*\d{1,4})?$", re.IGNORECASE)
_JUNK_TITLE = re.compile(
    r"^(untitled|microsoft word|document\d*$|\(?anonymous\)?$|.*\.(docx?|indd|tex|pdf|dvi)$)", re.I
)


@dataclass(slots=True)
class PageContent:
    """One page on its way to text."""

    number: int
    fragments: list[Fragment]
    hidden: tuple[str, ...] = ()
    """Why some of its text is left out, each reason once."""
    regions: list[list[Line | Row]] = field(default_factory=list)


def read(data: bytes, *, limits: Limits) -> ParsedText:
    """Read a PDF.

    Args:
        data: The file's bytes.
        limits: How many pages it may have.

    Returns:
        Its text with pages and blocks; pages without text are named in a notice.

    Raises:
        Refusal: If it is damaged, encrypted or has no text.
    """
    document = _opened(data)
    try:
        if len(document) > limits.pages:
            raise Refusal(Code.TOO_MUCH_TEXT, f"{len(document)} pages, the limit is {limits.pages}")
        pages = [_page(document, index) for index in range(len(document))]
        properties = _properties(document)
    finally:
        document.close()
    without = [page.number for page in pages if not page.fragments]
    if len(without) == len(pages):
        raise Refusal(Code.NO_TEXT, f"{len(pages)} pages without text" if pages else "no pages")
    _strip_furniture(pages)
    for page in pages:
        page.regions = [with_rows(lines_of(region)) for region in in_regions(page.fragments)]
    builder = TextBuilder()
    write_flow(builder, [(page.number, region) for page in pages for region in page.regions])
    facts = merged(Facts(title=properties.title), facts_from_lines(builder), properties)
    return builder.build(facts=facts, page_count=len(pages), notices=(*_notices(without), *_hidden_notices(pages)))


def _opened(data: bytes) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (_PASSWORD, _HANDLER):
            raise Refusal(Code.ENCRYPTED) from error
        raise Refusal(Code.DAMAGED, str(error)) from error


def _page(document: pypdfium2.PdfDocument, index: int) -> PageContent:
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        return PageContent(number=index + 1, fragments=[])
    hidden = find_hidden(page.raw, box=page.get_bbox())
    textpage = page.get_textpage()
    fragments = read_fragments(textpage.raw, hidden=hidden.objects)
    textpage.close()
    page.close()
    return PageContent(number=index + 1, fragments=fragments, hidden=hidden.reasons)


def _properties(document: pypdfium2.PdfDocument) -> Facts:
    meta = document.get_metadata_dict()
    title = " ".join((meta.get("Title") or "").split())[:300]
    author = (meta.get("Author") or "").strip()
    return Facts(
        title=title if title and not _JUNK_TITLE.match(title) else None,
        authors=listed(author) if author.lower().strip("()") != "anonymous" else (),
        date=iso_date(meta.get("CreationDate") or ""),
        tags=listed(meta.get("Keywords")),
    )


def _strip_furniture(pages: Sequence[PageContent]) -> None:
    """Remove running headers, footers and page numbers: outermost lines that come back on other pages."""
    edges = [(page, line) for page in pages for line in _edge_lines(page)]
    seen = Counter((_pattern(line), round(line.baseline / 4)) for _, line in edges)
    needed = max(2, len([page for page in pages if page.fragments]) // 2)
    gone: set[int] = set()
    for page, line in edges:
        repeats = seen[_pattern(line), round(line.baseline / 4)] >= needed
        numbered = _PAGE_NUMBER.match(line.text) and str(page.number) in line.text
        if repeats or numbered:
            gone.update(id(fragment) for fragment in line.fragments)
    kept = [[one for one in page.fragments if id(one) not in gone] for page in pages]
    if any(kept):
        for page, fragments in zip(pages, kept, strict=True):
            page.fragments = fragments


def _edge_lines(page: PageContent) -> list[Line]:
    lines = lines_of(page.fragments)
    return lines if len(lines) <= 4 else [*lines[:2], *lines[-2:]]


def _pattern(line: Line) -> str:
    return re.sub(r"\d+", "#", " ".join(line.text.lower().split()))


def _notices(without: Sequence[int]) -> tuple[str, ...]:
    if not without:
        return ()
    return (f"{'Page' if len(without) == 1 else 'Pages'} without text: {_listed(without)}.",)


def _hidden_notices(pages: Sequence[PageContent]) -> Iterator[str]:
    for reason in sorted({reason for page in pages for reason in page.hidden}):
        numbers = [page.number for page in pages if reason in page.hidden]
        yield f"Hidden text left out ({reason}), page {_listed(numbers)}."


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + ("…" if len(numbers) > 10 else "")
