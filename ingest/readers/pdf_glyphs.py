"""From a PDF page to fragments: stretches of characters on one baseline without a wide gap."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Container
from dataclasses import dataclass, field

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]

from ingest.readers.pdf_hidden import address_of

WIDE_GAP = 1.0
"""In ems. A wider gap on a baseline starts a new fragment: another cell or another column."""
WORD_GAP = 0.18
"""In ems. A wider gap is a space even where the file has none."""
_HYPHENS = frozenset((0x02, 0xFFFE))
"""What pdfium gives for a hyphen at a line's end."""


@dataclass(slots=True)
class Fragment:
    """Characters on one baseline, in points from the page's lower left corner."""

    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    order: int
    """Position in the page's content stream."""
    letters: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The characters, without white space around them."""
        return "".join(self.letters).strip()


def read_fragments(textpage: ctypes.c_void_p, *, hidden: Container[int] = ()) -> list[Fragment]:
    """Read a page's fragments in the order of its content stream.

    Args:
        textpage: pdfium's raw handle.
        hidden: Addresses of text objects that are left out.

    Returns:
        The fragments that hold more than white space.
    """
    reader = _GlyphReader(textpage)
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        if not hidden or address_of(pdfium.FPDFText_GetTextObject(textpage, index)) not in hidden:
            reader.take(index)
    return [fragment for fragment in reader.fragments if fragment.text]


class _GlyphReader:
    """Joins characters to fragments one by one."""

    def __init__(self, textpage: ctypes.c_void_p) -> None:
        self.textpage = textpage
        self.fragments: list[Fragment] = []
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = pdfium.FS_RECTF()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._space = False

    def take(self, index: int) -> None:
        """Add one character."""
        code = pdfium.FPDFText_GetUnicode(self.textpage, index)
        if code in (0x20, 0x0D, 0x0A, 0x09, 0xA0, 0x00):
            self._space = True
            return
        letter = "-" if code in _HYPHENS else chr(code) if code < 0x110000 else "\ufffd"
        pdfium.FPDFText_GetCharOrigin(self.textpage, index, self._x, self._y)
        pdfium.FPDFText_GetLooseCharBox(self.textpage, index, self._box)
        self._place(index, letter)

    def _place(self, index: int, letter: str) -> None:
        left, right, baseline = self._box.left, self._box.right, self._y.value
        if not (math.isfinite(left) and math.isfinite(right) and math.isfinite(baseline)):
            return
        last = self.fragments[-1] if self.fragments else None
        if last is not None and self._joins(last, left, baseline):
            if (self._space or left - last.right > WORD_GAP * last.size) and last.letters[-1] != " ":
                last.letters.append(" ")
            last.letters.append(letter)
            last.right = max(last.right, right)
        else:
            self._start(index, letter)
        self._space = False

    def _joins(self, last: Fragment, left: float, baseline: float) -> bool:
        gap = left - last.right
        drift = abs(baseline - last.baseline)
        # A raised or lowered mark keeps to its line when it follows closely.
        near = drift < 0.2 * last.size or (drift < 0.55 * last.size and -0.3 * last.size < gap < 0.3 * last.size)
        return near and -0.5 * last.size < gap < WIDE_GAP * last.size

    def _start(self, index: int, letter: str) -> None:
        size = abs(self._box.top - self._box.bottom) or 1.0
        nominal = pdfium.FPDFText_GetFontSize(self.textpage, index)
        if nominal > 1.5 and 0.5 < size / nominal < 2:
            size = nominal
        self.fragments.append(
            Fragment(
                left=self._box.left,
                right=self._box.right,
                baseline=self._y.value,
                size=size,
                bold=self._is_bold(index),
                order=len(self.fragments),
                letters=[letter],
            )
        )

    def _is_bold(self, index: int) -> bool:
        length = pdfium.FPDFText_GetFontInfo(self.textpage, index, self._name, len(self._name), self._flags)
        name = self._name.raw[: max(0, min(length - 1, len(self._name)))].lower()
        return any(mark in name for mark in (b"bold", b"black", b"heavy", b"semibold"))
