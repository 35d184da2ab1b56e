"""The closed list of what can keep a file from being indexed, with a reason and a remedy for each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """Why a file is not indexed."""

    EMPTY = "empty"
    NO_TEXT = "no_text"
    TOO_LARGE = "too_large"
    TOO_MUCH_TEXT = "too_much_text"
    UNSUPPORTED_TYPE = "unsupported_type"
    WRONG_TYPE = "wrong_type"
    BINARY = "binary"
    BAD_ENCODING = "bad_encoding"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    ARCHIVE_BOMB = "archive_bomb"
    HOSTILE_XML = "hostile_xml"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    PARSER_CRASHED = "parser_crashed"
    PARSER_FAILED = "parser_failed"
    UNREADABLE = "unreadable"
    NOT_A_FILE = "not_a_file"
    LINK_SKIPPED = "link_skipped"
    BAD_NAME = "bad_name"
    CHANGED_WHILE_READ = "changed_while_read"
    TOO_MANY_FILES = "too_many_files"
    NAME_TAKEN = "name_taken"
    STORE_DAMAGED = "store_damaged"
    OVER_QUOTA = "over_quota"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says to a person."""

    reason: str
    action: str


MEANINGS: dict[Code, Meaning] = {
    Code.EMPTY: Meaning("The file holds nothing but white space.", "Add text to it, or remove it."),
    Code.NO_TEXT: Meaning(
        "No text could be found in it.", "If its pages are scans, run a text recognition (OCR) over it first."
    ),
    Code.TOO_LARGE: Meaning(
        "The file is larger than the limit.", "Split it, or raise ASSISTANT_MAX_FILE_MIB and --retry."
    ),
    Code.TOO_MUCH_TEXT: Meaning(
        "It has more pages or characters than the limits of 5,000 and 20 million.",
        "Split it, or raise ASSISTANT_MAX_PAGES and --retry.",
    ),
    Code.UNSUPPORTED_TYPE: Meaning(
        "This type of file is not read.", "Convert it to PDF, DOCX, HTML, Markdown or plain text."
    ),
    Code.WRONG_TYPE: Meaning(
        "Its content is not what its name says.", "Give it the right extension, or save it again."
    ),
    Code.BINARY: Meaning("It is named as text but holds binary data.", "Give it the right extension, or remove it."),
    Code.BAD_ENCODING: Meaning("Its characters can't be decoded.", "Save it as UTF-8."),
    Code.ENCRYPTED: Meaning("It is protected by a password.", "Save a copy without the password."),
    Code.DAMAGED: Meaning("The file is damaged or cut off.", "Get the file again, or save it anew."),
    Code.ARCHIVE_BOMB: Meaning(
        "It unpacks to more than the limits allow.",
        "Save it anew without its embedded files, or raise ASSISTANT_MAX_UNPACKED_MIB, _ARCHIVE_RATIO or "
        "_ARCHIVE_ENTRIES and --retry.",
    ),
    Code.HOSTILE_XML: Meaning("Its XML defines entities, which are not expanded.", "Save it anew from its program."),
    Code.TIMEOUT: Meaning(
        "Reading it took too long.", "Split it, or raise ASSISTANT_PARSE_TIMEOUT_SECONDS and --retry."
    ),
    Code.OUT_OF_MEMORY: Meaning(
        "Reading it took too much memory.", "Split it, or raise ASSISTANT_PARSE_MEMORY_MIB and --retry."
    ),
    Code.PARSER_CRASHED: Meaning("The program that reads this format crashed on it.", "Save it anew, then --retry."),
    Code.PARSER_FAILED: Meaning("The program that reads this format gave up on it.", "Save it anew, then --retry."),
    Code.UNREADABLE: Meaning("The file can't be opened.", "Check its permissions, then run again."),
    Code.NOT_A_FILE: Meaning("It is not an ordinary file.", "Remove it from the folder."),
    Code.LINK_SKIPPED: Meaning(
        "A symbolic link is followed only to a file of the same source.",
        "Put the file itself there, or ingest what it leads to.",
    ),
    Code.BAD_NAME: Meaning("Its name can't be written as text.", "Rename it."),
    Code.CHANGED_WHILE_READ: Meaning("It changed while it was read.", "Run again when it is at rest."),
    Code.NAME_TAKEN: Meaning("Another source has a document of this name.", "Rename the file or its folder."),
    Code.STORE_DAMAGED: Meaning(
        "What was stored of it was altered by a fault or by hand.",
        "Run `assistant ingest` to read it again; for an upload `assistant ingest --retry`.",
    ),
    Code.OVER_QUOTA: Meaning(
        "The uploads would take more than their quota.", "Remove some, or raise ASSISTANT_MAX_UPLOADS_MIB."
    ),
    Code.TOO_MANY_FILES: Meaning("Too many files were given at once.", "Give fewer at a time."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a file that could not be indexed."""

    document_id: str
    code: Code
    reason: str
    action: str


class Refusal(Exception):
    """A reader's finding that a file can't be indexed."""

    def __init__(self, code: Code, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.code, self.detail = code, detail


def verdict(document_id: str, code: Code, detail: str = "") -> Verdict:
    """Write a verdict in words.

    Args:
        document_id: Which file.
        code: From the closed list.
        detail: What was found in this file, added in brackets; shown as plain text.

    Returns:
        The verdict with its reason and what to do.
    """
    meaning = MEANINGS[code]
    reason = f"{meaning.reason} ({detail[:200]})" if detail else meaning.reason
    return Verdict(document_id=document_id, code=code, reason=reason, action=meaning.action)
