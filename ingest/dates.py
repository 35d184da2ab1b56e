"""Dates as documents write them, as ISO 8601."""

from __future__ import annotations

import re
from datetime import date, datetime

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_NAMES = "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS)
_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?(?=\b|T)")
_PDF = re.compile(r"^D?:?(\d{4})(\d{2})(\d{2})")
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?\s+({_NAMES})\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"\b({_NAMES})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b", re.IGNORECASE)
_MONTH_YEAR = re.compile(rf"\b({_NAMES})\.?,?\s+(\d{{4}})\b", re.IGNORECASE)
_YEAR = re.compile(r"^\s*(\d{4})\s*$")


def iso_date(value: object) -> str | None:
    """Read a date.

    Args:
        value: A date, or text in ISO form, as PDF writes it ("D:20250812…"), or in English words.

    Returns:
        A day, a month or a year in ISO 8601; None when there is none, or when it is not a real date.
    """
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()[:200]
    for read in (_iso, _pdf, _day_first, _month_first, _month_year, _year):
        found = read(text)
        if found:
            return found
    return None


def _iso(text: str) -> str | None:
    match = _ISO.search(text)
    if not match:
        return None
    year, month, day = match.groups()
    return _checked(int(year), int(month), int(day) if day else None)


def _pdf(text: str) -> str | None:
    match = _PDF.match(text)
    return _checked(*(int(part) for part in match.groups())) if match else None


def _day_first(text: str) -> str | None:
    match = _DAY_FIRST.search(text)
    return _checked(int(match[3]), _month(match[2]), int(match[1])) if match else None


def _month_first(text: str) -> str | None:
    match = _MONTH_FIRST.search(text)
    return _checked(int(match[3]), _month(match[1]), int(match[2])) if match else None


def _month_year(text: str) -> str | None:
    match = _MONTH_YEAR.search(text)
    return _checked(int(match[2]), _month(match[1]), None) if match else None


def _year(text: str) -> str | None:
    match = _YEAR.match(text)
    return match[1] if match and 1000 <= int(match[1]) <= 2999 else None


def _month(name: str) -> int:
    return next(number for number, month in enumerate(_MONTHS, 1) if month.startswith(name.lower()[:3]))


def _checked(year: int, month: int, day: int | None) -> str | None:
    try:
        full = date(year, month, day or 1)
    except ValueError:
        return None
    return full.isoformat() if day else f"{full:%Y-%m}"
