"""What is written of a comparison: the record, tables, a section of a page, a plot."""

import json
import math
from dataclasses import replace

import pytest

from evals.peers.plot import plot_peers
from evals.peers.record import read_record
from evals.peers.report import tabulate_peers, write_section

COMMAND = "assistant eval peers somewhere"


def test_a_record_is_read_as_it_was_written(record, tmp_path):
    record.write(tmp_path / "out")
    read = read_record(tmp_path / "out")
    assert json.dumps(read.to_json()) == json.dumps(record.to_json())
    assert read.contestants[0].rounds[0].documents_per_second == record.contestants[0].rounds[0].documents_per_second


def test_a_record_of_another_version_is_refused(record, tmp_path):
    path = record.write(tmp_path)
    path.write_text(json.dumps(record.to_json() | {"schema": 99}), encoding="utf-8")
    with pytest.raises(ValueError, match="another version"):
        read_record(tmp_path)


def test_the_stages_and_the_rest_add_up_and_the_model_is_left_out_of_the_speed(record):
    first = record.contestants[0].rounds[0]
    assert first.stage_seconds() == {"model": 1.0, "embed": 5.5, "rest": 4.5}
    assert first.documents_per_second == pytest.approx(100 / 10.0)
    assert first.tokens_per_second == pytest.approx(1500 / 5.5)
    assert first.searchable_tokens_per_second == pytest.approx(1500 / 10.0)


def test_speed_is_not_known_where_embedding_was_not_told_apart(record):
    ingest = {**record.contestants[0].rounds[0].ingest, "stages": {}}
    assert math.isnan(replace(record.contestants[0].rounds[0], ingest=ingest).tokens_per_second)


def test_tables_hold_medians_intervals_and_n(record):
    main, stages = tabulate_peers(record)
    cells = dict(zip(main.header, main.rows[1], strict=True))
    assert cells["nDCG@10 (95 %)"] == "70.0 (60.0–80.0) n=50"
    assert cells["documents/s"] == "20 (2×)"
    assert cells["embedded tokens/s, files to searchable"] == "300 (2×)"
    assert cells["query p50 / p95 ms"] == "2 / 2.9"
    assert dict(zip(stages.header, stages.rows[0], strict=True))["not embedded"] == "500 (25 %)"


def test_a_section_is_replaced_and_its_surroundings_stay(record, tmp_path):
    page, plot = tmp_path / "page.md", tmp_path / "plots" / "small.svg"
    page.write_text("# Page\n\nBefore.\n", encoding="utf-8")
    write_section(record, page, plot=plot, command=COMMAND)
    page.write_text(page.read_text(encoding="utf-8") + "\nAfter.\n", encoding="utf-8")
    once = page.read_text(encoding="utf-8")
    write_section(record, page, plot=plot, command=COMMAND)
    assert page.read_text(encoding="utf-8") == once
    assert once.startswith("# Page\n\nBefore.\n")
    assert once.endswith("After.\n")
    for said in ("plots/small.svg", COMMAND, "not installed: txtai", "100 of 1,000 documents", "load 1.0 to 2.0"):
        assert said in once


def test_a_page_with_one_marker_is_refused(record, tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- peers small: begin -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="only one of"):
        write_section(record, page, plot=tmp_path / "small.svg", command=COMMAND)


def test_the_same_record_draws_the_same_plot(record, tmp_path):
    for name in ("one.svg", "two.svg"):
        plot_peers(record, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
