"""The actions stage runs what the assistant itself brings: its functions, its classes of rasa_sdk, its server."""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from functions.actions.action_server import ActionServer
from functions.actions.fulfilment import Action, Call
from functions.actions.running import Runner, fail
from functions.actions.sdk import Mounted
from shared.errors import Rejected, Unavailable
from shared.events.catalogue import ActionCompleted, ActionRequested
from shared.events.envelope import Envelope
from shared.logs import get_logger
from shared.telemetry import hash_conversation

if TYPE_CHECKING:
    from functions.actions.nlg_server import NlgServer

SOURCE = "/parley/actions"

log = get_logger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


class Actions:
    """ActionRequested in, ActionCompleted out, always within the deadline: the conversation waits for it."""

    CONSUMES = (ActionRequested,)
    PRODUCES = (ActionCompleted,)

    def __init__(
        self,
        functions: Mapping[str, Action],
        action_server: ActionServer | None = None,
        *,
        mounted: Mounted | None = None,
        assets: Path = Path(),
        settings: Mapping[str, str] | None = None,
        runner: Runner | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._functions = functions
        self._action_server = action_server
        self._nlg: NlgServer | None = None
        self._mounted = mounted
        self._assets = assets
        self._settings = settings or {}
        self._runner = runner or Runner()
        self._clock = clock

    def use_generator(self, nlg: "NlgServer") -> "Actions":
        """The same stage, which has a server say responses."""
        stage = copy(self)
        stage._nlg = nlg
        return stage

    def __call__(self, envelope: Envelope) -> Envelope | None:
        requested = envelope.data
        if not isinstance(requested, ActionRequested):
            raise Rejected(f"actions takes {ActionRequested.TYPE}, not {envelope.type}")
        now = self._clock()
        completed = self._answer_completed(envelope, requested, now)
        if completed.outcome == "failed":
            fields = {
                "action": requested.action,
                "cause": completed.error,
                "event": envelope.id,
                "conversation": hash_conversation(envelope.subject),
            }
            log.error("the conversation goes on without the action", extra={"fields": fields})
        return envelope.answer(completed, SOURCE, "completed")

    def _answer_completed(self, envelope: Envelope, requested: ActionRequested, now: datetime) -> ActionCompleted:
        left = _seconds_left(requested.deadline, now)
        if left is not None and left <= 0:
            # Running it now could do something that the person was already told did not happen.
            return fail(requested.action, f"the deadline of {requested.action} had passed when the event came")
        if requested.response is not None:
            return self._ask_nlg(envelope, requested, left)
        seconds = self._runner.seconds if left is None else min(self._runner.seconds, left)
        call = self._call(envelope, requested, now)
        function = self._functions.get(requested.action)
        try:
            if function is not None:
                return self._runner.run(function, call, seconds)
            if self._mounted is not None and self._mounted.has(requested.action):
                return self._runner.run(self._mounted.find_function(requested), call, seconds)
            if self._action_server is not None:
                return self._action_server.run(call, requested, seconds, envelope.traceparent)
        except Unavailable as exc:
            if left is None or (left := _seconds_left(requested.deadline, self._clock())) is None or left > 0:
                raise
            return fail(requested.action, f"{exc}; the deadline has passed")
        return fail(requested.action, f"nothing runs {requested.action}: {self._what_to_do()}")

    def _ask_nlg(self, envelope: Envelope, requested: ActionRequested, left: float | None) -> ActionCompleted:
        """What the server of responses says. It is asked once: the domain has a response where it fails."""
        if self._nlg is None:
            return fail(
                requested.action, f"nothing says {requested.action}: set NLG_ENDPOINT in actions as in dialogue"
            )
        return self._nlg.say(requested, envelope.channel or envelope.subject.partition(":")[0], left)

    def _what_to_do(self) -> str:
        if self._mounted is not None and self._mounted.broken:
            # Which module would have had it, nobody can know.
            first, *more = (f"{name} cannot be loaded ({cause})" for name, cause in self._mounted.broken.items())
            return first + (f", nor can {len(more)} more; the log of actions names them" if more else "")
        return (
            "list it in ACTIONS of the assistant's functions, write it as a class of rasa_sdk beside them, "
            "or set ACTION_ENDPOINT to the action server that has it"
        )

    def _call(self, envelope: Envelope, requested: ActionRequested, now: datetime) -> Call:
        loop = requested.active_loop.get("name")
        return Call(
            action=requested.action,
            sender=requested.sender,
            conversation=envelope.subject,
            message=envelope.message,
            now=now,
            slots=requested.slots,
            latest_message=requested.latest_message,
            events=requested.events,
            active_loop=loop if isinstance(loop, str) else None,
            locale=requested.locale,
            language=requested.language or "en",
            assets=self._assets,
            settings=self._settings,
        )


def _seconds_left(deadline: str | None, now: datetime) -> float | None:
    if deadline is None:
        return None
    try:
        end = datetime.fromisoformat(deadline)
    except ValueError as exc:
        raise Rejected("deadline is no ISO 8601 time") from exc
    if end.tzinfo is None:
        raise Rejected("deadline has no time zone; write it as 2026-01-31T12:00:00Z")
    return (end - now).total_seconds()
