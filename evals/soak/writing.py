"""Writers side by side, backups of a store that is written to, and a disk that fills."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.backup import back_up, restore
from assistant.catalog import Catalog
from assistant.errors import BackupDamaged, DiskFull
from assistant.indexing import open_index
from assistant.settings import Settings
from evals.soak import child
from evals.soak.corrupting import damage

LOCKED_SECONDS = 2.0
ACKNOWLEDGED = 3
DISK_MIB = 64


def second_writers(whole: Path, folder: Path, *, runs: int, times: list[float]) -> Iterator[str | None]:
    """Let `assistant ingest` meet another writer; a reader in this process asks meanwhile.

    Args:
        whole: A closed data directory.
        folder: Where a copy is made and deleted.
        runs: How many.
        times: Receives the seconds that each refusal took, with the start of the program.

    Yields:
        What harm each run did; None for none.
    """
    copy, corpus = folder / "writers", folder / "writers-corpus"
    shutil.copytree(whole, copy)
    corpus.mkdir()
    command = [str(Path(sys.executable).with_name("assistant")), "ingest"]
    with open_index(Settings(data_dir=copy)) as reader:
        for _ in range(runs):
            before = len(reader.catalog.documents())
            with _writing(copy):
                began = time.monotonic()
                done = subprocess.run(
                    [*command, "--data-dir", str(copy), "--corpus", str(corpus)],
                    capture_output=True, text=True, timeout=120, check=False,
                )  # fmt: skip
                times.append(time.monotonic() - began)
                vector = reader.catalog.vectors().matrix[0]
                answered = bool(reader.candidates(vector, k=5).hits)
            refused = done.returncode == 1 and "error[DataDirLocked]" in done.stderr
            seen = len(reader.catalog.documents()) > before
            yield None if refused and answered and seen else f"refused {refused}, answered {answered}, seen {seen}"
    shutil.rmtree(copy)


def backups(whole: Path, folder: Path, *, runs: int, seed: int, times: list[float]) -> Iterator[str | None]:
    """Back up a store that is written to, restore it and compare; then damage the archive.

    Args:
        whole: A closed data directory.
        folder: Where copies are made and deleted.
        runs: How many.
        seed: Of the damages.
        times: Receives the seconds of each backup.

    Yields:
        What harm each run did; None for none.
    """
    dice, copy, archive = random.Random(seed), folder / "backups", folder / "backup.zip"
    shutil.copytree(whole, copy)
    with Catalog.open(copy) as catalog:
        known = digest_of_chunks(catalog)
    for number in range(runs):
        with _writing(copy):
            began = time.monotonic()
            back_up(Settings(data_dir=copy), archive)
            times.append(time.monotonic() - began)
        there = folder / f"restored-{number}"
        yield _harm_of_backup(archive, there, known, dice)
        shutil.rmtree(there, ignore_errors=True)
    shutil.rmtree(copy)


def _harm_of_backup(archive: Path, there: Path, known: str, dice: random.Random) -> str | None:
    restore(Settings(data_dir=there), archive, replace=False)
    with Catalog.open(there) as catalog:
        if faults := catalog.check():
            return f"restored with {len(faults)} faults: {faults[0]}"
        made = sorted(record.document_id for record in catalog.documents() if record.source == child.SOURCE)
        if made != [child.name_of(number) for number in range(len(made))]:
            return "the documents are not those of one moment"
        if any(catalog.text(name) != child.text_of(number) for number, name in enumerate(made)):
            return "a document has another text"
        if digest_of_chunks(catalog) != known:
            return "the chunks from before are others"
    damage(archive, dice)
    try:
        restore(Settings(data_dir=there), archive, replace=True)
    except BackupDamaged:
        return None
    return "a damaged archive was restored"


def digest_of_chunks(catalog: Catalog) -> str:
    """Hash ids and vectors of all chunks that were not made by the writer."""
    table, hashed = catalog.vectors(), hashlib.sha256()
    for row, name in enumerate(table.ids):
        if not name.startswith(f"{child.SOURCE}-"):
            hashed.update(name.encode() + table.matrix[row].tobytes())
    return hashed.hexdigest()


@contextmanager
def _writing(data_dir: Path) -> Iterator[None]:
    """Let another process write meanwhile; it is killed at the end and has written by then."""
    writer = child.start("write", data_dir)
    try:
        for _ in range(ACKNOWLEDGED):
            if writer.stdout is None or not writer.stdout.readline():
                raise RuntimeError("the writer ended by itself")
        yield
    finally:
        writer.kill()
        if writer.stdout is not None:
            writer.stdout.close()
        writer.wait()


def full_disks(whole: Path, folder: Path, *, points: int, seed: int) -> Iterator[str | None]:
    """Fill a small disk at drawn points while documents are added; then make space and go on.

    Args:
        whole: A closed data directory of at most half the disk.
        folder: Where the disk is mounted; it takes root.
        points: How many.
        seed: Of the points.

    Yields:
        What harm each point did; None for none.

    Raises:
        subprocess.CalledProcessError: If the disk can't be mounted.
    """
    dice, disk = random.Random(seed), folder / "disk"
    disk.mkdir()
    for _ in range(points):
        options = f"size={DISK_MIB}m,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=True)
        try:
            shutil.copytree(whole, disk / "data")
            yield _harm_of_full_disk(disk, free=int(dice.uniform(0, 6 * 2**20)))
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


def _harm_of_full_disk(disk: Path, *, free: int) -> str | None:
    settings, ballast = Settings(data_dir=disk / "data", exact_scan_limit=0), disk / "ballast"
    state = os.statvfs(disk)
    ballast.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - free)))
    stored = 0
    try:
        with open_index(settings, write=True) as index:
            child.prepare(index)
            while True:
                index.apply(child.make_change(stored, dimension=index.catalog.vectors().matrix.shape[1]))
                stored += 1
    except DiskFull:
        pass
    with open_index(settings) as index:
        vector = index.catalog.vectors().matrix[0]
        if not index.candidates(vector, k=5).hits:
            return f"{free} bytes free: no answer"
        made = sorted(record.document_id for record in index.catalog.documents() if record.source == child.SOURCE)
        if made not in ([child.name_of(n) for n in range(stored)], [child.name_of(n) for n in range(stored + 1)]):
            return f"{free} bytes free: {len(made)} documents of {stored}"
    ballast.unlink()
    done = child.run("mend", settings.data_dir)
    return (
        None if done.returncode == 0 and '"faults": []' in done.stdout else f"{free} bytes free: {done.stdout[-200:]}"
    )
