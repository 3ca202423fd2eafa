"""What the observer measures: every metric with labels, buckets and meaning; monitoring/metrics.md is made of this."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

TURN_SECONDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0)
STAGE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONFIDENCE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Family:
    """A metric, as it is named in Prometheus."""

    kind: Literal["counter", "histogram"]
    name: str
    doc: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says, and how many values it may have before the rest counts as `other`."""

    doc: str
    limit: int


LABELS: Final[Mapping[str, Label]] = {
    "action": Label("An action of the domain, or one of Rasa's own.", 200),
    "bundle": Label("The id of the bundle that decided the turn.", 20),
    "channel": Label("The channel that the message came from: rest, webchat, slack ...", 30),
    "code": Label("The last HTTP status, or why there was none.", 30),
    "cold": Label("`true` where a process had just started: the stage, or for a turn any stage on its way.", 2),
    "delivery": Label("`delivered` to a platform, `answered` in the REST answer, or `refused` for good.", 3),
    "destination": Label("The stage, or the address, that did not take the event.", 30),
    "fallback": Label("`true` where the intent was not sure enough or no rule or story knew what to do.", 2),
    "form": Label("A form of the domain.", 50),
    "intent": Label("An intent of the domain; `nlu_fallback` and `out_of_scope` are among them.", 200),
    "kind": Label(
        "`unsure`: no intent was sure enough; `out_of_scope`: none of ours; `unhandled`: no rule or story.", 3
    ),
    "label": Label("A label of this page.", 20),
    "outcome": Label("What became of it; the values are in the metric's own row.", 12),
    "slot": Label("A slot of the domain; `unknown` where the observer has started since it was asked for.", 100),
    "stage": Label("A stage of the pipeline.", 20),
    "type": Label("The type of the event.", 20),
}

TURNS: Final = Family(
    "counter", "parley_turns_total", "Turns by what became of them.", ("channel", "delivery", "bundle")
)
OUTCOMES: Final = Family(
    "counter",
    "parley_turn_outcomes_total",
    "Turns that were `answered`, and events given up for which somebody got no (whole) answer: `failed`. Both begin at "
    "0, so that the first failure counts.",
    ("outcome",),
)
TURN_TIME: Final = Family(
    "histogram",
    "parley_turn_seconds",
    "From the message to the end of delivery. Exemplar: trace_id.",
    ("channel", "cold"),
    TURN_SECONDS,
)
STAGE_TIME: Final = Family(
    "histogram",
    "parley_stage_seconds",
    "What each stage took of a turn; the gateway's share of a REST turn includes waiting for the other stages to "
    "start. Exemplar: trace_id.",
    ("stage", "cold"),
    STAGE_SECONDS,
)
BETWEEN_TIME: Final = Family(
    "histogram",
    "parley_between_stages_seconds",
    "What a turn spent in no stage: in the broker, on the network, and waiting for processes to start. "
    "Exemplar: trace_id.",
    ("channel", "cold"),
    TURN_SECONDS,
)
REPLIES: Final = Family("counter", "parley_replies_total", "Replies that turns decided.", ("channel",))
INTENTS: Final = Family("counter", "parley_intents_total", "Turns by intent.", ("intent", "fallback", "bundle"))
CONFIDENCES: Final = Family(
    "histogram", "parley_intent_confidence", "Confidence of the intent of a turn.", ("bundle",), CONFIDENCE
)
UNRECOGNISED: Final = Family(
    "counter", "parley_unrecognised_total", "Turns in which the assistant did not know what to do.", ("kind", "bundle")
)
DISAMBIGUATIONS: Final = Family(
    "counter",
    "parley_disambiguations_total",
    "Turns that asked the person which of the intents was meant.",
    ("bundle",),
)
FORMS: Final = Family(
    "counter",
    "parley_forms_total",
    "Forms that were `started`, `completed` and `abandoned`.",
    ("form", "outcome", "bundle"),
)
FORM_SLOTS: Final = Family(
    "counter",
    "parley_form_slots_total",
    "Slots that a form asked for (`asked`, once more for each time) and at which it was given up (`abandoned`). "
    "A person who just leaves abandons nothing: that is `started` less `completed` less `abandoned`.",
    ("form", "slot", "outcome"),
)
HANDOFFS: Final = Family(
    "counter",
    "parley_handoffs_total",
    "`begun`: conversations handed to a person; `message`: messages that came while the assistant was silent.",
    ("channel", "outcome"),
)
ACTIONS: Final = Family("counter", "parley_actions_total", "Actions run.", ("action", "bundle"))
DEAD_LETTERS: Final = Family(
    "counter",
    "parley_dead_letters_total",
    "Events that were given up, by type and cause.",
    ("channel", "type", "destination", "code"),
)
DUPLICATES: Final = Family(
    "counter", "parley_duplicates_total", "Events that came again and were not counted again.", ("type",)
)
OVERFLOWS: Final = Family(
    "counter", "parley_label_overflows_total", "Values that counted as `other`, because the label was full.", ("label",)
)

FAMILIES: Final = (
    TURNS,
    OUTCOMES,
    TURN_TIME,
    STAGE_TIME,
    BETWEEN_TIME,
    REPLIES,
    INTENTS,
    CONFIDENCES,
    UNRECOGNISED,
    DISAMBIGUATIONS,
    FORMS,
    FORM_SLOTS,
    HANDOFFS,
    ACTIONS,
    DEAD_LETTERS,
    DUPLICATES,
    OVERFLOWS,
)
