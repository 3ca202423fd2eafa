"""Small projects written in the test, compiled as they would be, and conversations with them."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from functions.dialogue.decide import begin, resume
from functions.dialogue.decision import Decision, Request
from functions.dialogue.incoming import make_incoming
from functions.dialogue.remote import Answer
from functions.dialogue.state import State, document_of, state_of
from functions.dialogue.table import Table, read_table
from model_artifacts.training.dialogue.compilation import Compiled, compile_project, dump_dialogue
from shared.direct import read_direct
from shared.events.catalogue import Entity, Evidence, Intent, MessageReceived, MessageUnderstood, Reply
from shared.events.meaning import Language, Otherwise, Passage
from shared.events.wire import JSON

CONFIG = """
recipe: default.v1
policies:
- name: MemoizationPolicy
  max_history: 5
- name: RulePolicy
"""

Action = Callable[[Request], Answer]


def write_project(folder: Path, **files: str) -> Path:
    """Write `domain="..."`, `rules="..."` and so on into a project; `nlu_faq` becomes data/nlu_faq.yml."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    for name, text in {"config": CONFIG, **files}.items():
        place = folder if name in ("domain", "config", "training") else folder / "data"
        (place / f"{name}.yml").write_text(dedent(text), encoding="utf-8")
    return folder


def compiled(**files: str) -> Compiled:
    with tempfile.TemporaryDirectory() as folder:
        return compile_project(write_project(Path(folder) / "bot", **files))


def table(**files: str) -> Table:
    return read_table(dump_dialogue(compiled(**files).data), "bundle-1")


@dataclass
class Talk:
    """One conversation; the state goes through JSON between any two events, as it does in a store."""

    table: Table
    actions: Mapping[str, Action | Answer] = field(default_factory=dict)
    state: State = field(default_factory=State)
    now: float = 1_700_000_000.0
    channel: str = "rest"
    called: list[Request] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    count: int = 0

    def say(self, text: str, **more: Any) -> list[str]:
        """Say it, let all actions run, and give back what the assistant says, as texts; `more` is as for `replies`."""
        return [reply.text or "" for reply in self.replies(text, **more)]

    def replies(
        self,
        text: str,
        intent: str | None = None,
        confidence: float = 1.0,
        entities: Sequence[Entity] = (),
        ranking: Sequence[tuple[str, float]] = (),
        metadata: Mapping[str, JSON] | None = None,
        after: float = 1.0,
        alternatives: Sequence[Entity] = (),
        evidence: Evidence | None = None,
        passages: Sequence[Passage] = (),
        language: Language | None = None,
        otherwise: Sequence[Otherwise] = (),
    ) -> list[Reply]:
        self.now += after
        self.count += 1
        direct = read_direct(text, set(self.table.domain.used_entities), self.table.domain.entities)
        message = MessageUnderstood(
            MessageReceived(text=text, sender="ann", metadata=metadata or {}),
            intent=Intent(intent, confidence) if intent else direct.intent if direct else None,
            ranking=tuple(Intent(*item) for item in ranking),
            entities=tuple(entities) or (direct.entities if direct else ()),
            alternatives=tuple(alternatives) or None,
            evidence=evidence,
            passages=tuple(passages) or None,
            language=language,
            otherwise=tuple(otherwise) or None,
        )
        decision = begin(
            self.table, self._stored(), make_incoming(message, f"m{self.count}", self.channel), self.now, 30.0
        )
        replies = self._took(decision)
        while decision.request is not None:
            self.called.append(decision.request)
            action = self.actions.get(decision.request.action, Answer("done"))
            answer = action if isinstance(action, Answer) else action(decision.request)
            decision = resume(self.table, self._stored(), answer, self.now, 30.0)
            replies += self._took(decision)
        return replies

    @property
    def slots(self) -> Mapping[str, JSON]:
        return self.state.slots

    @property
    def events(self) -> list[str]:
        """The kinds of the latest turn's tracker events, actions and slots by name."""
        found = []
        for event in self.decisions[-1].events:
            name = event.get("name")
            found.append(f"{event['event']} {name}" if name else event["event"])
        return found

    @property
    def calls(self) -> list[str]:
        return [request.action for request in self.called]

    def _took(self, decision: Decision) -> list[Reply]:
        self.decisions.append(decision)
        self.state = decision.state
        return list(decision.replies)

    def _stored(self) -> State:
        return state_of(json.loads(json.dumps(document_of(self.state))))


def done(*events: JSON, responses: Sequence[JSON] = ()) -> Answer:
    return Answer("done", tuple(events), tuple(responses))


def slot(name: str, value: JSON) -> JSON:
    return {"event": "slot", "timestamp": None, "name": name, "value": value}
