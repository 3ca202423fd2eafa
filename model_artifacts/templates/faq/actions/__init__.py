"""What @title@ does besides talking: plain functions, by the names that the domain gives them."""

from collections.abc import Mapping

from functions.actions.fulfilment import Action, Call, Result, say, slot


def validate_message_form(call: Call) -> Result:
    """A telephone number has at least five digits; anything else is asked for again."""
    phone = call.words("caller_phone")
    if phone and sum(letter.isdecimal() for letter in phone) < 5:
        return Result.of(say("utter_no_phone"), slot("caller_phone", None))
    return Result.of()


def action_leave_message(call: Call) -> Result:
    """Say that it was noted. Tell somebody here; `call.message` is the same where an event is repeated."""
    said = say("utter_message_left", note=call.message[-6:])
    return Result.of(said, slot("caller_name", None), slot("caller_phone", None))


ACTIONS: Mapping[str, Action] = {
    "validate_message_form": validate_message_form,
    "action_leave_message": action_leave_message,
}
