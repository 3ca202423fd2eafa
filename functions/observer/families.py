"""What the observer measures: every metric with labels, buckets and meaning; monitoring/metrics.md is made of this."""

from dataclasses import dataclass
from typing import Final, Literal

TURN_SECONDS: Final = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 120.0)
STAGE_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
START_SECONDS: Final = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
ACK_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0)
LEFT: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0)
DIFFERENCE: Final = (-0.9, -0.7, -0.5, -0.3, -0.2, -0.1, -0.05, -0.01, 0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
SERIES: Final = 2000
"""Label sets of one counter, and"""
HISTOGRAM_SERIES: Final = 300
"""those of one histogram, each of which is a series for each bucket; beyond them all labels count as `other`."""
CONFIDENCE: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Family:
    """A metric, as it is named in Prometheus."""

    kind: Literal["counter", "histogram", "gauge"]
    name: str
    doc: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...] = ()


TURNS: Final = Family(
    "counter", "parley_turns_total", "Turns by what became of them.", ("channel", "delivery", "bundle", "revision")
)
OUTCOMES: Final = Family(
    "counter",
    "parley_turn_outcomes_total",
    "Turns that were `answered`, and events given up for which somebody got no (whole) answer: `failed`; what a replay "
    "brought after all is `recovered`. All begin at 0, so that the first failure counts.",
    ("channel", "outcome"),
)
TURN_TIME: Final = Family(
    "histogram",
    "parley_turn_seconds",
    "From the message to the end of delivery. Exemplar: trace_id.",
    ("channel", "cold", "bundle", "revision"),
    TURN_SECONDS,
)
STAGE_TIME: Final = Family(
    "histogram",
    "parley_stage_seconds",
    "What each stage took of a turn; the gateway's share of a REST turn includes waiting for the other stages to "
    "start. Exemplar: trace_id.",
    ("stage", "cold", "revision"),
    STAGE_SECONDS,
)
START_TIME: Final = Family(
    "histogram",
    "parley_start_seconds",
    "What a cold start costs: from the start of the process until it could answer. The platform's own part before it "
    "(scheduling, pulling the image) is not in it.",
    ("stage", "revision"),
    START_SECONDS,
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
INTENTS: Final = Family(
    "counter", "parley_intents_total", "Turns by intent.", ("intent", "fallback", "bundle", "revision")
)
CONFIDENCES: Final = Family(
    "histogram", "parley_intent_confidence", "Confidence of the intent of a turn.", ("bundle", "revision"), CONFIDENCE
)
UNRECOGNISED: Final = Family(
    "counter",
    "parley_unrecognised_total",
    "Turns in which the assistant did not know what to do.",
    ("kind", "bundle", "revision"),
)
DISAMBIGUATIONS: Final = Family(
    "counter",
    "parley_disambiguations_total",
    "Turns that asked the person which of the intents was meant.",
    ("bundle", "revision"),
)
FORMS: Final = Family(
    "counter",
    "parley_forms_total",
    "Forms that were `started`, `completed` and `abandoned`.",
    ("form", "outcome", "bundle", "revision"),
)
FORM_SLOTS: Final = Family(
    "counter",
    "parley_form_slots_total",
    "Slots that a form asked for (`asked`, once more for each time) and at which it was given up (`abandoned`). "
    "A person who just leaves abandons nothing: that is `started` less `completed` less `abandoned`.",
    ("form", "slot", "outcome", "bundle", "revision"),
)
HANDOFFS: Final = Family(
    "counter",
    "parley_handoffs_total",
    "`begun`: conversations handed to a person; `message`: messages that came while the assistant was silent.",
    ("channel", "outcome", "bundle", "revision"),
)
ACTIONS: Final = Family(
    "counter",
    "parley_actions_total",
    "Actions run, responses (`utter_...`) among them.",
    ("action", "bundle", "revision"),
)
ACTION_CALLS: Final = Family(
    "counter",
    "parley_action_calls_total",
    "The assistant's own actions: `done`, `rejected` (it declined to run), or `failed`, which includes those that did "
    "not answer in time.",
    ("action", "outcome", "bundle", "revision"),
)
ACTION_TIME: Final = Family(
    "histogram",
    "parley_action_seconds",
    "What an action of the assistant's own took in its stage. Not known where one of the turn never answered.",
    ("action", "revision"),
    STAGE_SECONDS,
)
DELIVERIES: Final = Family(
    "counter",
    "parley_deliveries_total",
    "Calls to messaging platforms, by what they answered; those of attempts that failed are told with the next that "
    "went out. `undelivered` with the platform's cause is what it told afterwards of a message that it had taken.",
    ("channel", "answer"),
)
RETRIES: Final = Family(
    "counter", "parley_delivery_retries_total", "Calls that repeated one that had just failed.", ("channel",)
)
ACKS: Final = Family(
    "counter",
    "parley_acks_total",
    "Webhooks of platforms that were answered `in_time`, `late` (less than a tenth of the platform's patience was "
    "left) or not taken: `failed`.",
    ("channel", "outcome"),
)
ACK_TIME: Final = Family(
    "histogram",
    "parley_ack_seconds",
    "Until a platform's webhook was answered, with the start of the gateway where the webhook waited for that.",
    ("channel", "cold"),
    ACK_SECONDS,
)
ACK_LEFT: Final = Family(
    "histogram",
    "parley_ack_budget_left",
    "The share of a platform's patience that was left when its webhook was answered; 0 is too late.",
    ("channel",),
    LEFT,
)
TROUBLES: Final = Family(
    "counter",
    "parley_troubles_total",
    "Turns in which a person met trouble, by the model that understood them, which is what a canary is judged by: "
    "`handed_over`, `form_abandoned`, `action_failed`, `asked_again` (which of the intents was meant), `displeased`.",
    ("trouble", "bundle", "revision"),
)
SATISFACTION: Final = Family(
    "counter",
    "parley_satisfaction_total",
    "Positive and negative feedback: what people thought of answers (the thumbs of the chat page), and turns whose "
    "intent tells (POSITIVE_INTENTS, NEGATIVE_INTENTS); a form that is given up is negative.",
    ("sign", "bundle", "revision"),
)
COMPARED: Final = Family(
    "counter",
    "parley_shadow_messages_total",
    "Messages that a candidate read beside the live bundle, by agreement.",
    ("bundle", "candidate", "intents", "entities"),
)
COMPARED_ANSWERS: Final = Family(
    "counter",
    "parley_shadow_answers_total",
    "Messages for which the documents of one of both were asked, by whether they say the same.",
    ("bundle", "candidate", "answers"),
)
COMPARED_LOW_CONFIDENCE: Final = Family(
    "counter",
    "parley_shadow_low_confidence_total",
    "The same messages by who did not understand them (nlu_fallback, out_of_scope).",
    ("bundle", "candidate", "low_confidence"),
)
COMPARED_INTENTS: Final = Family(
    "counter",
    "parley_shadow_flips_total",
    "Messages for which the candidate chose another intent, by both.",
    ("candidate", "intent", "meant"),
)
COMPARED_CONFIDENCE: Final = Family(
    "histogram",
    "parley_shadow_confidence_difference",
    "The candidate's confidence less the live one's, where both chose the same intent.",
    ("bundle", "candidate"),
    DIFFERENCE,
)
COMPARED_TIME: Final = Family(
    "histogram",
    "parley_shadow_seconds",
    "What understanding took, both in their stage, neither just started.",
    ("model", "candidate"),
    STAGE_SECONDS,
)
COMPARED_FAILED: Final = Family(
    "counter", "parley_shadow_failures_total", "Messages that a candidate could not read.", ("candidate",)
)
TRANSCRIPTION_FAILURES: Final = Family(
    "counter",
    "parley_transcription_failures_total",
    "Recordings that did not become text; the person was told the reason, or the operators who have the conversation.",
    ("channel", "reason"),
)
KNOWLEDGE: Final = Family(
    "counter",
    "parley_document_questions_total",
    "Questions to the assistant's documents: `answered`, `ambiguous` (headings were offered) or `not_found`.",
    ("outcome", "bundle", "revision"),
)
DEAD_LETTERS: Final = Family(
    "counter",
    "parley_dead_letters_total",
    "Events that were given up, by type and cause.",
    ("channel", "type", "destination", "code"),
)
PROBES: Final = Family(
    "counter",
    "parley_probes_total",
    "Words that the observer said to try each way in (PROBE_URL): `answered` or `failed`. They count nowhere else.",
    ("channel", "outcome"),
)
PROBE_TIME: Final = Family(
    "histogram", "parley_probe_seconds", "From a probe's word to its answer.", ("channel",), TURN_SECONDS
)
PROBE_FAILURES: Final = Family(
    "gauge", "parley_probe_failures_in_row", "Probes without an answer since the last that had one.", ("channel",)
)
STORE_CALLS: Final = Family(
    "counter",
    "parley_store_calls_total",
    "Calls to Firestore that events took, retries among them; those of the last stage of a turn are not told.",
    ("stage",),
)
SPANS_DROPPED: Final = Family(
    "counter",
    "parley_spans_dropped_total",
    "Spans that a stage could not send, as its next event tells.",
    ("stage",),
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
    START_TIME,
    BETWEEN_TIME,
    REPLIES,
    INTENTS,
    CONFIDENCES,
    UNRECOGNISED,
    DISAMBIGUATIONS,
    FORMS,
    FORM_SLOTS,
    HANDOFFS,
    TRANSCRIPTION_FAILURES,
    KNOWLEDGE,
    ACTIONS,
    ACTION_CALLS,
    ACTION_TIME,
    DELIVERIES,
    RETRIES,
    ACKS,
    ACK_TIME,
    ACK_LEFT,
    TROUBLES,
    SATISFACTION,
    COMPARED,
    COMPARED_ANSWERS,
    COMPARED_LOW_CONFIDENCE,
    COMPARED_INTENTS,
    COMPARED_CONFIDENCE,
    COMPARED_TIME,
    COMPARED_FAILED,
    DEAD_LETTERS,
    PROBES,
    PROBE_TIME,
    PROBE_FAILURES,
    STORE_CALLS,
    SPANS_DROPPED,
    DUPLICATES,
    OVERFLOWS,
)
