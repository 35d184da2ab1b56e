"""Answers and their sources as HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.places import Place, snippet_of
from assistant.types import Abstention, Answer, Citation, Method, Passage, QuoteInContext, Statement
from ui.conversation import Conversation, Kind, Reference, Turn
from ui.markup import element, escape, text, unseen

_CUT = '<span class="cut">…</span>'
"""Stands where the document goes on, and is no part of its text."""


def render_conversation(conversation: Conversation) -> str:
    """Write the turns of a tab, oldest first; empty without any."""
    first = next(iter(conversation.waiting), None)
    return "".join(_turn(turn, queued=turn is not first) for turn in conversation.turns)


def render_view(citation: Citation, view: QuoteInContext, *, kind: Kind, date: str | None) -> str:
    """Write a passage in its surroundings, the cited characters marked.

    Args:
        citation: What was opened.
        view: Its exact text, verified against the catalog.
        kind: Whether an answer cites it or it is only near.
        date: The document's own date, where it has one.

    Returns:
        HTML for the panel.
    """
    label = (
        f"Source {citation.marker}" if kind is Kind.CITATION else f"Nearest passage {citation.marker}, not an answer"
    )
    place = Place.of(citation)
    facts = _facts({"Document": citation.document_id, "Page": place.page, "Section": place.section, "Dated": date})
    passage = element(
        "div",
        (_CUT if view.truncated_before else "")
        + text("span", view.before, classes="around")
        + text("mark", view.quote)
        + text("span", view.after, classes="around")
        + (_CUT if view.truncated_after else ""),
        classes="passage",
        attributes='tabindex="0"',
    )
    proof = f"verified: characters {citation.start}–{citation.end} of {citation.document_id}"
    return element(
        "article",
        text("p", label, classes="kicker")
        + text("h2", citation.title, classes="reader-title")
        + facts
        + passage
        + text("p", proof, classes="proof"),
        classes="reader",
    )


def render_refusal(citation: Citation | None, message: str) -> str:
    """Write why a passage is not shown.

    Args:
        citation: What should have been opened, where it is known.
        message: The reason, for the person.

    Returns:
        HTML for the panel.
    """
    title = text("h2", citation.title, classes="reader-title") if citation is not None else ""
    return element(
        "article",
        text("p", "Not shown", classes="kicker") + title + text("p", message, classes="refusal"),
        classes="reader",
    )


def _turn(turn: Turn, *, queued: bool) -> str:
    question = element("h2", unseen("You asked: ") + escape(turn.question), classes="question")
    if turn.fault is not None:
        body = text("p", turn.fault, classes="fault")
    elif turn.answer is None:
        said = "Waiting for the question before it …" if queued else "Searching your documents …"
        body = text("p", said, classes="pending")
    else:
        body = _answer(turn, turn.answer)
    return element("article", question + element("div", body, classes="answer"), classes="turn")


def _answer(turn: Turn, answer: Answer) -> str:
    notices = "".join(text("p", notice, classes="notice") for notice in answer.notices)
    searched = text("p", f"Read as: {answer.query}", classes="searched") if answer.query != answer.question else ""
    if answer.abstention is not None:
        body = _abstention(turn, answer, answer.abstention)
    elif answer.method is Method.CATALOG:
        body = element("div", "".join(text("p", item.text) for item in answer.sentences), classes="sentences")
    else:
        body = _sentences(turn, answer) + _sources(turn, answer.citations)
    return searched + notices + body + text("p", _account(answer), classes="account")


def _sentences(turn: Turn, answer: Answer) -> str:
    short = (
        element("p", unseen("Short answer: ") + escape(answer.short_answer), classes="short")
        if answer.short_answer
        else ""
    )
    conflicts = "".join(_conflict(turn, conflict) for conflict in answer.conflicts)
    told = []
    for sentence in answer.sentences:
        markers = "".join(_marker(Reference(Kind.CITATION, turn.number, number)) for number in sentence.citations)
        told.append(element("p", text("span", sentence.text, classes="sentence") + markers))
    return short + conflicts + element("div", "".join(told), classes="sentences")


def _conflict(turn: Turn, conflict: Sequence[Statement]) -> str:
    said = [
        text("span", statement.words, classes="words")
        + _marker(Reference(Kind.CITATION, turn.number, statement.citation))
        for statement in conflict
    ]
    return element("p", escape("The documents disagree: ") + " · ".join(said), classes="conflict")


def _marker(reference: Reference) -> str:
    return _button(reference, unseen("Source ") + str(reference.number), classes="marker")


def _button(reference: Reference, content: str, *, classes: str) -> str:
    """Write a button that the page's script connects by its class."""
    return element("button", content, classes=f"{classes} ref ref-{reference}", attributes='type="button"')


def _sources(turn: Turn, citations: Sequence[Citation]) -> str:
    items = []
    for citation in citations:
        head = _source_head(
            str(citation.marker),
            citation.title,
            _where(citation, turn.dates.get(citation.document_id)),
        )
        quote = text("span", citation.quote, classes="quote")
        reference = Reference(Kind.CITATION, turn.number, citation.marker)
        items.append(element("li", _button(reference, head + quote, classes="source")))
    return element("h3", "Sources", classes="label") + element("ol", "".join(items), classes="sources")


def _source_head(number: str, title: str, where: str) -> str:
    return (
        text("span", number, classes="number")
        + text("span", title, classes="title")
        + (text("span", where, classes="where") if where else "")
    )


def _where(found: Citation | Passage, date: str | None) -> str:
    return " · ".join([*Place.of(found).parts, *([date] if date else [])])


def _facts(facts: Mapping[str, str | int | None]) -> str:
    rows = "".join(text("dt", name) + text("dd", str(value)) for name, value in facts.items() if value is not None)
    return element("dl", rows, classes="facts")


def _abstention(turn: Turn, answer: Answer, abstention: Abstention) -> str:
    missing = "".join(text("span", term, classes="term") for term in abstention.missing_terms)
    return (
        text("p", "No answer in your documents", classes="verdict")
        + text("p", abstention.reason, classes="reason")
        + (element("p", text("span", "Not found: ") + missing, classes="missing") if missing else "")
        + _nearest(turn, answer.passages)
    )


def _nearest(turn: Turn, passages: Sequence[Passage]) -> str:
    if not passages:
        return ""
    items = []
    for passage in passages:
        where = _where(passage, turn.dates.get(passage.document_id))
        head = _source_head(str(passage.rank), passage.title, where)
        snippet = text("span", snippet_of(passage), classes="snippet")
        items.append(
            element(
                "li", _button(Reference(Kind.PASSAGE, turn.number, passage.rank), head + snippet, classes="source near")
            )
        )
    heading = element("h3", "Nearest passages", classes="label")
    return heading + element("ol", "".join(items), classes="sources")


def _account(answer: Answer) -> str:
    """Say how the answer was made."""
    took = f"{answer.timings.total:.0f} ms" if answer.timings.total < 10_000 else f"{answer.timings.total / 1000:.1f} s"
    if answer.abstention is not None:
        read = len(answer.passages)
        return f"{took} · {read} {'passage' if read == 1 else 'passages'} read · no language model used"
    if answer.method is Method.CATALOG:
        return f"{took} · written from the list of documents · no language model used"
    sure = "" if answer.confidence is None else f"confidence {answer.confidence:.0%} · "
    return f"{sure}{took} · no language model used: sentences are quoted exactly"


def document_dates(dates: Mapping[str, str | None], answer: Answer) -> dict[str, str]:
    """Keep the dates of the documents that an answer names.

    Args:
        dates: Document ids to dates, of the whole corpus.
        answer: Whose citations and passages are shown.

    Returns:
        Document ids to dates, without those that have none.
    """
    named = {citation.document_id for citation in answer.citations} | {
        passage.document_id for passage in answer.passages
    }
    return {name: date for name in sorted(named) if (date := dates.get(name)) is not None}
