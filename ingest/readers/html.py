"""HTML: the main content of a page, without what a visitor would not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assistant.types import BlockKind
from ingest.facts import facts_from_lines, merged
from ingest.limits import Limits
from ingest.parsed import Facts, ParsedText, TextBuilder
from ingest.readers.decoding import decode
from ingest.readers.html_facts import facts_of_head
from ingest.readers.html_hidden import hides
from ingest.verdicts import Code, Refusal

_NEVER = frozenset(
    """
    script style noscript template svg math head nav iframe object embed canvas audio video select
    datalist textarea button input form-control dialog
    """.split()  # noqa: SIM905 - one name a line would fill a page
)
_FURNITURE = frozenset(("header", "footer", "aside"))
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure
    footer form h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main ol p pre section summary table
    tbody td tfoot th thead tr ul
    """.split()  # noqa: SIM905 - one name a line would fill a page
)
MOST_DEPTH = 30_000
"""Of nested elements; the parser's time grows with the square of it."""
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_UNCLOSED = frozenset(
    """
    p li dt dd td th tr thead tbody tfoot colgroup option optgroup rt rp area base br col embed hr img input
    link meta param source track wbr
    """.split()  # noqa: SIM905 - one name a line would fill a page
)
"""Elements that may stand without an end tag."""
FEWEST_HIDDEN = 4
"""Words from which on hidden text is worth a notice."""
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MAIN = ("main", "[role=main]", "article")


@dataclass(slots=True)
class _Open:
    """The block that is being written."""

    kind: BlockKind = BlockKind.PARAGRAPH
    level: int = 0
    words: list[str] = field(default_factory=list)
    marker: str = ""


@dataclass(slots=True)
class _State:
    """Where the walk is."""

    builder: TextBuilder
    open: _Open = field(default_factory=_Open)
    cells: list[list[str]] = field(default_factory=list)
    """Of the table rows that are open, innermost last."""
    term: str = ""
    """The last `dt`, which its `dd` is joined to."""
    pre: int = 0
    fresh: bool = True
    hidden: list[str] = field(default_factory=list)
    """Words that a visitor does not see."""


def read(data: bytes, *, limits: Limits) -> ParsedText:
    """Read an HTML page.

    Args:
        data: The file's bytes.
        limits: None of them binds here.

    Returns:
        The text of its main content with blocks.

    Raises:
        Refusal: If it can't be decoded, or its elements are nested too deep.
    """
    declared = _CHARSET.search(data[:4096])
    decoded = decode(data, declared=declared[1].decode("ascii") if declared else None)
    tree = _parsed(decoded.text.replace("\x00", ""))
    state = _written(_main_of(tree), inside_main=True)
    if not state.builder.blocks and tree.body is not None:
        state = _written(tree.body, inside_main=False)
    facts = merged(facts_of_head(tree), facts_from_lines(state.builder))
    return state.builder.build(facts=facts, notices=(*decoded.notices, *_hidden_notices(state)))


def fragment_text(markup: str) -> str:
    """Read a piece of HTML, such as one inside Markdown.

    Args:
        markup: With or without tags.

    Returns:
        The text that a visitor would see, blocks separated by blank lines.
    """
    tree = _parsed(markup)
    return _written(tree.body, inside_main=True).builder.build(facts=Facts()).text if tree.body is not None else ""


def _hidden_notices(state: _State) -> tuple[str, ...]:
    if len(state.hidden) < FEWEST_HIDDEN:
        return ()
    return (f"Hidden text left out: {len(state.hidden)} words that a visitor of the page does not see.",)


def _parsed(markup: str) -> LexborHTMLParser:
    depth = 0
    for tag in _TAG.finditer(markup) if markup.count("<") > MOST_DEPTH else ():
        if tag[2].lower() not in _UNCLOSED:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            if depth > MOST_DEPTH:
                raise Refusal(Code.DAMAGED, f"more than {MOST_DEPTH:,} elements nested")
    return LexborHTMLParser(markup)


def _main_of(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1 and found[0].text(strip=True):
            return found[0]
    return None


def _written(root: LexborNode | None, *, inside_main: bool) -> _State:
    state = _State(builder=TextBuilder())
    if root is not None:
        for node, opening in _walk(root, inside_main=inside_main, hidden=state.hidden):
            if node.tag == "-text":
                _text(state, node)
            elif opening:
                _enter(state, node)
            else:
                _leave(state, node)
        _flush(state)
    return state


def _walk(root: LexborNode, *, inside_main: bool, hidden: list[str]) -> Iterator[tuple[LexborNode, bool]]:
    """Visit the visible nodes below a root in reading order: text once, elements on the way in and out."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, opening = stack.pop()
        if node.tag == "-text":
            yield node, True
            continue
        if opening and _skipped(node, inside_main=inside_main):
            continue
        if opening and hides(node):
            hidden += (node.text() or "").split()
            continue
        yield node, opening
        if opening:
            stack.append((node, False))
            stack.extend((child, True) for child in reversed(list(node.iter(include_text=True))))


def _skipped(node: LexborNode, *, inside_main: bool) -> bool:
    tag = node.tag or ""
    if tag in _NEVER or tag.startswith(("!", "_", "-")):
        return True
    if tag in _FURNITURE and not inside_main:
        return not (tag == "header" and _within_article(node))
    return node.attributes.get("aria-hidden") == "true"


def _within_article(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in ("article", "main"):
            return True
        parent = parent.parent
    return False


def _text(state: _State, node: LexborNode) -> None:
    words = node.text_content or ""
    if state.cells and state.cells[-1]:
        state.cells[-1][-1] += words
    else:
        state.open.words.append(words)


def _enter(state: _State, node: LexborNode) -> None:
    tag = node.tag or ""
    if tag == "tr":
        _flush(state)
        state.cells.append([])
    elif tag in ("td", "th"):
        if not state.cells:
            state.cells.append([])
        state.cells[-1].append("")
    elif tag in ("br", "hr") or (tag in _BLOCKS and state.cells):
        _text_break(state)
    elif tag == "img":
        _append(state, f" {node.attributes.get('alt') or ''} ")
    elif tag in _BLOCKS:
        _open_block(state, node, tag)


def _open_block(state: _State, node: LexborNode, tag: str) -> None:
    marker = state.open.marker if state.open.kind is BlockKind.ITEM and not "".join(state.open.words).strip() else ""
    kind = BlockKind.ITEM if marker else BlockKind.PARAGRAPH
    _flush(state)
    state.open = _Open(kind=kind, marker=marker)
    if tag in _HEADINGS:
        state.open = _Open(kind=BlockKind.HEADING, level=_HEADINGS[tag])
    elif tag == "li":
        state.open = _Open(kind=BlockKind.ITEM, marker="-")
    elif tag == "pre":
        state.pre += 1
        state.open = _Open(kind=BlockKind.CODE)
    elif tag in ("ul", "ol", "table", "dl"):
        state.fresh = True


def _text_break(state: _State) -> None:
    _append(state, "\n" if state.pre else " ")


def _append(state: _State, words: str) -> None:
    if state.cells and state.cells[-1]:
        state.cells[-1][-1] += words
    else:
        state.open.words.append(words)


def _leave(state: _State, node: LexborNode) -> None:
    tag = node.tag or ""
    if tag == "tr" and state.cells:
        _close_row(state)
    elif tag == "table" and state.cells and not _within_row(node):
        while state.cells:
            _close_row(state)
    elif tag == "dt" and not state.cells:
        state.term = "".join(state.open.words).strip()
        state.open = _Open()
    elif tag == "dd" and state.term and not state.cells:
        colon = " " if state.term.endswith((":", "?")) else ": "
        state.open = _Open(kind=BlockKind.ITEM, words=[state.term, colon, *state.open.words])
        state.term = ""
        _flush(state)
    elif tag in _BLOCKS and not state.cells:
        _flush(state)
        state.pre -= tag == "pre"


def _within_row(node: LexborNode) -> bool:
    parent = node.parent
    while parent is not None:
        if parent.tag in ("td", "th"):
            return True
        parent = parent.parent
    return False


def _close_row(state: _State) -> None:
    cells = [" ".join(cell.split()) for cell in state.cells.pop()]
    row = " | ".join(cells) if any(cells) else ""
    if state.cells and state.cells[-1]:
        state.cells[-1][-1] += f" {row} "
        return
    state.builder.add(BlockKind.ROW, row, fresh=state.fresh)
    state.fresh = False


def _flush(state: _State) -> None:
    if state.term and state.open.words and "".join(state.open.words).strip():
        state.open.words.insert(0, state.term + " ")
        state.term = ""
    block, state.open = state.open, _Open()
    before = len(state.builder.blocks)
    state.builder.add(block.kind, "".join(block.words), level=block.level, marker=block.marker, fresh=state.fresh)
    if len(state.builder.blocks) > before:
        state.fresh = False
