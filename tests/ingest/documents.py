"""Small files of every format, made on the spot."""

import io
import zipfile

import docx
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

LINE = 14


def pdf_of(*pages, title=None, size=11, encrypt=None):
    """A PDF whose pages are lists of (x, y, text) or of lines that are set from the top."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, encrypt=encrypt)
    if title:
        canvas.setTitle(title)
    for page in pages:
        canvas.setFont("Helvetica", size)
        for number, entry in enumerate(page):
            x, y, text = entry if isinstance(entry, tuple) else (72, 760 - LINE * number, entry)
            canvas.drawString(x, y, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def docx_of(build):
    """A Word document that a function fills."""
    document = docx.Document()
    build(document)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def zip_of(members):
    """A ZIP archive of names and bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def blocks_of(parsed):
    """The kinds and texts of a parsed text's blocks."""
    return [(block.kind.value, parsed.text[block.start : block.end]) for block in parsed.blocks]
