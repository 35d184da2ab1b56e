"""`assistant eval check`."""

from __future__ import annotations

import typer

from assistant.documents_cli import AsJson, Corpus, DataDir
from evals.cli.run import Gold


def check_command(gold: Gold, as_json: AsJson = False, data_dir: DataDir = None, corpus: Corpus = None) -> None:
    """Check a gold set against the corpus without asking anything, and count what is in it.

    Faults are named with line and field.
    """
    from assistant.catalog import Catalog
    from assistant.serialization import to_json_text
    from assistant.settings import load_settings
    from evals.census import count_questions, tabulate_counts
    from evals.cli.printing import print_tables
    from evals.gold import load_gold

    with Catalog.open(load_settings(data_dir=data_dir, corpus=corpus).data_dir) as catalog:
        counts = count_questions(load_gold(gold, documents=catalog))
    if as_json:
        groups = [{"group": name, **count.to_json()} for name, count in counts.items()]
        typer.echo(to_json_text({"schema": 1, "groups": groups}))
    else:
        print_tables([tabulate_counts(counts)])
