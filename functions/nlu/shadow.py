"""A candidate bundle that reads along: it understands each message again, beside the live bundle, and answers nobody.

It takes what the live stage understood, which holds the text and the live answer, so a message is compared with itself
and nothing has to be kept. Whatever goes wrong with the candidate is counted, and never comes back to the pipeline.
"""

import time
from collections.abc import Callable, Sequence

from functions.nlu.interpretation import Understanding
from functions.nlu.reading import Reader
from shared.errors import Failure, Rejected
from shared.events.catalogue import Entity, MessageCompared, MessageUnderstood
from shared.events.envelope import Envelope
from shared.events.meaning import ANSWERED, Passage
from shared.logs import get_logger
from shared.telemetry import hash_conversation, read_timings

log = get_logger(__name__)


class Shadow:
    """Tells `publish` of each message how the candidate understood it; answers nothing."""

    CONSUMES = (MessageUnderstood,)
    PRODUCES = (MessageCompared,)

    def __init__(
        self,
        reader: Reader,
        bundle: str,
        publish: Callable[[Envelope], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._reader = reader
        self._bundle = bundle
        self._publish = publish
        self._clock = clock
        self._warm = False

    def __call__(self, envelope: Envelope) -> None:
        live = envelope.data
        if not isinstance(live, MessageUnderstood):
            raise Rejected(f"the shadow model takes {MessageUnderstood.TYPE}, not {envelope.type}")
        if live.message.transcription_failure is not None:
            # There is no text to compare.
            return
        compared = self._compare_live(live, envelope)
        try:
            self._publish(envelope.answer(compared, "/parley/shadow", f"compared.{self._bundle}"))
        except Failure as exc:
            fields = {"event": envelope.id, "cause": str(exc)}
            log.warning("a comparison is lost", extra={"fields": fields})

    def _compare_live(self, live: MessageUnderstood, envelope: Envelope) -> MessageCompared:
        started = self._clock()
        try:
            understood = self._reader.read(live.message)
        except Exception as exc:
            fields = {
                "event": envelope.id,
                "conversation": hash_conversation(envelope.subject),
                "raised": type(exc).__name__,
            }
            log.exception("the candidate cannot read a message", extra={"fields": fields})
            return MessageCompared(live.bundle, self._bundle, failed=True)
        took = (self._clock() - started) * 1000
        warm, self._warm = self._warm, True
        return compare_understanding(live, self._bundle, understood, took if warm else None, _live_took(envelope))


def compare_understanding(
    live: MessageUnderstood, candidate: str, understood: Understanding, took: float | None, live_took: float | None
) -> MessageCompared:
    """Both answers side by side. Times count in pairs: where one was just starting, neither does."""
    both = took is not None and live_took is not None
    return MessageCompared(
        live=live.bundle,
        candidate=candidate,
        live_intent=live.intent.name if live.intent is not None else None,
        candidate_intent=understood.intent.name if understood.intent is not None else None,
        live_confidence=live.intent.confidence if live.intent is not None else None,
        candidate_confidence=understood.intent.confidence if understood.intent is not None else None,
        same_entities=_make_plain(live.entities) == _make_plain(understood.entities),
        same_answer=_same_answer(live.passages, understood.passages),
        live_milliseconds=live_took if both else None,
        candidate_milliseconds=round(took, 3) if both and took is not None else None,
    )


def _live_took(envelope: Envelope) -> float | None:
    timings = [timing for timing in read_timings(envelope.timings) if timing.stage == "nlu"]
    return None if not timings or timings[-1].cold else timings[-1].milliseconds


def _make_plain(entities: Sequence[Entity]) -> set[tuple[object, ...]]:
    """What of entities is compared: not how sure the model was, and not which of its parts found them."""
    return {(item.entity, str(item.value), item.start, item.end, item.role, item.group) for item in entities}


def _same_answer(live: Sequence[Passage] | None, candidate: Sequence[Passage] | None) -> bool | None:
    """Whether both bundles' documents say the same; None where neither was asked.

    Places of passages and how sure a gate is differ between bundles, so what a person would read is compared.
    """
    if live is None and candidate is None:
        return None
    return _answer(live) == _answer(candidate)


def _answer(passages: Sequence[Passage] | None) -> str | None:
    best = passages[0] if passages else None
    return best.answer if best is not None and best.confidence >= ANSWERED else None
