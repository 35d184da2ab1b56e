"""What the page does, without the page: every function here can be called without gradio."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError, EmptyCorpus
from assistant.types import DocumentState
from ui.conversation import Conversation, Kind, Turn
from ui.jobs import MOST_FILES, IngestJobs
from ui.library import Library
from ui.markup import text
from ui.render import document_dates, render_conversation, render_refusal, render_view
from ui.shelf import key_of, render_documents, render_jobs
from ui.talk import Talk

LONGEST_QUESTION = 2000
_GONE = "This answer is no longer on the server, since it was restarted or the conversation was cleared. Ask again."
_BUG = (
    "This is a bug in the assistant, not a mistake of yours; the terminal shows where. Other questions may still work."
)
_EMPTY = "There are no documents yet. Drop some under Documents, or run `assistant ingest` in a terminal."


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a tab's panel shows."""

    reference: str
    generation: int | None
    """Of the catalog when it was verified."""
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

    def ask(self, questions: Sequence[str], talk: Talk) -> Iterator[str]:
        """Answer questions of a tab, after those of it that wait already.

        Args:
            questions: As typed; white space around them doesn't count, and empty ones are left out.
            talk: What the tab asked before.

        Yields:
            The conversation with the questions, then once more with each answer. Nothing without a question.
        """
        turns = [talk.begin(question.strip()[:LONGEST_QUESTION]) for question in questions if question.strip()]
        if not turns:
            return
        try:
            yield render_conversation(talk.conversation)
            for turn in turns:
                if talk.wait_for(turn):
                    self._answer(turn, talk)
                    yield render_conversation(talk.conversation)
                talk.leave(
                    turn
                )  # only now that this answer was sent may the next come, so that neither hides the other
        finally:  # a tab that is closed, or a bug, must not keep later questions waiting
            for turn in turns:
                talk.leave(turn)

    def _answer(self, turn: Turn, talk: Talk) -> None:
        settled = replace(turn, fault=_BUG)
        try:
            settled = self._look_up(turn, talk.conversation)
        finally:  # after a bug as well: no question is left waiting
            talk.settle(settled)

    def _look_up(self, turn: Turn, conversation: Conversation) -> Turn:
        try:
            answer = self._library.assistant().ask(turn.question, history=conversation.before(turn))
        except EmptyCorpus:
            return replace(turn, fault=_EMPTY)
        except AssistantError as error:
            return replace(turn, fault=str(error))
        dates = {record.document_id: record.date for record in self._library.documents()}
        return replace(turn, answer=answer, dates=document_dates(dates, answer))

    def open_source(self, reference: str, talk: Talk) -> Opened:
        """Show what a marker, a source or a nearest passage refers to.

        Args:
            reference: As the page's script sent it.
            talk: Of the same tab; it alone decides what a reference means.

        Returns:
            What the panel shows: the verified passage, or why it is not shown.
        """
        generation = self._library.generation()
        return Opened(reference=reference, generation=generation, html=self._verified(reference, talk.conversation))

    def check_again(self, opened: Opened | None, talk: Talk) -> Opened | None:
        """Look again at what a tab has open.

        Args:
            opened: What its panel shows; None without any.
            talk: Of the same tab.

        Returns:
            What the panel has to show now; None where nothing in the catalog changed since.
        """
        if opened is None or opened.generation == self._library.generation():
            return None
        return self.open_source(opened.reference, talk)

    def _verified(self, reference: str, conversation: Conversation) -> str:
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

    def refuse_large(self, sent: str, *, max_mib: int) -> str:
        """Name the dropped files that were too large to be sent.

        Args:
            sent: A JSON list of names, as the page's script wrote it.
            max_mib: The largest file that may be dropped.

        Returns:
            HTML; empty without a name.
        """
        limit = f"is larger than {max_mib} MiB and was not added. Split it, or raise ASSISTANT_MAX_FILE_MIB."
        return "".join(text("p", f"{file_name(name)} {limit}", classes="fault") for name in _names(sent)[:MOST_FILES])

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
        self._jobs.add(taken, folder=folder)
        return ""

    def act(self, sent: str) -> None:
        """Do what a button of the list of documents stands for.

        Args:
            sent: As the page's script wrote it: `sync`, `retry`, `retry:KEY` or `remove:KEY`, and a number of the
                press behind `#`. What names no document that is listed does nothing: it may have gone meanwhile.
        """
        action, _, key = sent.partition("#")[0].partition(":")
        documents = self._library.documents()
        named = [record for record in documents if not key or key_of(record.document_id) == key]
        problems = [record.document_id for record in named if record.state is DocumentState.PROBLEM]
        if action == "sync":
            self._jobs.sync()
        elif action == "retry" and problems:
            self._jobs.retry(problems)
        elif action == "remove" and key and named:
            self._jobs.remove(named[0].document_id)


def _names(sent: str) -> list[str]:
    try:
        names = json.loads(sent)
    except ValueError:
        return []
    return [str(name) for name in names] if isinstance(names, list) else []


def file_name(name: str) -> str:
    """Keep the last part of a name that a browser sent, whatever system it came from."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    return last if last not in ("", ".", "..") else "unnamed"
