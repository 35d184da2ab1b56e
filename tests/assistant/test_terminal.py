import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from assistant.signals import Signals
from assistant.terminal import (
    neutralise,
    one_line,
    open_console,
    render_answer,
    render_document,
    render_documents,
    render_passages,
)
from assistant.types import (
    Abstention,
    Answer,
    AnswerSentence,
    Block,
    BlockKind,
    Chunk,
    Citation,
    Document,
    DocumentRecord,
    DocumentState,
    Fingerprint,
    Method,
    Page,
    Passage,
    QuoteInContext,
    Support,
    Timings,
)

QUOTE = "Rain fell [bold]here[/bold]."


VIEW = QuoteInContext(before="First, there was wind. ", quote=QUOTE, after=" Then it stopped.")


def cited(quote=QUOTE):
    chunk = Chunk(
        id="c1",
        digest="d1",
        ordinal=0,
        start=0,
        end=len(quote),
        text=quote,
        context="",
        page=3,
        section=("Weather", "Rain"),
    )
    return Answer(
        question="Where?",
        query="Where?",
        method=Method.EXTRACTIVE,
        sentences=(AnswerSentence(text=quote, citations=(1,), support=Support.VERBATIM),),
        citations=(
            Citation(
                marker=1,
                document_id="a.pdf",
                digest="d1",
                title="On rain",
                page=3,
                section=("Weather", "Rain"),
                start=0,
                end=len(quote),
                quote=quote,
            ),
        ),
        passages=(
            Passage(document_id="a.pdf", title="On rain", chunk=chunk, rank=1, score=0.81, signals=Signals(dense=0.5)),
        ),
        abstention=None,
        timings=Timings(retrieval=1.0, total=2.0),
        fingerprint=Fingerprint(corpus="c", config="s"),
        evidence_score=0.7,
    )


def plain(render, *arguments, **options):
    written = io.StringIO()
    render(open_console(written), *arguments, **options)
    return written.getvalue()


def on_terminal(render, *arguments, **options):
    written = io.StringIO()
    console = Console(
        file=written, force_terminal=True, color_system="standard", markup=False, highlight=False, emoji=False, width=80
    )
    render(console, *arguments, **options)
    return written.getvalue()


def test_an_answer_shows_its_markers_and_its_sources_with_page_and_section():
    shown = plain(render_answer, cited(), views=[VIEW])
    assert shown.splitlines() == [
        "Rain fell [bold]here[/bold]. [1]",
        "",
        "Sources",
        "[1] On rain — a.pdf · page 3 · Weather › Rain",
        "    First, there was wind. «Rain fell [bold]here[/bold].» Then it stopped.",
    ]


def test_confidence_is_shown_below_an_answer_and_with_an_abstention_only_when_explained():
    sure = replace(cited(), confidence=0.834)
    assert plain(render_answer, sure, views=[VIEW]).splitlines()[1] == "Confidence 83%"
    kept_back = replace(sure, sentences=(), citations=(), abstention=Abstention(reason="No."))
    assert "onfidence" not in plain(render_answer, kept_back, views=[])
    assert "Evidence score 0.700, confidence 0.834" in plain(render_answer, kept_back, views=[], explain=True)
    assert "confidence none" in plain(render_answer, cited(), views=[VIEW], explain=True)


def test_a_section_does_not_repeat_the_title():
    answer = cited()
    titled = replace(answer.citations[0], section=("On rain", "Spring"))
    shown = plain(render_answer, replace(answer, citations=(titled,)), views=[VIEW])
    assert "[1] On rain — a.pdf · page 3 · Spring\n" in shown


def test_surroundings_that_are_cut_end_at_a_word():
    view = replace(VIEW, before="nd was there. ", after=" Then it sto", truncated_before=True, truncated_after=True)
    assert f"    … was there. «{QUOTE}» Then it …\n" in plain(render_answer, cited(), views=[view])


def test_a_terminal_gets_colour_and_the_quote_reversed():
    shown = on_terminal(render_answer, cited(), views=[VIEW])
    assert "\x1b[1;36m [1]\x1b[0m" in shown
    assert f"\x1b[1;7m{QUOTE}\x1b[0m" in shown
    assert "«" not in shown


def test_text_that_looks_like_markup_is_shown_as_it_is():
    assert "[bold]here[/bold]" in plain(render_answer, cited(), views=[VIEW])


@pytest.mark.parametrize("render", [plain, on_terminal])
def test_no_control_sequence_of_a_document_reaches_the_terminal(render):
    hostile = "Rain \x1b]0;owned\x07\x1b[2J\x9b31m\rfell\u202e here."
    answer = replace(cited(hostile), query="other \x1b[2J")
    view = replace(VIEW, before="\x1b[5m", quote=hostile, after="\x08\x08")
    shown = render(render_answer, answer, views=[view], explain=True)
    assert not {"\x07", "\x08", "\x9b", "\r", "\u202e"} & set(shown)
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown
    assert "␛[2J" in shown


@given(st.text())
def test_neutralised_text_holds_no_control_but_new_lines_and_tabs(text):
    kept = {character for character in neutralise(text) if not character.isprintable()}
    assert not {c for c in kept if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0} - {"\n", "\t"}
    assert "\n" not in one_line(text)


def test_an_abstention_shows_its_reason_the_missing_words_and_the_nearest_passages():
    answer = replace(
        cited(), sentences=(), citations=(), abstention=Abstention(reason="Not in here.", missing_terms=("snow", "ice"))
    )
    assert plain(render_answer, answer, views=[]).splitlines() == [
        "No answer. Not in here.",
        "Not found: snow, ice",
        "",
        "Nearest passages",
        "1. On rain — a.pdf · page 3 · Weather › Rain",
        "    Rain fell [bold]here[/bold].",
    ]


def test_a_reply_from_the_catalog_is_plain():
    answer = replace(
        cited(),
        method=Method.CATALOG,
        citations=(),
        passages=(),
        sentences=(AnswerSentence(text="There are two documents.", citations=(), support=Support.CATALOG),),
    )
    assert plain(render_answer, answer, views=[]) == "There are two documents.\n"


def test_a_rewritten_question_is_shown():
    shown = plain(render_answer, replace(cited(), query="Where did rain fall?"), views=[VIEW])
    assert shown.startswith("Read as: Where did rain fall?\n")


def test_explaining_tells_why_these_sentences_and_passages_and_what_the_columns_mean():
    lines = plain(render_answer, cited(), views=[VIEW], explain=True).splitlines()
    cells = [line.split() for line in lines]
    sentences, passages = lines.index("Why these sentences"), lines.index("Passages")
    assert cells[sentences + 1] == ["sentence", "score", "meaning", "held", "read", "kind", "passage", "text"]
    assert cells[sentences + 2][:6] == ["[1]", "–", "–", "–", "–", "–"]
    assert cells[passages + 1] == ["rank", "score", "meaning", "document,", "page,", "section"]
    assert cells[passages + 2] == ["1", "0.810", "0.500", "a.pdf", "·", "page", "3", "·", "Weather", "›", "Rain"]
    assert lines[passages + 3].startswith("score: ")


def test_an_abstention_is_explained_by_its_passages_alone():
    answer = replace(cited(), sentences=(), citations=(), abstention=Abstention(reason="Not in here."))
    shown = plain(render_answer, answer, views=[], explain=True)
    assert "Why these sentences" not in shown
    assert "\nPassages\nrank" in shown


def test_passages_keep_their_white_space_and_lose_only_control_characters():
    chunk = cited().passages[0].chunk
    text = "Rain  fell\n\n\there. \x1b[2J" + "x" * 20_000
    passage = replace(cited().passages[0], chunk=replace(chunk, text=text, end=len(text)))
    for render in (plain, on_terminal):
        shown = render(render_passages, [passage])
        assert "Rain  fell\n\n\there. ␛[2J" + "x" * 20_000 + "\n\n" in shown
    assert plain(render_passages, [passage]).startswith(
        "1. On rain — a.pdf · page 3 · Weather › Rain · score 0.810\nRain"
    )


def test_listed_documents_are_not_cut_short_and_problems_say_why():
    record = DocumentRecord(
        document_id="folder/" * 30 + "a.md",
        source="corpus",
        state=DocumentState.INDEXED,
        code=None,
        reason=None,
        pages=None,
        chunks=4,
        digest="d",
        title="A",
        date=None,
        language="en",
        tags=(),
    )
    problem = replace(record, document_id="b.pdf", state=DocumentState.PROBLEM, code="empty", reason="No text in it.")
    lines = plain(render_documents, [record, problem]).splitlines()
    assert lines[1].split() == [record.document_id, "A", "–", "4", "indexed"]
    assert lines[2].endswith("empty: No text in it.")


def test_a_shown_document_lists_its_headings_by_level_and_page():
    document = Document(
        id="a.pdf",
        digest="d",
        text="Rain\n\nSnow",
        title="Weather",
        pages=(Page(number=1, start=0, end=6), Page(number=2, start=6, end=10)),
        blocks=(
            Block(kind=BlockKind.HEADING, level=1, start=0, end=4),
            Block(kind=BlockKind.HEADING, level=2, start=6, end=10),
        ),
    )
    lines = [line.rstrip() for line in plain(render_document, document).splitlines()]
    assert lines[0] == "Weather"
    assert lines[-3:] == ["Sections", "Rain (page 1)", "  Snow (page 2)"]
