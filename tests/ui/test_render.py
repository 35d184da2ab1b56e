"""Facts about what reaches the browser as HTML."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from assistant.types import AnswerSentence, DocumentState, Method, QuoteInContext, Statement, Support
from ingest.reports import Progress, Stage
from ui.conversation import Conversation, Kind
from ui.markup import escape
from ui.outcomes import Fate, Outcome
from ui.render import render_conversation, render_refusal, render_view
from ui.running import Job, JobState
from ui.shelf import render_documents, render_jobs
from ui.testing import TEXT, make_abstention, make_answer, make_citation, make_record

HOSTILE = '</p><script>window.run=1</script><img src=x onerror="x()">&amp;\n\n![a](http://evil.example/b.png)\n\n[r]: x'
TAGS = {
    "article", "b", "button", "dd", "div", "dl", "dt", "h2", "h3", "li", "mark", "ol", "p", "section", "span",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {"class", "type", "tabindex"}


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = set(), set(), ""
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


def told(answer, *, question="What orbits?", fault=None, dates=None):
    begun = Conversation().begin(question)
    settled = replace(begun.turns[0], answer=answer, fault=fault, dates=dates or {})
    return render_conversation(begun.settle(settled))


@given(st.text())
def test_escaped_text_is_one_line_that_holds_no_markup(text):
    escaped = escape(text)
    assert not set(escaped) & set("<>\"'\n\r\t\u2028\u2029\x85")
    assert Reader(f"<p>{escaped}</p>").tags == {"p"}


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")) | st.sampled_from("\n\t")))
def test_escaped_text_reads_as_it_was(text):
    assert html.unescape(escape(text)) == text


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_nothing_a_document_or_a_person_wrote_adds_an_element(title, quote, question):
    citation = make_citation(
        start=0, end=len(quote), title=title, document_id=title or "x", section=(title,), quote=quote
    )
    sentence = AnswerSentence(text=quote, citations=(1,), support=Support.VERBATIM)
    answer = make_answer(question, citations=(citation,), sentences=(sentence,), notices=(title,), short_answer=title)
    record = make_record(title or "x", title=title, state=DocumentState.PROBLEM, code="damaged", reason=quote)
    job = Job(
        number=1, names=(title,), state=JobState.DONE, outcomes=(Outcome(name=title, fate=Fate.PROBLEM, detail=quote),)
    )
    whole = (
        told(answer, question=question, dates={citation.document_id: title})
        + told(make_abstention(question, title))
        + told(None, question=question, fault=title)
        + render_view(
            citation, QuoteInContext(before=title, quote=quote, after=question), kind=Kind.CITATION, date=title
        )
        + render_refusal(citation, title)
        + render_documents([record])
        + render_jobs([job])
    )
    reader = Reader(whole)
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    assert "\n" not in whole


def test_markup_and_markdown_of_a_document_stay_text():
    page = told(make_answer(citations=(make_citation(quote=HOSTILE, title=HOSTILE),)), question=HOSTILE)
    assert "<script" not in page
    assert "<img" not in page
    assert HOSTILE in Reader(page).text


def test_each_sentence_is_followed_by_a_button_for_its_citation():
    page = told(make_answer())
    sentence = f'<span class="sentence">{escape(TEXT[14:43])}</span><button class="marker ref ref-c-1-1" type="button">'
    assert sentence in page


def test_documents_that_disagree_are_named_with_their_markers():
    answer = replace(
        make_answer(), conflicts=((Statement(words="<1904>", citation=1), Statement(words="1911", citation=1)),)
    )
    page = told(answer)
    assert "The documents disagree: <1904>" in Reader(page).text
    assert page.count("ref-c-1-1") == 2 + told(make_answer()).count("ref-c-1-1")


def test_a_source_names_title_page_section_date_and_quote():
    text = Reader(told(make_answer(), dates={"space/moons.md": "2025-07-07"})).text
    assert "Of moonspage 3 · Sky › Orbits · 2025-07-07" in text
    assert text.count(TEXT[14:43]) == 2


def test_an_answer_says_how_long_it_took_and_that_it_is_quoted():
    assert "12 ms · no language model used: sentences are quoted exactly" in Reader(told(make_answer())).text
    assert "confidence 83% · 12 ms" in Reader(told(make_answer(confidence=0.834))).text


def test_an_abstention_shows_reason_missing_terms_and_nearest_passages():
    page = told(make_abstention())
    text = Reader(page).text
    assert "No answer in your documentsNothing in the documents speaks of it.Not found: sings" in text
    assert "Rockets fly." in text
    assert 'class="source near ref ref-p-1-1"' in page


def test_an_answer_about_the_corpus_has_no_markers():
    said = AnswerSentence(text="There are 3 documents.", citations=(), support=Support.CATALOG)
    page = told(make_answer(method=Method.CATALOG, citations=(), sentences=(said,)))
    assert "There are 3 documents." in page
    assert "<button" not in page


def test_the_reader_marks_exactly_the_quote_and_names_its_characters():
    citation = make_citation()
    page = render_view(
        citation, QuoteInContext(before=TEXT[:14], quote=TEXT[14:43], after=TEXT[43:]), kind=Kind.CITATION, date=None
    )
    marked = re.search("<mark>(.*)</mark>", page)
    assert html.unescape(marked[1]) == TEXT[14:43]
    assert "verified: characters 14–43 of space/moons.md" in Reader(page).text


def test_a_nearest_passage_is_not_called_a_source():
    page = render_view(
        make_citation(), QuoteInContext(before="", quote=TEXT[14:43], after=""), kind=Kind.PASSAGE, date=None
    )
    assert "Nearest passage 1, not an answer" in page


def test_a_problem_comes_first_with_its_code_and_reason():
    broken = make_record("z.pdf", state=DocumentState.PROBLEM, code="damaged", reason="Cut off.", title=None)
    text = Reader(render_documents([make_record(), broken])).text
    assert text.index("z.pdf") < text.index("Of moons")
    assert "problem: damagedCut off." in text


def test_a_running_job_shows_its_share_and_its_files():
    progress = Progress(stage=Stage.INDEX, done=1, total=4, document="uploads/a.md")
    page = render_jobs([Job(number=1, names=("a.md", "b.md"), state=JobState.RUNNING, progress=progress)])
    assert "step-5" in page
    assert "Reading and indexing: 1 of 4" in Reader(page).text
    assert "a.mdb.md" in Reader(page).text
