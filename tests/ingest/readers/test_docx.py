from dataclasses import replace

import pytest
from documents import blocks_of, docx_of, zip_of
from docx.oxml import parse_xml

from ingest.limits import DEFAULT_LIMITS
from ingest.readers import docx
from ingest.verdicts import Code, Refusal

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def sample(document):
    document.core_properties.title = "A charter"
    document.core_properties.author = "The Desk"
    document.add_heading("A charter", level=0)
    document.add_heading("Members", level=1)
    document.add_paragraph("Two kinds.")
    document.add_paragraph("agencies", style="List Bullet")
    document.add_paragraph("companies", style="List Number")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip([cell for row in table.rows for cell in row.cells], "kv12", strict=True):
        cell.text = text
    document.add_paragraph("After.")


def read(build):
    return docx.read(docx_of(build), limits=DEFAULT_LIMITS)


def refusal_of(data):
    with pytest.raises(Refusal) as caught:
        docx.read(data, limits=DEFAULT_LIMITS)
    return caught.value.code


def test_the_body_is_read_in_order():
    assert blocks_of(read(sample)) == [
        ("heading", "A charter"),
        ("heading", "Members"),
        ("paragraph", "Two kinds."),
        ("item", "agencies"),
        ("item", "companies"),
        ("row", "k | v"),
        ("row", "1 | 2"),
        ("paragraph", "After."),
    ]
    assert read(sample).facts.title == "A charter" and read(sample).facts.authors == ("The Desk",)


def test_insertions_are_read_and_deletions_and_hidden_runs_are_not():
    def build(document):
        document.element.body.insert(
            0,
            parse_xml(
                f"<w:p {W}><w:r><w:t xml:space='preserve'>Kept </w:t></w:r>"
                "<w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>"
                "<w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r></w:p>"
            ),
        )

    assert read(build).text == "Kept new"


def test_bombs_are_refused_before_they_are_unpacked():
    assert refusal_of(zip_of({"word/document.xml": b"a" * 50_000_000})) is Code.ARCHIVE_BOMB
    assert refusal_of(zip_of({f"word/{number}.xml": b"" for number in range(2_001)})) is Code.ARCHIVE_BOMB


def test_the_limits_of_an_archive_are_those_that_are_given():
    def refuses(data, **limits):
        with pytest.raises(Refusal) as caught:
            docx.check_archive(data, limits=replace(DEFAULT_LIMITS, **limits))
        return caught.value.code

    varied = "".join(f"{number * number} " for number in range(300_000)).encode()
    assert refuses(zip_of({f"word/{number}.xml": b"" for number in range(4)}), archive_entries=3) is Code.ARCHIVE_BOMB
    assert refuses(zip_of({"word/document.xml": varied}), unpacked_mib=1) is Code.ARCHIVE_BOMB
    assert refuses(zip_of({"word/document.xml": varied}), archive_ratio=2) is Code.ARCHIVE_BOMB
    docx.check_archive(zip_of({"word/document.xml": varied}), limits=DEFAULT_LIMITS)


def test_entities_are_refused():
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'
    assert refusal_of(zip_of({"[Content_Types].xml": xml, "word/document.xml": xml})) is Code.HOSTILE_XML


def test_what_is_no_document_is_refused():
    assert refusal_of(zip_of({"hello.txt": b"hello"})) is Code.DAMAGED
    assert refusal_of(zip_of({"ppt/presentation.xml": b"<p/>"})) is Code.WRONG_TYPE
    assert refusal_of(docx_of(sample)[:2000]) is Code.DAMAGED
