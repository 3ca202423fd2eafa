"""On the telephone: what is said and listened for, what keys and silence mean, and how a call ends."""

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knative.platforms import catalogue as platforms
from knative.platforms.port import FORM, Unsigned
from knative.platforms.twilio_voice import STAND_IN, listen
from shared.channels.port import Inbound, InboundMessage, Recipient, WebhookResponse
from shared.channels.speaking import clean_markup, shorten, strip_markup, strip_unspoken
from shared.channels.twilio_voice import CHANNEL, answer_synchronously, apologise, parse, render
from shared.events.catalogue import Button, Reply

URL = "https://parley.example/webhooks/twilio_voice/webhook"
SETTINGS = platforms.list_settings("twilio_voice")
CALLER = {"CallSid": "CA1", "From": "+14155550100", "To": "+15550001", "CallStatus": "in-progress"}


def ask(url: str = URL, **fields: str) -> tuple[InboundMessage, ...] | WebhookResponse:
    body = urlencode({**CALLER, **fields}).encode()
    headers = STAND_IN.sign(Unsigned(body, url, 0.0))
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    return parse(Inbound(body, {**headers, "content-type": FORM}, query, url=url), SETTINGS)


def message(url: str = URL, **fields: str) -> InboundMessage:
    parsed = ask(url, **fields)
    assert not isinstance(parsed, WebhookResponse)
    return parsed[0]


def answer(replies: Sequence[Reply], *, with_operator: bool = False, **given: str) -> ElementTree.Element:
    to = Recipient("s", message().address, "m", last=True, with_operator=with_operator)
    written = answer_synchronously(replies, to, {**SETTINGS, **given})
    assert written.content_type == "text/xml"
    assert not [words for kind, words in listen(written.body) if kind == "mistake"]
    return ElementTree.fromstring(written.body)  # noqa: S314 - our own


def spoken(root: ElementTree.Element) -> str:
    return " ".join("".join(said.itertext()) for said in root.iter("Say"))


def action(root: ElementTree.Element) -> str:
    gather = root.find(".//Gather")
    assert gather is not None
    return gather.get("action", "")


CHOICE = Reply("Which size?", (Button("Small", '/inform{"size": "s"}'), Button("Large", '/inform{"size": "l"}')))


def test_what_is_said_may_be_interrupted_and_is_listened_to() -> None:
    root = answer([Reply("Hello & welcome")])
    gather = root.find("Gather")
    assert gather is not None
    assert gather.get("input") == "speech dtmf"
    assert gather.get("actionOnEmptyResult") == "true"
    assert spoken(gather) == "Hello & welcome"


def test_choices_are_said_with_their_keys_and_a_key_is_the_choice() -> None:
    root = answer([CHOICE])
    assert spoken(root) == "Which size? Say Small, or press 1. Say Large, or press 2."
    assert message(action(root), Digits="2").text == '/inform{"size": "l"}'
    assert message(action(root), SpeechResult="Large.", Confidence="0.9").text == '/inform{"size": "l"}'
    assert message(action(root), SpeechResult="the large one", Confidence="0.9").text == "the large one"
    assert message(action(root), Digits="7").text == "7"


def test_more_choices_than_keys_are_not_offered() -> None:
    root = answer([Reply("Which?", tuple(Button(f"Number {count}", f"/n{count}") for count in range(20)))])
    assert "press 9" in spoken(root)
    assert "press 10" not in spoken(root)


def test_payloads_that_fit_no_address_are_said_as_their_titles() -> None:
    root = answer([Reply("Which?", tuple(Button(f"Dish {count}", "/x" * 600) for count in range(9)))])
    assert message(action(root), Digits="3").text == "Dish 2"


def test_silence_is_asked_again_with_the_choices_and_ends_the_call_the_third_time() -> None:
    url, heard = action(answer([CHOICE])), []
    for _ in range(3):
        silent = ask(url, SpeechResult="")
        assert isinstance(silent, WebhookResponse)
        root = ElementTree.fromstring(silent.body)  # noqa: S314 - our own
        heard.append(spoken(root))
        if root.find("Hangup") is None:
            url = action(root)
            assert message(url, Digits="1").text == '/inform{"size": "s"}'
    assert (
        heard[0]
        == heard[1]
        == "Sorry, I did not get that. Could you say it again? " + ("Say Small, or press 1. Say Large, or press 2.")
    )
    assert "Goodbye" in heard[2]
    assert root.find("Hangup") is not None


def test_words_that_were_not_understood_never_end_a_call() -> None:
    url = action(answer([CHOICE]))
    for _ in range(6):
        unclear = ask(url, SpeechResult="mumble", Confidence="0.05")
        assert isinstance(unclear, WebhookResponse)
        url = action(ElementTree.fromstring(unclear.body))  # noqa: S314 - our own


def test_the_same_answer_again_is_the_same_message_and_the_next_one_another() -> None:
    url = action(answer([CHOICE]))
    first = message(url, Digits="1")
    assert message(url, Digits="1").id == first.id
    to = Recipient("s", first.address, "m", last=True)
    again = ElementTree.fromstring(answer_synchronously([CHOICE], to, SETTINGS).body)  # noqa: S314 - our own
    assert message(action(again), Digits="1").id != first.id


def test_where_a_person_takes_over_the_call_is_put_through() -> None:
    root = answer([Reply("One moment.")], with_operator=True, transfer_to="+15550009")
    assert [verb.tag for verb in root] == ["Say", "Dial", "Hangup"]
    assert root.findtext("Dial/Number") == "+15550009"
    root = answer([Reply("One moment.")], with_operator=True, transfer_to="sip:desk@example.com")
    assert root.findtext("Dial/Sip") == "sip:desk@example.com"
    assert answer([Reply("One moment.")], with_operator=True).find("Gather") is not None


@pytest.mark.parametrize(
    ("custom", "verbs"),
    [
        ({"hangup": True}, ["Say", "Hangup"]),
        ({"dial": "+1555<2>"}, ["Say", "Dial", "Hangup"]),
        ({"play": "https://example.com/a.mp3?a=1&b=2"}, ["Play", "Gather"]),
        ({"play": "http://example.com/a.mp3"}, ["Gather"]),
        ({"hangup": "yes", "dial": 5}, ["Gather"]),
    ],
)
def test_a_response_can_hang_up_put_through_and_play(custom: Mapping[str, Any], verbs: list[str]) -> None:
    assert [verb.tag for verb in answer([Reply("Bye", custom={"twilio_voice": dict(custom)})])] == verbs


def test_a_voice_variant_is_said_instead_of_the_text_with_its_markup() -> None:
    root = answer([Reply("A very long text", voice='<speak>It is <say-as interpret-as="digits">42</say-as></speak>')])
    assert spoken(root) == "It is 42"
    markup = root.find(".//say-as")
    assert markup is not None
    assert markup.get("interpret-as") == "digits"


def test_a_long_answer_without_one_is_shortened_and_says_so() -> None:
    sentences = " ".join(f"This is sentence number {count}." for count in range(60))
    words = spoken(answer([Reply(sentences)]))
    assert len(words) < 600
    assert words.startswith("This is sentence number 0.")
    assert words.endswith("There is more to it, which I can send in writing.")


def test_a_voice_variant_that_is_too_long_is_shortened_too() -> None:
    variant = "<p>" + "This is a long sentence about nothing. " * 40 + "</p>"
    words = spoken(answer([Reply("text", voice=variant)]))
    assert words.startswith("This is a long sentence about nothing. This is")
    assert len(words) < 600


def test_characters_that_no_document_may_have_are_left_out() -> None:
    assert spoken(answer([Reply("a\x00bc"), Reply("x", voice="d\x1fe")])) == "abc de"


def test_a_picture_alone_changes_no_call() -> None:
    to = Recipient("s", message().address, "m", last=True)
    assert render([Reply(image="https://example.com/a.png")], to, SETTINGS) == []


def test_many_replies_fit_a_change_of_the_call() -> None:
    to = Recipient("s", message().address, "m", last=False)
    (call,) = render([Reply("&" * 400, (Button("<" * 300, "/y" * 900),)) for _ in range(30)], to, SETTINGS)
    assert not isinstance(call, Mapping)
    written = parse_qs(call.body.decode())["Twiml"][0]  # type: ignore[union-attr]
    assert len(written) <= 4000
    assert not [words for kind, words in listen(written.encode()) if kind == "mistake"]


def test_a_turn_that_fails_is_an_apology_and_the_call_goes_on() -> None:
    written = apologise(Recipient("s", message().address, "m", last=True), SETTINGS)
    assert written.status == 200
    root = ElementTree.fromstring(written.body)  # noqa: S314 - our own
    assert "went wrong" in spoken(root)
    assert message(action(root), SpeechResult="hi").text == "hi"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_an_address_that_is_none_of_ours_asks_as_if_nothing_was_offered(state: str) -> None:
    url = f"{URL}?{urlencode({'question': state})}"
    assert message(url, Digits="1").text == "1"


@pytest.mark.parametrize("state", [[], {"choices": [[1, 2], ["a"], 5], "turn": -1, "silent": 1e999}, "[" * 5000, 5])
def test_a_state_of_another_shape_is_none(state: Any) -> None:
    packed = base64.urlsafe_b64encode(json.dumps(state).encode()).decode()
    assert message(f"{URL}?{urlencode({'question': packed})}", SpeechResult="hi").text == "hi"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("See https://example.com/a?b=1 for more", "See for more"),
        ("Films:\n- Alien\n- Heat", "Films: Alien. Heat"),
        ("1. Open it\n2. Close it", "Open it. Close it"),
        ("Great 🎉", "Great"),
        ("It is 5.5 km.", "It is 5.5 km."),
        ("", ""),
    ],
)
def test_what_nobody_says_is_left_out_of_speech(text: str, heard: str) -> None:
    assert strip_unspoken(text) == heard


@pytest.mark.parametrize(
    ("text", "markup", "words"),
    [
        ("a <break time='1s'/> b", 'a <break time="1s"/> b', "a b"),
        ("Tom & Jerry", "Tom &amp; Jerry", "Tom & Jerry"),
        ("<emphasis>very</emphasis> <b>good</b>", "<emphasis>very</emphasis> good", "very good"),
        ("<p>torn <s>apart</p></s>", "torn apart", "torn apart"),
        ("<p>open", "open", "open"),
        ("1 < 2 and <audio src='http://x'/>", "1 &lt; 2 and", "1 < 2 and"),
        ('</Say><Hangup/><Say x="', "&lt;Say x=&quot;", '<Say x="'),
    ],
)
def test_markup_is_well_formed_and_known_or_left_out(text: str, markup: str, words: str) -> None:
    assert clean_markup(text).replace('"', '"').replace("&quot;", '"') == markup.replace("&quot;", '"')
    assert strip_markup(text) == words


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.text(alphabet='<>/"= abreksp&;', max_size=80))
def test_any_markup_stays_within_what_is_said(text: str) -> None:
    ElementTree.fromstring(f"<Say>{clean_markup(text)}</Say>")  # noqa: S314 - what is tested


@pytest.mark.parametrize("longest", [1, 20, 60])
def test_a_text_is_shortened_at_the_end_of_a_sentence_or_a_word(longest: int) -> None:
    text = "One two three. Four five six seven eight nine ten eleven twelve thirteen. Fourteen."
    short = shorten(text, longest)
    assert len(short) <= max(longest, 1)
    assert text.startswith(short.rstrip("."))


def test_a_turn_ends_before_twilio_gives_it_up() -> None:
    assert CHANNEL.ack_seconds is not None
    assert CHANNEL.answer_seconds < CHANNEL.ack_seconds
