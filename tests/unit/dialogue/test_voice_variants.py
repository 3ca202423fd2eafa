"""A response's `voice:` goes with the reply, with its slots filled in, and is no part of what is written."""

from functions.dialogue.responses import bot_event, interpolate, reply_of
from shared.channels.rest import render_reply


def test_the_words_for_the_ear_go_with_the_reply() -> None:
    reply = reply_of(
        bot_event({"text": "You pay € 12.50 (VAT included).", "voice": "You pay twelve fifty."}, "utter_pay")
    )
    assert reply is not None
    assert reply.voice == "You pay twelve fifty."
    assert render_reply(reply) == [{"text": "You pay € 12.50 (VAT included)."}]


def test_slots_are_filled_into_the_words_for_the_ear() -> None:
    assert interpolate("It is <s>{degrees}</s>", {"degrees": 20}) == "It is <s>20</s>"


def test_words_for_the_ear_that_are_no_text_are_left_out() -> None:
    reply = reply_of(bot_event({"text": "Hi", "voice": ["hi"]}, None))
    assert reply is not None
    assert reply.voice is None
