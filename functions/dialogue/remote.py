"""How a turn calls the assistant's own actions, which run elsewhere: it stops, and later goes on where it stopped.

A piece of a turn that may need remote actions (a form's run, slot extraction) is a pure function of the tracker and of
the answers so far. Where an answer is missing it raises `Suspended`; the answers go into the conversation's state, and
when the next one arrives the piece runs again from its start with one answer more. So what is stored while waiting is
plain data: which piece, and its answers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from functions.dialogue.events import Unreadable, read_events
from functions.dialogue.responses import Speaker
from functions.dialogue.tracker import Event, Tracker
from shared.events.wire import JSON


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a remote action."""

    outcome: Literal["done", "rejected", "failed"]
    events: tuple[JSON, ...] = ()
    responses: tuple[JSON, ...] = ()
    error: str | None = None


class Suspended(Exception):
    """The turn needs the answer of `action`, which is to see the conversation as `tracker` has it; of the server of
    responses, where `response` has the id and the arguments of one."""

    def __init__(self, action: str, tracker: Tracker, response: Mapping[str, JSON] | None = None) -> None:
        super().__init__(action)
        self.action = action
        self.tracker = tracker
        self.response = response


class ActionRejected(Exception):
    """The action refused to run."""


class ActionFailed(Exception):
    """The action broke; its events are lost."""


class Remote:
    """The assistant's own actions, as seen from within one piece of a turn."""

    def __init__(self, answers: Sequence[Answer], speaker: Speaker, *, generated: bool = False) -> None:
        self._answers = list(answers)
        self.speaker = speaker.asking(self) if generated else speaker
        """Who says responses within this piece: with `generated`, by the words of a server."""

    def run(self, action: str, tracker: Tracker) -> list[Event]:
        """The events of `action`: what it says first, then what it changes.

        Raises Suspended where it has not answered yet, ActionRejected and ActionFailed where that was its answer.
        """
        if not self._answers:
            raise Suspended(action, tracker)
        answer = self._answers.pop(0)
        if answer.outcome == "rejected":
            raise ActionRejected(action)
        if answer.outcome == "failed":
            raise ActionFailed(action)
        said = self.speaker.say_all(answer.responses, tracker)
        try:
            return [*said, *read_events(answer.events)]
        except Unreadable as exc:
            raise ActionFailed(f"{action}: {exc}") from exc

    def generate(
        self, name: str, ident: str | None, arguments: Mapping[str, JSON], tracker: Tracker
    ) -> Mapping[str, JSON] | None:
        """What the server of responses says for `name`, empty where that is nothing; None where it did not answer.

        Raises Suspended where it was not asked yet.
        """
        if not self._answers:
            raise Suspended(name, tracker, {"id": ident, "arguments": dict(arguments)})
        answer = self._answers.pop(0)
        if answer.outcome != "done":
            return None
        said: Mapping[str, JSON] = answer.responses[0] if answer.responses else {}
        return said
