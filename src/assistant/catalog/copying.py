"""What of a catalog is not derived from documents, copied into another one of the same schema."""

from __future__ import annotations

import sqlite3

_FACTS = (("sources", ""), ("runs", ""), ("former_names", ""), ("paths", "WHERE state = 'problem'"))


def copy_facts(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy sources, journal, former names and problems.

    Args:
        source: The snapshot to read.
        target: Inside a transaction; it has none of them.
    """
    for table, condition in _FACTS:
        rows = source.execute(f"SELECT * FROM {table} {condition}").fetchall()
        if rows:
            places = ", ".join("?" * len(rows[0]))
            target.executemany(f"INSERT INTO {table} VALUES ({places})", rows)
