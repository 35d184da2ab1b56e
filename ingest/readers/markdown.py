"""Markdown: its words without its syntax."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.types import BlockKind
from ingest.dates import iso_date
from ingest.facts import LABEL, facts_from_lines, listed, merged
from ingest.limits import Limits
from ingest.parsed import Facts, ParsedText, TextBuilder
from ingest.readers.decoding import decode
from ingest.readers.html import fragment_text

_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_TAG = re.compile(r"<(script|style|template)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|</?[a-zA-Z][^>]*>", re.DOTALL | re.I)


@dataclass(slots=True)
class _State:
    """Where the walk through the tokens is."""

    builder: TextBuilder
    markers: list[str] = field(default_factory=list)
    """Of the items that are open, innermost last; empty once their first block is written."""
    heading: int = 0
    cells: list[str] | None = None
    fresh: bool = True


def read(data: bytes, *, limits: Limits) -> ParsedText:
    """Read a Markdown file.

    Args:
        data: The file's bytes.
        limits: None of them binds here.

    Returns:
        Its text without syntax, with blocks; the front matter becomes facts.

    Raises:
        Refusal: If it can't be decoded.
    """
    decoded = decode(data)
    front, body = _split_front(decoded.text)
    parser = MarkdownIt("commonmark", {"maxNesting": 40}).enable(["table", "strikethrough"])
    state = _State(builder=TextBuilder())
    for token in parser.parse(body):
        _take(state, token)
    facts = merged(front, facts_from_lines(state.builder))
    return state.builder.build(facts=facts, notices=decoded.notices)


def _split_front(text: str) -> tuple[Facts, str]:
    """Take the YAML front matter off. What is not a mapping stays in the text."""
    match = _FRONT.match(text)
    if match is None:
        return Facts(), text
    try:
        fields = yaml.safe_load(match[1])
    except (yaml.YAMLError, ValueError, RecursionError):
        return Facts(), text
    if not isinstance(fields, dict):
        return Facts(), text
    known = {str(key).lower(): value for key, value in fields.items()}
    language = str(known.get("lang") or known.get("language") or "")
    return Facts(
        title=" ".join(str(known["title"]).split())[:300] if known.get("title") else None,
        authors=listed(known.get("authors") or known.get("author")),
        date=iso_date(known.get("date") or known.get("published") or ""),
        language=language[:2].lower() or None,
        tags=listed(known.get("tags") or known.get("keywords")),
    ), text[match.end() :]


def _take(state: _State, token: Token) -> None:
    kind = token.type
    if kind == "inline":
        _take_inline(state, _inline_text(token.children or []))
    elif kind in ("heading_open", "heading_close"):
        state.heading = int(token.tag[1]) if kind == "heading_open" else 0
    elif kind == "list_item_open":
        state.markers.append(f"{token.info}{token.markup}" if token.info else "-")
    elif kind == "list_item_close":
        state.markers.pop()
    elif kind in ("fence", "code_block"):
        _add(state, BlockKind.CODE, token.content)
    elif kind == "html_block":
        for part in fragment_text(token.content).split("\n\n"):
            _add(state, BlockKind.PARAGRAPH, part)
    else:
        _take_table(state, kind)


def _take_table(state: _State, kind: str) -> None:
    if kind in ("table_open", "bullet_list_open", "ordered_list_open"):
        state.fresh = len(state.markers) == 0
    elif kind == "tr_open":
        state.cells = []
    elif kind == "tr_close" and state.cells is not None:
        row = " | ".join(state.cells) if any(state.cells) else ""
        state.cells = None
        _add(state, BlockKind.ROW, row)


def _take_inline(state: _State, text: str) -> None:
    if state.cells is not None:
        state.cells.append(" ".join(text.split()))
    elif state.heading:
        state.builder.add(BlockKind.HEADING, text, level=state.heading)
    elif state.markers:
        _add(state, BlockKind.ITEM, text)
    else:
        lines = text.split("\n")
        labels = len(lines) > 1 and all(LABEL.match(line) for line in lines)
        for paragraph in lines if labels else [text]:
            _add(state, BlockKind.PARAGRAPH, paragraph)


def _add(state: _State, kind: BlockKind, text: str) -> None:
    marker = ""
    if kind is BlockKind.ITEM and text.strip():
        marker, state.markers[-1] = state.markers[-1], ""
    before = len(state.builder.blocks)
    state.builder.add(kind, text, marker=marker, fresh=state.fresh)
    if len(state.builder.blocks) > before:
        state.fresh = False


def _inline_text(tokens: Sequence[Token]) -> str:
    words: list[str] = []
    for token in tokens:
        if token.type in ("text", "code_inline"):
            words.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            words.append("\n")
        elif token.type == "image":
            words.append(_inline_text(token.children or []))
        elif token.type == "html_inline":
            words.append(" " if token.content.lower().startswith("<br") else "")
    return "".join(words)
