"""What happens when somebody wants a person instead of a program."""

from functions.actions.fulfilment import Call, Result, button, text


def action_human_handoff(call: Call) -> Result:
    """Say how to reach a person: the contact from the settings, or honestly that there is none."""
    contact = call.settings.get("HANDOFF_CONTACT", "").strip()
    if contact:
        return Result.of(text(f"I understand that you want a person. You reach one here: {contact}."))
    words = (
        "I understand that you want a person, but nobody is connected to this assistant, so I cannot pass you on. "
        "I can go on helping you myself."
    )
    return Result.of(text(words, [button("What can you do?", "/help")]))
