"""HTML: the main content of a page, without what a visitor would not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from assistant.types import BlockKind
from ingest.dates import iso_date
from ingest.facts import facts_from_lines, listed, merged
from ingest.parsed import Facts, ParsedText, TextBuilder
from ingest.readers.decoding import decode

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
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(hidden|collapse)|(?<![-\w])opacity\s*:\s*0*\.?0*\s*(;|$|!)"
    r"|font-size\s*:\s*0*\.?0*\s*(px|pt|em|rem|%)?\s*(;|$|!)",
    re.IGNORECASE,
)
_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_MAIN = ("main", "[role=main]", "article")
_DATES = (
    "date",
    "article:published_time",
    "dc.date",
    "dcterms.date",
    "dcterms.created",
    "datepublished",
    "publish-date",
    "article:modified_time",
)


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


def read(data: bytes, *, name: str) -> ParsedText:
    """Read an HTML page.

    Args:
        data: The file's bytes.
        name: Its name; not used.

    Returns:
        The text of its main content with blocks.

    Raises:
        Refusal: If it can't be decoded.
    """
    declared = _CHARSET.search(data[:4096])
    decoded = decode(data, declared=declared[1].decode("ascii") if declared else None)
    tree = LexborHTMLParser(decoded.text.replace("\x00", ""))
    builder = _written(_main_of(tree), inside_main=True)
    if not builder.blocks and tree.body is not None:
        builder = _written(tree.body, inside_main=False)
    facts = merged(_meta_facts(tree), facts_from_lines(builder))
    return builder.build(facts=facts, notices=decoded.notices)


def fragment_text(markup: str) -> str:
    """Read a piece of HTML, such as one inside Markdown.

    Args:
        markup: With or without tags.

    Returns:
        The text that a visitor would see, blocks separated by blank lines.
    """
    tree = LexborHTMLParser(markup)
    return _written(tree.body, inside_main=True).build(facts=Facts()).text if tree.body is not None else ""


def _main_of(tree: LexborHTMLParser) -> LexborNode | None:
    for selector in _MAIN:
        found = tree.css(selector)
        if len(found) == 1 and found[0].text(strip=True):
            return found[0]
    return None


def _written(root: LexborNode | None, *, inside_main: bool) -> TextBuilder:
    state = _State(builder=TextBuilder())
    if root is not None:
        for node, opening in _walk(root, inside_main=inside_main):
            if node.tag == "-text":
                _text(state, node)
            elif opening:
                _enter(state, node)
            else:
                _leave(state, node)
        _flush(state)
    return state.builder


def _walk(root: LexborNode, *, inside_main: bool) -> Iterator[tuple[LexborNode, bool]]:
    """Visit the visible nodes below a root in reading order: text once, elements on the way in and out."""
    stack: list[tuple[LexborNode, bool]] = [(root, True)]
    while stack:
        node, opening = stack.pop()
        if node.tag == "-text":
            yield node, True
            continue
        if opening and _skipped(node, inside_main=inside_main):
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
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    return bool(_HIDDEN_STYLE.search(attributes.get("style") or ""))


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


def _meta_facts(tree: LexborHTMLParser) -> Facts:
    meta: dict[str, str] = {}
    for node in tree.css("meta"):
        key = node.attributes.get("name") or node.attributes.get("property") or node.attributes.get("itemprop")
        content = node.attributes.get("content")
        if key and content:
            meta.setdefault(key.strip().lower(), content.strip())
    title = tree.css_first("title")
    root = tree.css_first("html")
    language = (root.attributes.get("lang") or "") if root is not None else ""
    return Facts(
        title=(" ".join(title.text().split())[:300] if title is not None else "") or None,
        authors=listed(meta.get("author") or meta.get("article:author")),
        date=next((found for key in _DATES if (found := iso_date(meta.get(key, "")))), None),
        language=language[:2].lower() if re.match(r"^[A-Za-z]{2}(-|$)", language) else None,
        tags=listed(meta.get("keywords")),
    )
