"""How a source and a nearest passage are described."""

import io
from dataclasses import replace

import pytest

from assistant.places import SNIPPET, Place, snippet_of
from assistant.terminal import open_console, render_answer
from ui.conversation import Conversation
from ui.render import render_conversation
from ui.testing import make_abstention, make_citation, make_passage


def passage_of(text):
    passage = make_passage()
    return replace(passage, chunk=replace(passage.chunk, text=text, end=passage.chunk.start + len(text)))


def test_a_documents_title_is_not_said_again_as_its_first_heading():
    citation = make_citation(section=("Of moons", "Orbits", "Low"))
    assert Place.of(citation) == Place(page=3, section="Orbits › Low")
    assert Place.of(citation).parts == ("page 3", "Orbits › Low")


def test_what_is_not_known_is_not_said():
    assert Place.of(make_passage()).parts == ()
    assert Place.of(make_citation(page=None, section=("Of moons",))).parts == ()


@pytest.mark.parametrize("text", ["one  two\nthree", "word " * 100, "x" * 500])
def test_a_snippet_is_one_line_and_cut_at_a_word(text):
    snippet = snippet_of(passage_of(text))
    assert len(snippet) <= SNIPPET + 2
    assert "\n" not in snippet and "  " not in snippet
    assert snippet.removesuffix(" …") == text.strip() or snippet.removesuffix(" …") in " ".join(text.split())


def test_the_terminal_and_the_page_say_the_same():
    passage = passage_of("Rockets fly far. " * 40)
    passage = replace(passage, chunk=replace(passage.chunk, page=7, section=("Of moons", "Sky", "Engines")))
    answer = replace(make_abstention(), passages=(passage,))
    written = io.StringIO()
    render_answer(open_console(written), answer, views=[])
    begun = Conversation().begin(answer.question)
    page = render_conversation(begun.settle(replace(begun.turns[0], answer=answer)))
    for said in (*Place.of(passage).parts, snippet_of(passage)):
        assert said in written.getvalue()
        assert said in page
