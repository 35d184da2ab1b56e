"""The conversation of one tab while several requests of that tab change it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

from ui.conversation import Conversation, Turn

MOST_WAITING = 5
"""Questions of one tab that may wait for an answer; what is asked beyond is refused."""
_TOO_MANY = f"{MOST_WAITING} questions are waiting already. Ask this one again when they are answered."

_DROPPED = "The connection to the page was lost before this was answered. Ask again."


class Talk:
    """One tab's conversation. Questions are answered one after the other, in the order they were asked."""

    def __init__(self) -> None:
        """Begin without a turn."""
        self.conversation = Conversation()
        self._change = threading.Condition()
        self._line: list[int] = []
        """The turns that wait or are being answered, in order."""
        self._taken = 0

    def __deepcopy__(self, memo: dict[int, object]) -> Talk:
        """Give another tab a conversation of its own: gradio copies the first value of a state for each."""
        return Talk()

    def take(self, sent: str) -> list[str]:
        """Find the questions that came from the browser and were not seen before.

        Args:
            sent: A JSON list of pairs, a number that counts up and a question; the browser repeats the last few, so
                that none is lost where two of its requests become one.

        Returns:
            The new questions, oldest first; empty for what is no such list.
        """
        try:
            pairs = [(int(number), str(question)) for number, question in json.loads(sent)]
        except (ValueError, TypeError):
            return []
        with self._change:
            new = [(number, question) for number, question in sorted(pairs) if number > self._taken]
            self._taken = max([self._taken, *(number for number, _ in new)])
        return [question for _, question in new]

    def begin(self, question: str) -> Turn:
        """Add a question without an answer; where too many wait already, with the reason why it gets none."""
        with self._change:
            full = len(self._line) >= MOST_WAITING
            self.conversation = self.conversation.begin(question, fault=_TOO_MANY if full else None)
            turn = self.conversation.turns[-1]
            if turn.waits:
                self._line.append(turn.number)
            return turn

    def wait_for(self, turn: Turn) -> bool:
        """Wait until every question before a turn is done with.

        Returns:
            Whether the turn is to be answered now: not if it was refused, or cleared meanwhile.
        """
        with self._change:
            self._change.wait_for(lambda: turn.number not in self._line or self._line[0] == turn.number)
            return turn in self.conversation.turns and turn.number in self._line

    def settle(self, turn: Turn) -> None:
        """Give a turn its answer or its fault; one that was cleared meanwhile stays away."""
        with self._change:
            self.conversation = self.conversation.settle(turn)

    def leave(self, turn: Turn) -> None:
        """Be done with a turn: its answer was sent, or never will be. The next one may be answered."""
        with self._change:
            if turn.number in self._line:
                self._line.remove(turn.number)
                self._change.notify_all()
                if turn in self.conversation.turns:  # as it was begun: nothing has settled it
                    self.conversation = self.conversation.settle(replace(turn, fault=_DROPPED))

    def clear(self) -> None:
        """Forget every turn."""
        with self._change:
            self.conversation = self.conversation.cleared()
