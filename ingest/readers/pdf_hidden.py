"""Text on a PDF page that nobody sees: white on white, invisible by its mode, too small, or outside of the page."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

SMALLEST = 1.0
"""Points below which text is too small to be seen."""
WHITE = 247
"""Of 255, in red, green and blue, from which on a colour is white."""
NARROWEST = 0.2
"""In ems: no letters of running text are narrower on average."""
MOST_SURPLUS = 20
"""Letters that a replacement text may have beyond the room for what is drawn, since abbreviations are spelled out."""
MOST_NESTED = 8
"""Forms within forms that are looked into."""
_SHAPES = (pdfium.FPDF_PAGEOBJ_PATH, pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
_STROKED_MODES = (pdfium.FPDF_TEXTRENDERMODE_STROKE, pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE)

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in points."""
_SAME: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class _Replacement:
    """A text that stands for what is drawn."""

    letters: int
    room: float = 0.0
    """Most letters that what is drawn can have."""
    objects: list[tuple[ctypes.c_void_p, ctypes.c_void_p]] = field(default_factory=list)
    """Those that it stands for, each with its mark."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """The text of a page that nobody sees."""

    objects: frozenset[int]
    """Addresses of text objects."""
    reasons: tuple[str, ...]
    """Each once."""


@dataclass(slots=True)
class _Seen:
    """What was drawn so far, in the order of drawing."""

    page: Box
    shapes: list[tuple[Box, bool]] = field(default_factory=list)
    """Where something lies that is not white, and whether it is an image."""
    hidden: dict[int, str] = field(default_factory=dict)
    unseen: list[tuple[int, Box]] = field(default_factory=list)
    """Text that is invisible by its mode: hidden, unless an image lies there."""
    replacements: dict[int, _Replacement] = field(default_factory=dict)
    """By the address of the mark."""


def find_hidden(page: ctypes.c_void_p, *, box: Box) -> Hidden:
    """Find the text of a page that nobody sees, before its text is loaded.

    Invisible text on an image is the layer of a text recognition and not hidden. A replacement text that is too long
    for what is drawn is removed from the page, so that the drawn text is loaded.

    Args:
        page: pdfium's raw handle.
        box: What of the page is shown.

    Returns:
        What is hidden, and why.
    """
    seen = _Seen(page=box)
    for drawn, matrix, kind in _objects(page):
        bounds = _bounds(drawn, matrix)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            _look_at(seen, drawn, matrix, bounds)
        elif bounds is not None and kind in _SHAPES and not _is_white(drawn, kind):
            seen.shapes.append((bounds, kind == pdfium.FPDF_PAGEOBJ_IMAGE))
    for address, bounds in seen.unseen:
        if not any(image and _holds_middle(shape, bounds) for shape, image in seen.shapes):
            seen.hidden[address] = "invisible"
    reasons = set(seen.hidden.values())
    if any([_take_off(replacement) for replacement in seen.replacements.values()]):
        reasons.add("not what is drawn")
    return Hidden(frozenset(seen.hidden), tuple(sorted(reasons)))


def _look_at(seen: _Seen, drawn: ctypes.c_void_p, matrix: Matrix, bounds: Box | None) -> None:
    """Judge a text object; one that is invisible by its mode waits, since an image may be drawn over it."""
    address = address_of(drawn)
    if bounds is None:
        return
    mode, size = pdfium.FPDFTextObj_GetTextRenderMode(drawn), _height(drawn, matrix)
    if not _meet(bounds, seen.page):
        seen.hidden[address] = "outside of the page"
    elif max(size, bounds[3] - bounds[1]) < SMALLEST:  # Drawn letters (Type 3) may be larger than their size says.
        seen.hidden[address] = "too small to be seen"
    elif mode == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE:
        seen.unseen.append((address, bounds))
    elif mode not in _STROKED_MODES and _fill(drawn) >= WHITE and not _is_covered(seen, bounds):
        seen.hidden[address] = "white on white"
    else:
        _note_replacements(seen, drawn, bounds, size)


def _note_replacements(seen: _Seen, drawn: ctypes.c_void_p, bounds: Box, size: float) -> None:
    """Note the replacement texts (ActualText) that an object is marked with, and how much room it has for letters."""
    for at in range(pdfium.FPDFPageObj_CountMarks(drawn)):
        mark = pdfium.FPDFPageObj_GetMark(drawn, at)
        length = ctypes.c_ulong()
        if pdfium.FPDFPageObjMark_GetParamStringValue(mark, b"ActualText", None, 0, length):
            found = seen.replacements.setdefault(address_of(mark), _Replacement(letters=length.value // 2 - 1))
            found.room += max(bounds[2] - bounds[0], bounds[3] - bounds[1]) / (NARROWEST * size)
            found.objects.append((drawn, mark))


def _take_off(replacement: _Replacement) -> bool:
    """Remove a replacement text if it is longer than what is drawn can be, so that the drawn text is read."""
    if replacement.letters <= MOST_SURPLUS + replacement.room:
        return False
    return all([bool(pdfium.FPDFPageObj_RemoveMark(drawn, mark)) for drawn, mark in replacement.objects])


def address_of(drawn: ctypes.c_void_p) -> int:
    """Tell the address of a page object, which names it while its page is open."""
    return ctypes.cast(drawn, ctypes.c_void_p).value or 0


def _objects(page: ctypes.c_void_p) -> Iterator[tuple[ctypes.c_void_p, Matrix, int]]:
    """Yield what is drawn, in order, with the matrix of the form that it stands in."""
    top = (pdfium.FPDFPage_GetObject(page, at) for at in range(pdfium.FPDFPage_CountObjects(page)))
    stack: list[tuple[Iterator[ctypes.c_void_p], Matrix]] = [(top, _SAME)]
    while stack:
        drawn = next(stack[-1][0], None)
        if drawn is None:
            stack.pop()
            continue
        kind, matrix = pdfium.FPDFPageObj_GetType(drawn), stack[-1][1]
        if kind == pdfium.FPDF_PAGEOBJ_FORM and len(stack) <= MOST_NESTED:
            stack.append((_parts(drawn), _product(_matrix(drawn), matrix)))
        else:
            yield drawn, matrix, kind


def _parts(form: ctypes.c_void_p) -> Iterator[ctypes.c_void_p]:
    return (pdfium.FPDFFormObj_GetObject(form, at) for at in range(max(0, pdfium.FPDFFormObj_CountObjects(form))))


def _matrix(drawn: ctypes.c_void_p) -> Matrix:
    found = pdfium.FS_MATRIX()
    if not pdfium.FPDFPageObj_GetMatrix(drawn, found):
        return _SAME
    return (found.a, found.b, found.c, found.d, found.e, found.f)


def _product(inner: Matrix, outer: Matrix) -> Matrix:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _bounds(drawn: ctypes.c_void_p, matrix: Matrix) -> Box | None:
    edges = [ctypes.c_float() for _ in range(4)]
    if not pdfium.FPDFPageObj_GetBounds(drawn, *edges):
        return None
    left, bottom, right, top = (edge.value for edge in edges)
    if matrix is _SAME:
        return left, bottom, right, top
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _height(drawn: ctypes.c_void_p, matrix: Matrix) -> float:
    """Tell the size of a text object's type as it is shown, in points."""
    size = ctypes.c_float()
    if not pdfium.FPDFTextObj_GetFontSize(drawn, size):
        return SMALLEST
    _, _, c, d, _, _ = _product(_matrix(drawn), matrix)
    return float(abs(size.value) * (c * c + d * d) ** 0.5)


def _fill(drawn: ctypes.c_void_p) -> int:
    """Tell how near to white an object is filled: the darkest of its three parts, or 255 where it lets all through."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    if not pdfium.FPDFPageObj_GetFillColor(drawn, red, green, blue, alpha):
        return 0
    return 255 if alpha.value == 0 else int(min(red.value, green.value, blue.value))


def _is_white(drawn: ctypes.c_void_p, kind: int) -> bool:
    return kind == pdfium.FPDF_PAGEOBJ_PATH and _fill(drawn) >= WHITE


def _is_covered(seen: _Seen, bounds: Box) -> bool:
    return any(_holds_middle(shape, bounds) for shape, _ in seen.shapes)


def _holds_middle(shape: Box, bounds: Box) -> bool:
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    return shape[0] <= x <= shape[2] and shape[1] <= y <= shape[3]


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
