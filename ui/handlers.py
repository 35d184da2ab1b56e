"""What the page does, without the page: every function here can be called without gradio."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError, EmptyCorpus
from assistant.types import DocumentState
from ui.conversation import Conversation, Kind
from ui.jobs import MOST_FILES, IngestJobs
from ui.library import Library
from ui.markup import text
from ui.render import document_dates, render_conversation, render_refusal, render_view
from ui.shelf import render_documents, render_jobs

LONGEST_QUESTION = 2000
_GONE = "This answer is no longer on the server, since it was restarted or the conversation was cleared. Ask again."
_BUG = (
    "This is a bug in the assistant, not a mistake of yours; the terminal shows where. Other questions may still work."
)
_EMPTY = "There are no documents yet. Drop some under Documents, or run `assistant ingest` in a terminal."


@dataclass(frozen=True, slots=True)
class Told:
    """A conversation and how it looks."""

    conversation: Conversation
    html: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The documents and the jobs, as they look, and whether a job is under way."""

    summary: str
    documents: str
    jobs: str
    busy: bool


class Handlers:
    """The page's actions over one library. Holds nothing that belongs to a tab."""

    def __init__(self, library: Library, jobs: IngestJobs) -> None:
        """Act on these documents and jobs."""
        self._library, self._jobs = library, jobs

    def ask(self, question: str, conversation: Conversation) -> Iterator[Told]:
        """Answer a question.

        Args:
            question: As typed; white space around it doesn't count.
            conversation: What the tab asked before.

        Yields:
            The conversation with the question, then with what came of it. Nothing for an empty question.
        """
        asked = question.strip()[:LONGEST_QUESTION]
        if not asked:
            return
        begun = conversation.begin(asked)
        yield _tell(begun)
        try:
            answer = self._library.assistant().ask(asked)
        except EmptyCorpus:
            yield _tell(begun.settle(None, fault=_EMPTY, dates={}))
        except AssistantError as error:
            yield _tell(begun.settle(None, fault=str(error), dates={}))
        else:
            dates = {record.document_id: record.date for record in self._library.documents()}
            yield _tell(begun.settle(answer, fault=None, dates=document_dates(dates, answer)))

    def ask_failed(self, conversation: Conversation) -> Told:
        """Say in the conversation that a bug kept the last answer away."""
        if conversation.turns and conversation.turns[-1].answer is None:
            conversation = conversation.settle(None, fault=_BUG, dates={})
        return _tell(conversation)

    def open_source(self, reference: str, conversation: Conversation) -> str:
        """Show what a marker, a source or a nearest passage refers to.

        Args:
            reference: As the page's script sent it.
            conversation: Of the same tab; it alone decides what a reference means.

        Returns:
            HTML for the panel: the verified passage, or why it is not shown.
        """
        citation = conversation.resolve(reference)
        if citation is None:
            return render_refusal(None, _GONE)
        try:
            view = self._library.assistant().view_citation(citation)
        except AssistantError as error:
            return render_refusal(citation, str(error))
        dates = {record.document_id: record.date for record in self._library.documents()}
        return render_view(citation, view, kind=Kind(reference[0]), date=dates.get(citation.document_id))

    def shelf(self) -> Listed:
        """Show the documents and the jobs as they are now."""
        documents, jobs = self._library.documents(), self._jobs.jobs()
        indexed = sum(record.state is DocumentState.INDEXED for record in documents)
        summary = f"{indexed} {'document' if indexed == 1 else 'documents'}" if documents else "no documents yet"
        return Listed(
            summary=text("p", summary, classes="summary"),
            documents=render_documents(documents),
            jobs=render_jobs(jobs),
            busy=any(not job.finished for job in jobs),
        )

    def drop(self, files: Sequence[tuple[str, Path]], *, inside: Path) -> str:
        """Take dropped files over and begin to ingest them.

        Args:
            files: Names as the person's machine has them, and where the browser's request says the bytes are.
            inside: The folder of uploads; a path elsewhere is nothing that was dropped here.

        Returns:
            HTML that says why nothing was begun; empty where a job was, or where there is nothing to do.

        Raises:
            ValueError: If a path lies outside `inside`.
        """
        if any(not path.resolve().is_relative_to(inside.resolve()) for _, path in files):
            raise ValueError("a file to add is not one that was uploaded")
        if len(files) > MOST_FILES:
            refusal = f"{len(files)} files are more than the {MOST_FILES} that can be added at once. Nothing was added."
            return text("p", refusal, classes="fault")
        if not files:
            return ""
        folder = Path(tempfile.mkdtemp(prefix="assistant-drop-"))
        taken = []
        for number, (name, path) in enumerate(files):
            kept = folder / str(number)
            shutil.move(path, kept)
            taken.append((file_name(name), kept))
        self._jobs.start(taken, folder=folder)
        return ""


def file_name(name: str) -> str:
    """Keep the last part of a name that a browser sent, whatever system it came from."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return last if last not in ("", ".", "..") else "unnamed"


def _tell(conversation: Conversation) -> Told:
    return Told(conversation, render_conversation(conversation))
