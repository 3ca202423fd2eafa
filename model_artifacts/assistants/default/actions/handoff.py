"""What happens when somebody wants a person instead of a program."""

from functions.actions.fulfilment import Call, Result, TrackerEvent, button, part, say


def action_human_handoff(call: Call) -> Result:
    """Hand the conversation over where operators are told of it; else name the contact, or say that there is none."""
    told = any(call.settings.get(name) for name in ("HANDOFF_URL", "HANDOFF_TO"))
    # Whoever calls REST is answered in their own call only, so that no person can answer them later.
    if told and not call.conversation.startswith("rest:"):
        return Result.of(say("utter_handoff"), TrackerEvent({"event": "pause"}))
    contact = call.settings.get("HANDOFF_CONTACT", "").strip()
    if contact:
        return Result.of(say("utter_handoff_contact", contact=contact))
    return Result.of(say("utter_handoff_nobody", [button(part("utter_button_help"), "/help")]))
