"""The labels of what observer counts, each with what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says, and how many values it may have before the rest counts as `other`."""

    doc: str
    limit: int


LABELS: Final[Mapping[str, Label]] = {
    "action": Label("An action of the domain, or one of Rasa's own.", 200),
    "answer": Label(
        "What a platform answered: a status, with `_refused`, `_unreachable`, `_later`, `_moved` or `_denied` and the "
        "platform's own code; or `unreachable`.",
        120,
    ),
    "bundle": Label("The id of the bundle that decided the turn, or whose model understood it.", 20),
    "candidate": Label("The id of a bundle that reads along and answers nobody.", 10),
    "channel": Label("The channel that the message came from: rest, webchat, slack ...", 30),
    "code": Label("The last HTTP status, or why there was none.", 30),
    "cold": Label("`true` where a process had just started: the stage, or for a turn any stage on its way.", 2),
    "delivery": Label(
        "`delivered` to a platform, `answered` in the REST answer, `refused` for good, or to who is `unreachable`.", 4
    ),
    "destination": Label("The stage, or the address, that did not take the event.", 30),
    "fallback": Label("`true` where the intent was not sure enough or no rule or story knew what to do.", 2),
    "form": Label("A form of the domain.", 50),
    "intent": Label("An intent of the domain; `nlu_fallback` and `out_of_scope` are among them.", 200),
    "answers": Label("Whether the documents of live bundle and candidate say the `same`, or something `other`.", 2),
    "entities": Label("Whether live bundle and candidate found the `same` entities, or `other` ones.", 2),
    "intents": Label("Whether live bundle and candidate chose the `same` intent, or another: `other`.", 2),
    "meant": Label("The intent that the candidate chose instead.", 200),
    "model": Label("`live` or `candidate`.", 2),
    "revision": Label("The revision of the stage's Knative Service, without the service's name; `none` elsewhere.", 20),
    "sign": Label("`positive` or `negative`.", 2),
    "low_confidence": Label(
        "Who of live bundle and candidate did not understand: `both`, `live`, `candidate`, `neither`.", 4
    ),
    "kind": Label(
        "`low_confidence`: no intent was sure enough; `out_of_scope`: none of ours; `unhandled`: no rule or story.", 3
    ),
    "label": Label("A label of this page; `series`, where a metric has too many label sets.", 60),
    "outcome": Label("What became of it; the values are in the metric's own row.", 20),
    "reason": Label(
        "Why: `silence`, `noise`, `noisy`, `unclear`, `too_long`, `too_large`, `unreadable`, `video`, `gone`, `deaf`.",
        12,
    ),
    "slot": Label("A slot of the domain; `unknown` where the observer has started since it was asked for.", 100),
    "stage": Label("A stage of the pipeline.", 20),
    "trouble": Label("What a person met; the values are in the metric's own row.", 5),
    "type": Label("The type of the event.", 30),
}
