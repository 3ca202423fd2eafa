"""The names that Rasa gives its own actions, intents and slots; projects refer to them, so they stay."""

from typing import Final

LISTEN: Final = "action_listen"
RESTART: Final = "action_restart"
SESSION_START: Final = "action_session_start"
DEFAULT_FALLBACK: Final = "action_default_fallback"
DEACTIVATE_LOOP: Final = "action_deactivate_loop"
REVERT_FALLBACK: Final = "action_revert_fallback_events"
ASK_AFFIRMATION: Final = "action_default_ask_affirmation"
ASK_REPHRASE: Final = "action_default_ask_rephrase"
TWO_STAGE_FALLBACK: Final = "action_two_stage_fallback"
UNLIKELY_INTENT: Final = "action_unlikely_intent"
BACK: Final = "action_back"
SNIPPET: Final = "..."
"""In a rule: anything may have happened before (or comes after)."""
EXTRACT_SLOTS: Final = "action_extract_slots"
ANSWER_QUESTION: Final = "action_answer_question"
"""Parley's own: answers from the assistant's documents."""
VALIDATE_SLOT_MAPPINGS: Final = "action_validate_slot_mappings"

DEFAULT_ACTIONS: Final = (
    LISTEN,
    RESTART,
    SESSION_START,
    DEFAULT_FALLBACK,
    DEACTIVATE_LOOP,
    REVERT_FALLBACK,
    ASK_AFFIRMATION,
    ASK_REPHRASE,
    TWO_STAGE_FALLBACK,
    UNLIKELY_INTENT,
    BACK,
    SNIPPET,
    EXTRACT_SLOTS,
    ANSWER_QUESTION,
)

NLU_FALLBACK: Final = "nlu_fallback"
OUT_OF_SCOPE: Final = "out_of_scope"
ASK: Final = "ask"
"""The intent of a question to the documents; only an assistant that has some knows it."""
DEFAULT_INTENTS: Final = ("restart", "back", OUT_OF_SCOPE, "session_start", NLU_FALLBACK)
DEFAULT_ACTION_OF_INTENT: Final = {"restart": RESTART, "back": BACK, "session_start": SESSION_START}

UTTER: Final = "utter_"
APOLOGY: Final = "utter_action_failed"
DID_YOU_SAY: Final = "utter_speech_did_you_say"
"""Asked where what was spoken may mean different things; the engine's own text, where the domain has none."""
REQUESTED_SLOT: Final = "requested_slot"
SESSION_METADATA_SLOT: Final = "session_started_metadata"
KNOWLEDGE_BASE_ACTION: Final = "action_query_knowledge_base"
KNOWLEDGE_BASE_SLOTS: Final = (
    "knowledge_base_listed_objects",
    "knowledge_base_last_object",
    "knowledge_base_last_object_type",
)
LATER_SLOT: Final = "later_requests"
"""What a message asked for besides, and is done when the rest of it is."""
LANGUAGE_SLOT: Final = "language"
"""The language of the conversation, in an assistant of several; Rasa Pro's name for it."""
TOLD_LANGUAGE_SLOT: Final = "told_language"
"""The language of which the person was told that nobody here speaks it."""
DEFAULT_SLOTS: Final = frozenset(
    {
        REQUESTED_SLOT,
        SESSION_METADATA_SLOT,
        LATER_SLOT,
        LANGUAGE_SLOT,
        TOLD_LANGUAGE_SLOT,
        *KNOWLEDGE_BASE_SLOTS,
    }
)

UNSET: Final = "should_not_be_set"
"""What a rule says with `null`: this slot, or any loop, must not be set."""
OTHER: Final = "__other__"
"""The category of a categorical slot's value that the domain does not list."""
