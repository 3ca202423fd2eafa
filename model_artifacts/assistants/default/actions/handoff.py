"""What happens when somebody wants a person instead of a program."""

from functions.actions.fulfilment import Call, Result, TrackerEvent, button, text


def action_human_handoff(call: Call) -> Result:
    """Hand the conversation over where operators are told of it; else name the contact, or say that there is none."""
    told = any(call.settings.get(name) for name in ("HANDOFF_URL", "HANDOFF_TO"))
    # Whoever calls REST is answered in their own call only, so that no person can answer them later.
    if told and not call.conversation.startswith("rest:"):
        words = "I am asking a person to take over. Until they give you back to me I say nothing, and they read along."
        return Result.of(text(words), TrackerEvent({"event": "pause"}))
    contact = call.settings.get("HANDOFF_CONTACT", "").strip()
    if contact:
        return Result.of(text(f"I understand that you want a person. You reach one here: {contact}."))
    words = (
        "I understand that you want a person, but nobody is connected to this assistant, so I cannot pass you on. "
        "I can go on helping you myself."
    )
    return Result.of(text(words, [button("What can you do?", "/help")]))
