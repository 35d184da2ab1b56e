"""Which files of a plan are known documents under another name, and which are the same as another one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from assistant.types import DocumentState
from ingest.plan import Hashed, Known, Plan
from ingest.reports import Duplicate, Move


def match_moves(plan: Plan, new: Sequence[Hashed], gone: set[str], known: Known) -> set[str]:
    """Pair new files with vanished ones of the same content.

    Args:
        plan: Receives the moves.
        new: Files without a record whose content is known.
        gone: Ids whose file vanished.
        known: What the catalog remembers.

    Returns:
        The vanished ones that are left.
    """
    left = set(gone)
    for hashed in new:
        former = next((one for one in known.by_digest[hashed.digest] if one in left), None)
        if former is not None:
            left.discard(former)
            plan.tags[hashed.file.document_id] = known.files[former].tags
            plan.moves.append(Move(document_id=hashed.file.document_id, former=former))
    return left


def match_respelled(plan: Plan, left: set[str], known: Known) -> set[str]:
    """Pair edited new files with vanished ones whose names differ in case or Unicode form only.

    Args:
        plan: Receives the moves, and which ids to forget once these files are read.
        left: Ids whose file vanished and that no equal file took over.
        known: What the catalog remembers.

    Returns:
        The vanished ones that are left.
    """
    vanished: dict[str, list[str]] = {}
    for document_id in left:
        vanished.setdefault(_spelling(document_id), []).append(document_id)
    new = [hashed for hashed in (*plan.read, *plan.link) if hashed.file.document_id not in known.files]
    appeared = Counter(_spelling(hashed.file.document_id) for hashed in new)
    for hashed in new:
        document_id, spelling = hashed.file.document_id, _spelling(hashed.file.document_id)
        former = vanished.get(spelling, [])
        if len(former) != 1 or appeared[spelling] != 1 or any(one.document_id == document_id for one in plan.moves):
            continue
        record = known.files[former[0]]
        plan.tags[document_id] = record.tags
        plan.superseded.append(former[0])
        if record.state is DocumentState.INDEXED:
            plan.moves.append(Move(document_id=document_id, former=former[0]))
    return left - set(plan.superseded)


def _spelling(document_id: str) -> str:
    """Spell an id so that names which some file system takes for one are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", document_id).casefold())


def find_duplicates(plan: Plan, known: Known, gone: set[str]) -> list[Duplicate]:
    """Find the files to be added or changed whose content another document has already, or an earlier one of them.

    Args:
        plan: With its moves.
        known: What the catalog remembers.
        gone: Ids whose file vanished.

    Returns:
        One entry per file, by id, those that moved left out.
    """
    changing = {hashed.file.document_id for hashed in (*plan.read, *plan.link)}
    moved = {move.document_id for move in plan.moves}
    first = {
        digest: next((one for one in ids if one not in gone and one not in changing), None)
        for digest, ids in known.by_digest.items()
    }
    found = []
    for hashed in sorted((*plan.read, *plan.link), key=lambda one: one.file.document_id):
        document_id, twin = hashed.file.document_id, first.get(hashed.digest)
        if twin is None:
            first[hashed.digest] = document_id
        elif document_id not in moved:
            found.append(Duplicate(document_id=document_id, same_as=twin))
    return found
