import shutil
import sqlite3
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.catalog.catalog import CATALOG_FILE
from assistant.errors import CitationInvalid
from assistant.wiring import open_assistant

QUESTION = "Who designed the lighthouse of Vell?"


def test_a_citation_is_the_text_of_its_span(asking):
    answer = asking.ask(QUESTION)
    for citation in answer.citations:
        view = asking.view_citation(citation, margin=20)
        assert view.quote == citation.quote
        assert len(view.before) <= 20
        assert len(view.after) <= 20


def test_a_citation_names_the_section_it_stands_in(asking):
    (citation, *_) = asking.ask("How deep is the fairway?").citations
    assert citation.section == ("The harbour of Vell", "Ships")


def test_the_surroundings_are_the_whole_document_when_they_fit(asking):
    citation = asking.ask(QUESTION).citations[0]
    view = asking.view_citation(citation, margin=10_000)
    assert not view.truncated_before
    assert not view.truncated_after
    assert asking.view_citation(citation, margin=0).before == ""


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_shifted_span_is_refused(asking, start, end):
    citation = asking.ask(QUESTION).citations[0]
    if (start, end) == (0, 0):
        return
    moved = replace(citation, start=max(0, citation.start + start), end=citation.end + end)
    with pytest.raises(CitationInvalid):
        asking.view_citation(moved)


def test_a_document_that_is_gone_is_refused(asking):
    citation = replace(asking.ask(QUESTION).citations[0], document_id="gone.md")
    with pytest.raises(CitationInvalid, match=r"gone\.md"):
        asking.view_citation(citation)


def test_a_negative_margin_is_the_callers_mistake(asking):
    with pytest.raises(ValueError, match="margin"):
        asking.view_citation(asking.ask(QUESTION).citations[0], margin=-1)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE sentences SET start_at = start_at + 2",
        "UPDATE occurrences SET start_at = start_at + 1, end_at = end_at + 1",
    ],
)
def test_a_stored_span_altered_by_hand_is_refused_and_said(house, tmp_path, damage):
    settings = house.model_copy(update={"data_dir": tmp_path / "copy", "abstain_below": 0.0})
    shutil.copytree(house.data_dir, settings.data_dir)
    with sqlite3.connect(settings.data_dir / CATALOG_FILE) as connection:
        connection.execute(damage)
    connection.close()
    with open_assistant(settings) as assistant:
        answer = assistant.ask(QUESTION)
    assert all("Brandt designed" not in citation.quote for citation in answer.citations)
    assert any("doctor --check" in notice for notice in answer.notices)
