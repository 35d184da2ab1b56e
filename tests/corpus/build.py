"""Rewrite the binary documents of the starter corpus from their text sources.

Run as ``python tests/corpus/build.py`` from the checkout. Each file in ``sources/`` opens with ``Key: value`` lines,
then a blank line, then a small subset of Markdown: headings, paragraphs, bulleted and numbered lists, and pipe tables
whose first row is the header. The output is the same byte for byte on every run.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as DocxDocument
from docx.shared import Pt
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

HERE = Path(__file__).resolve().parent
SOURCES = HERE / "sources"
CORPUS = HERE.parent.parent / "corpus"
ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass
class Block:
    """One piece of a source: a heading, a paragraph, a list or a table."""

    kind: str
    text: str = ""
    level: int = 0
    items: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """A parsed source: its header fields and its blocks in reading order."""

    title: str
    author: str
    day: date
    subject: str
    output: str
    layout: str
    blocks: list[Block]


def read_source(path: Path) -> Source:
    """Parse one file of ``sources/``."""
    head, _, body = path.read_text(encoding="utf-8").partition("\n\n")
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    return Source(
        title=fields["Title"],
        author=fields["Author"],
        day=date.fromisoformat(fields["Date"]),
        subject=fields["Subject"],
        output=fields["Output"],
        layout=fields["Layout"],
        blocks=[parse_block(part) for part in body.strip().split("\n\n")],
    )


def parse_block(part: str) -> Block:
    """Tell what kind of block a group of lines is."""
    lines = part.strip().splitlines()
    first = lines[0]
    if first.startswith("#"):
        marks, text = first.split(" ", 1)
        return Block("heading", text=text, level=len(marks))
    if first.startswith("- "):
        return Block("bullets", items=[line[2:] for line in lines])
    if first.startswith("1. "):
        return Block("numbers", items=[line.split(". ", 1)[1] for line in lines])
    if first.startswith("| "):
        return Block("table", rows=[[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines])
    return Block("paragraph", text=" ".join(lines))


def write_docx(source: Source, target: Path) -> None:
    """Write a source as a Word document with real heading, list and table styles."""
    document = Document()
    document.styles["Normal"].font.name = "Calibri"
    document.styles["Normal"].font.size = Pt(11)
    for block in source.blocks:
        add_to_docx(document, block)
    stamp = datetime(source.day.year, source.day.month, source.day.day, 9, tzinfo=UTC)
    properties = document.core_properties
    properties.title, properties.author, properties.subject = source.title, source.author, source.subject
    properties.last_modified_by, properties.comments, properties.keywords = source.author, "", ""
    properties.created = properties.modified = stamp
    properties.language, properties.revision = "en", 1
    buffer = io.BytesIO()
    document.save(buffer)
    target.write_bytes(with_fixed_times(buffer.getvalue()))


def add_to_docx(document: DocxDocument, block: Block) -> None:
    """Add one block in its Word style."""
    if block.kind == "heading":
        document.add_heading(block.text, level=block.level - 1)
    elif block.kind == "table":
        add_table_to_docx(document, block.rows)
    elif block.kind == "paragraph":
        document.add_paragraph(block.text)
    else:
        for item in block.items:
            document.add_paragraph(item, style="List Bullet" if block.kind == "bullets" else "List Number")


def add_table_to_docx(document: DocxDocument, rows: list[list[str]]) -> None:
    """Add a table whose first row is bold."""
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True


def with_fixed_times(archive: bytes) -> bytes:
    """Copy a zip archive and give every member the same time, so that equal content means equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            info = zipfile.ZipInfo(name, ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, old.read(name))
    return buffer.getvalue()


@dataclass(frozen=True)
class Look:
    """Fonts and sizes of one kind of PDF."""

    body: str
    bold: str
    size: float
    leading: float


LOOKS = {
    "table": Look("Helvetica", "Helvetica-Bold", 10.5, 15),
    "columns": Look("Times-Roman", "Times-Bold", 11.5, 16.5),
    "report": Look("Times-Roman", "Times-Bold", 12, 17.5),
}


def styles_for(look: Look) -> dict[str, ParagraphStyle]:
    """Paragraph styles of a look: body, cells, and headings of three levels."""

    def style(name: str, **settings: Any) -> ParagraphStyle:
        basics: dict[str, Any] = {"fontName": look.body, "fontSize": look.size, "leading": look.leading}
        return ParagraphStyle(name, **(basics | settings))

    return {
        "body": style("body", spaceAfter=7),
        "item": style("item", spaceAfter=3),
        "cell": style("cell", fontSize=9, leading=11.5),
        "head": style("head", fontName=look.bold, fontSize=9, leading=11.5),
        "h1": style("h1", fontName=look.bold, fontSize=20, leading=25, spaceAfter=12),
        "h2": style("h2", fontName=look.bold, fontSize=14, leading=18, spaceBefore=10, spaceAfter=6, keepWithNext=1),
        "h3": style("h3", fontName=look.bold, fontSize=12, leading=16, spaceBefore=8, spaceAfter=4, keepWithNext=1),
    }


def table_of(rows: list[list[str]], styles: dict[str, ParagraphStyle], width: float) -> Table:
    """A ruled table with a shaded header row and a narrow first column."""
    columns = len(rows[0])
    first = width * (0.16 if columns > 3 else 0.34)
    widths = [first] + [(width - first) / (columns - 1)] * (columns - 1)
    cells = [
        [Paragraph(escape(text), styles["head" if number == 0 else "cell"]) for text in row]
        for number, row in enumerate(rows)
    ]
    grid: list[Any] = [
        ("GRID", (0, 0), (-1, -1), 0.5, colors.grey),
        ("BACKGROUND", (0, 0), (-1, 0), colors.lightgrey),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ]
    return Table(cells, colWidths=widths, style=TableStyle(grid), spaceBefore=4, spaceAfter=12)


def flow(blocks: list[Block], styles: dict[str, ParagraphStyle], width: float) -> list[Flowable]:
    """Turn blocks into what the page templates can lay out."""
    story: list[Flowable] = []
    for block in blocks:
        if block.kind == "heading":
            story.append(Paragraph(escape(block.text), styles[f"h{block.level}"]))
        elif block.kind in ("bullets", "numbers"):
            bullet: dict[str, Any] = (
                {"bulletType": "bullet", "start": "-"} if block.kind == "bullets" else {"bulletFormat": "%s."}
            )
            items: list[Any] = [ListItem(Paragraph(escape(item), styles["item"])) for item in block.items]
            story.append(ListFlowable(items, leftIndent=16, bulletFontName=styles["item"].fontName, **bullet))
            story.append(Spacer(1, 5))
        elif block.kind == "table":
            story.append(table_of(block.rows, styles, width))
        else:
            story.append(Paragraph(escape(block.text), styles["body"]))
    return story


def dressing(source: Source) -> Callable[[Any, Any], None]:
    """The page hook of a PDF: metadata with the document's own date, and the page number at the foot."""
    stamp = f"D:{source.day:%Y%m%d}090000+00'00'"

    def dress(canvas: Any, template: Any) -> None:
        canvas.setDateFormatter(lambda *_: stamp)
        canvas.setFont("Helvetica", 9)
        canvas.drawCentredString(A4[0] / 2, 12 * mm, f"Page {template.page}")

    return dress


def write_pdf(source: Source, target: Path) -> None:
    """Write a source as a PDF in one column, or in two under a title that spans both."""
    styles = styles_for(LOOKS[source.layout])
    dress = dressing(source)
    left, bottom, gap = 22 * mm, 24 * mm, 8 * mm
    width, height = A4[0] - 2 * left, A4[1] - 2 * bottom
    template = BaseDocTemplate(
        str(target),
        pagesize=A4,
        title=source.title,
        author=source.author,
        subject=source.subject,
        creator="tests/corpus/build.py",
        lang="en",
        invariant=1,
    )

    def frame(x: float, wide: float, tall: float, y: float = bottom) -> Frame:
        return Frame(x, y, wide, tall, leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0)

    if source.layout == "columns":
        banner, column = 48 * mm, (width - gap) / 2
        right = left + column + gap
        lower = height - banner
        first = [frame(left, width, banner, bottom + lower), frame(left, column, lower), frame(right, column, lower)]
        later = [frame(left, column, height), frame(right, column, height)]
        template.addPageTemplates(
            [PageTemplate("first", first, onPage=dress), PageTemplate("later", later, onPage=dress)]
        )
        split = next(number for number, block in enumerate(source.blocks) if block.level == 2)
        top, rest = flow(source.blocks[:split], styles, width), flow(source.blocks[split:], styles, column)
        story = [NextPageTemplate("later"), *top, FrameBreak(), *rest]
    else:
        template.addPageTemplates([PageTemplate("only", [frame(left, width, height)], onPage=dress)])
        story = flow(source.blocks, styles, width)
    template.build(story)


def main() -> None:
    """Rewrite every binary document of the corpus."""
    for path in sorted(SOURCES.glob("*.md")):
        source = read_source(path)
        target = CORPUS / source.output
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.layout == "docx":
            write_docx(source, target)
        else:
            write_pdf(source, target)
        print(target.relative_to(CORPUS.parent))


if __name__ == "__main__":
    main()
