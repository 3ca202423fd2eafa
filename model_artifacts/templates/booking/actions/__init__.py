"""What @title@ does besides talking: plain functions, by the names that the domain gives them."""

from collections.abc import Mapping

from functions.actions.fulfilment import Action, Call, Result, say, slot

FILLED = ("appointment_date", "appointment_time", "visitor_name", "visitor_phone")


def validate_booking_form(call: Call) -> Result:
    """A telephone number has at least five digits; anything else is asked for again."""
    phone = call.words("visitor_phone")
    if phone and sum(letter.isdecimal() for letter in phone) < 5:
        return Result.of(say("utter_no_phone"), slot("visitor_phone", None))
    return Result.of()


def action_book(call: Call) -> Result:
    """Say what was booked. Write it down here; `call.message` is the same where an event is repeated."""
    day, hour = call.words("appointment_date"), call.words("appointment_time")
    return Result.of(say("utter_booked", day=day, hour=hour), *(slot(name, None) for name in FILLED))


ACTIONS: Mapping[str, Action] = {
    "validate_booking_form": validate_booking_form,
    "action_book": action_book,
}
