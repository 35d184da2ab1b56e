"""Bits flipped and ends cut off, in the vector index and in the catalog's file."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.catalog import CATALOG_FILE, Catalog
from assistant.errors import CatalogDamaged
from assistant.indexing import open_index
from assistant.indexing.opening import INDEX_FOLDER
from assistant.settings import Settings
from evals.soak import child

OVERLAP = 0.99
MOST_TIMES_LARGER = 3


def corrupt_index(whole: Path, folder: Path, *, draws: int, seed: int, seen: Counter[str]) -> Iterator[str | None]:
    """Damage the index of a copy, ask it, mend it and ask again, each in a process of its own.

    Args:
        whole: A closed data directory.
        folder: Where copies are made and deleted.
        draws: How many.
        seed: Of the draws.
        seen: Counts what was damaged and how it was met.

    Yields:
        What harm each draw did; None for none.
    """
    dice = random.Random(seed)
    expected = json.loads(child.run("ask", whole).stdout)["ranked"]
    size = _size(whole / INDEX_FOLDER)
    for number in range(draws):
        copy = folder / f"index-{number}"
        shutil.copytree(whole, copy)
        files = sorted(path for path in (copy / INDEX_FOLDER).rglob("*") if path.is_file() and path.stat().st_size)
        where = damage(dice.choice(files), dice)
        harm = _harm_of_index(copy, expected, size, seen)
        seen[where.partition(" ")[0]] += 1
        yield f"{where}: {harm}" if harm else None
        shutil.rmtree(copy)


def _harm_of_index(copy: Path, expected: list[list[str]], size: int, seen: Counter[str]) -> str | None:
    for mode in ("ask", "mend"):
        done = child.run(mode, copy)
        if done.returncode:
            return f"`{mode}` ended with {done.returncode}: {done.stderr.strip()[-200:]}"
        said: dict[str, Any] = json.loads(done.stdout)
        if overlap(said["ranked"], expected) < OVERLAP:
            return f"`{mode}` found others: overlap {overlap(said['ranked'], expected):.3f}"
        if mode == "ask":
            seen["scanned meanwhile" if said["notices"] else "index still used"] += 1
        elif said["faults"] or said["notices"]:
            return f"not mended: {said['faults'] or said['notices']}"
        elif said["found"]:
            seen["found by `doctor --check`, mended by `--repair`"] += 1
    if _size(copy / INDEX_FOLDER) > MOST_TIMES_LARGER * size:
        return "the index is more than three times as large as before"
    return None


def corrupt_catalog(whole: Path, folder: Path, *, draws: int, seed: int, seen: Counter[str]) -> Iterator[str | None]:
    """Damage the catalog's file of a copy, check it and try to write.

    Args:
        whole: A closed data directory.
        folder: Where a copy is made and deleted.
        draws: How many.
        seed: Of the draws.
        seen: Counts how it was met.

    Yields:
        What harm each draw did; None for one that was refused by name, and found by a check.
    """
    dice, copy = random.Random(seed), folder / "catalog"
    shutil.copytree(whole, copy)
    path, settings = copy / CATALOG_FILE, Settings(data_dir=copy)
    for _ in range(draws):
        shutil.copyfile(whole / CATALOG_FILE, path)
        where = damage(path, dice)
        found, refused = _is_found(copy), _is_refused(settings)
        seen[f"{where.partition(' ')[0]} found"] += found
        yield None if found and refused else f"{where}: found {found}, refused {refused}"
    shutil.rmtree(copy)


def _is_found(data_dir: Path) -> bool:
    try:
        with Catalog.open(data_dir) as catalog:
            return catalog.file_fault() is not None
    except CatalogDamaged:
        return True


def _is_refused(settings: Settings) -> bool:
    try:
        with open_index(settings, write=True, mend=False) as index:
            index.catalog.begin_run("sync")
    except CatalogDamaged as error:
        return "assistant restore" in str(error)
    return False


def damage(path: Path, dice: random.Random) -> str:
    """Cut off a file, or flip one of its bits; says what was done."""
    size = path.stat().st_size
    at = dice.randrange(size)
    if dice.random() < 0.5:
        with path.open("r+b") as stream:
            stream.truncate(at)
        return f"{path.name} cut off at {at} of {size}"
    with path.open("r+b") as stream:
        stream.seek(at)
        (byte,) = stream.read(1)
        stream.seek(at)
        stream.write(bytes([byte ^ 1 << dice.randrange(8)]))
    return f"{path.name} bit flipped at {at} of {size}"


def overlap(ranked: list[list[str]], expected: list[list[str]]) -> float:
    """Compute the mean share of the expected hits that were found."""
    shares = [len(set(some) & set(wanted)) / len(wanted) for some, wanted in zip(ranked, expected, strict=True)]
    return sum(shares) / len(shares)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
