"""Replies as calls to every platform: nothing is lost, every limit is kept, the same replies make the same calls."""

import html
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knative.platforms.catalogue import inspect
from knative.platforms.port import Seen, Sent
from shared.channels.catalogue import PLATFORMS, find_channel
from shared.channels.fitting import trim
from shared.channels.port import Call, Recipient
from shared.errors import Rejected
from shared.events.catalogue import Button, Reply
from tests.unit.channels.accounts import ADDRESSES, SETTINGS, path_and_query, to

every_platform = pytest.mark.parametrize("name", PLATFORMS)
READ = [name for name in PLATFORMS if not find_channel(name).spoken]
"""Those where people read, so that nothing that is said may be lost."""
read_platform = pytest.mark.parametrize("name", READ)


def calls(name: str, *replies: Reply, to: Recipient | None = None) -> list[Call]:
    address = to or Recipient("person", ADDRESSES[name], f"{name}:m1", True)
    found = find_channel(name).render(replies, address, SETTINGS[name])
    assert all(isinstance(call, Call) for call in found)
    return [call for call in found if isinstance(call, Call)]


def seen(name: str, call: Call) -> Seen:
    path, query = path_and_query(name, call)
    return inspect(name, Sent(call.method, path, call.headers, call.body, query))


def render_as_text(name: str, *replies: Reply) -> str:
    """Everything that the person sees, checked for mistakes, in one text without blanks."""
    words: list[str] = []
    for call in calls(name, *replies):
        found = seen(name, call)
        assert not found.mistakes, found.mistakes
        words += found.shown
        if call.fallback is not None:
            assert not seen(name, call.fallback).mistakes
    return squeezed(" ".join(words))


def squeezed(text: str) -> str:
    return "".join(html.unescape(text.replace("<br>", " ").replace("\u200b", "")).split())


def begins_a_character(text: str) -> bool:
    """A mark that belongs to the character before it is, at the beginning, one that was torn off."""
    return not text or not unicodedata.category(text[0]).startswith("M")


# What has no width, at an end or alone, is nothing said (below); "&" would make entities, which people see as signs.
words = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs"), exclude_characters="*_~`[\\&"), max_size=60)
    .map(trim)
    .filter(begins_a_character)
)
long = st.builds(lambda word, times: f"{word} " * times, words, st.integers(1, 150))
sayings = (words | long).filter(str.strip)
buttons = st.builds(Button, title=words.filter(bool), payload=words | st.just("/greet"))
choices = st.lists(buttons, max_size=14).map(tuple)
elements = st.fixed_dictionaries(
    {"title": sayings, "subtitle": words},
    optional={"image_url": st.just("https://example.com/a.png"), "buttons": st.lists(st.just({"title": "Go"}))},
)
some_replies = st.builds(
    Reply,
    text=st.none() | sayings,
    buttons=choices,
    quick_replies=choices,
    image=st.none() | st.just("https://example.com/a.png"),
    attachment=st.none() | st.just("https://example.com/a.pdf"),
    elements=st.lists(elements, max_size=2).map(tuple),
)


@read_platform
@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.lists(some_replies, max_size=3))
def test_whatever_is_said_keeps_the_platforms_limits_and_arrives_whole(name: str, replies: list[Reply]) -> None:
    everything = render_as_text(name, *replies)
    for reply in replies:
        for word in (reply.text or "").split():
            assert squeezed(word.replace("<br>", "")) in everything
        for button in reply.quick_replies or reply.buttons:
            assert squeezed(button.title.replace("<br>", "")) in everything


@every_platform
def test_the_same_replies_are_the_same_calls(name: str) -> None:
    said = (Reply("hello", (Button("Yes", "/affirm"), Button("No", "/deny"))), Reply(image="https://example.com/a.png"))
    assert calls(name, *said) == calls(name, *said)


@read_platform
def test_a_text_beyond_the_limit_goes_out_in_several_messages(name: str) -> None:
    text = " ".join(f"word{count}" for count in range(6000))
    assert len(calls(name, Reply(text))) > 1 or name == "line"
    assert render_as_text(name, Reply(text)) == squeezed(text)


@every_platform
def test_nothing_said_is_no_message(name: str) -> None:
    found = calls(name, Reply(), Reply(text="  \n"))
    assert [call.method for call in found] == (["DELETE"] if name == "discord" else [])


@every_platform
@pytest.mark.parametrize("blank", ["\u200b", "\u200d\u2060", "\ufeff \n", "\xa0"])
def test_what_has_no_width_is_nothing_said(name: str, blank: str) -> None:
    found = calls(name, Reply(blank, (Button(blank, "/a"),)), Reply(elements=({"title": blank},)))
    assert [call.method for call in found] == (["DELETE"] if name == "discord" else [])


@every_platform
def test_half_of_an_emoji_from_an_action_reaches_people_as_a_sign(name: str) -> None:
    half = "\ud83d"
    element = {"title": f"T{half}", "subtitle": half, "buttons": [{"title": f"B{half}", "payload": half}]}
    for reply in (Reply(f"x {half} y", (Button(f"a{half}", f"/a{half}"),)), Reply(elements=(element,))):
        for call in calls(name, reply):
            assert not seen(name, call).mistakes
            assert b"\xed\xa0\xbd" not in call.body


@read_platform
@pytest.mark.parametrize("titles", [("S", "s"), ("Café", "Cafe\u0301"), ("Ａ", "A"), ("x", "x ", "x\u200b", "x (2)")])
def test_titles_that_look_the_same_are_told_apart(name: str, titles: tuple[str, ...]) -> None:
    buttons = tuple(Button(title, f"/p{number}") for number, title in enumerate(titles))
    everything = render_as_text(name, Reply("Which?", buttons))
    assert everything.count("(2)") + everything.count("(3)") >= len(titles) // 2


@read_platform
def test_a_buttons_title_is_one_line(name: str) -> None:
    assert squeezed("[Yes,please]").strip("[]") in render_as_text(
        name, Reply("Sure?", (Button(" Yes,\n please\u200b", "/a"),))
    )


@read_platform
def test_a_card_shows_title_subtitle_image_and_buttons(name: str) -> None:
    element = {
        "title": "Blade Runner",
        "subtitle": "1982, 117 minutes",
        "image_url": "https://example.com/blade.png",
        "buttons": [
            {"title": "Play", "payload": '/play{"title": "Blade Runner"}'},
            {"title": "About", "type": "web_url", "url": "https://example.com/about"},
        ],
    }
    everything = render_as_text(name, Reply(elements=(element,)))
    for part in ("Blade Runner", "1982, 117 minutes", "https://example.com/blade.png", "Play"):
        assert squeezed(part) in everything, part


@read_platform
def test_a_custom_reply_for_this_platform_goes_out_as_it_is_and_one_for_another_does_not(name: str) -> None:
    other = "line" if name != "line" else "slack"
    (call,) = calls(name, Reply(custom={name: {"flavour": "own"}, other: {"flavour": "other"}}))
    assert b"own" in call.body
    assert b"other" not in call.body
    assert [call.method for call in calls(name, Reply(custom={other: {"flavour": "other"}}))] in ([], ["DELETE"])


@pytest.mark.parametrize("name", ["slack", "telegram", "whatsapp", "messenger", "discord", "teams", "gchat", "line"])
def test_a_button_carries_its_payload(name: str) -> None:
    (*_, call) = calls(name, Reply("Sure?", (Button("Yes", "/affirm"), Button("No", "/deny"))))
    assert b'"/affirm"' in call.body
    assert b'"/deny"' in call.body


@pytest.mark.parametrize(("name", "mention"), [("slack", "<!channel>"), ("gchat", "<users/all>")])
def test_what_a_person_said_calls_nobody_when_the_assistant_repeats_it(name: str, mention: str) -> None:
    (call,) = calls(name, Reply(f"You said {mention}"))
    assert not seen(name, call).mistakes
    assert mention.encode() not in call.body


def test_discords_first_message_replaces_the_deferred_answer_and_the_others_follow() -> None:
    found = calls("discord", Reply("one"), Reply("two"))
    assert [(call.method, call.url.rpartition("/")[2]) for call in found] == [("PATCH", "@original"), ("POST", "aW50")]
    (later,) = calls("discord", Reply("three"), to=to("discord", sent=2))
    assert later.method == "POST"


def test_a_discord_turn_without_words_takes_the_deferred_answer_away_only_at_its_end() -> None:
    assert [call.method for call in calls("discord", to=to("discord"))] == ["DELETE"]
    assert calls("discord", to=to("discord", last=False)) == []
    assert calls("discord", to=to("discord", sent=1)) == []


def test_line_replies_first_and_pushes_what_follows_each_under_its_own_retry_key() -> None:
    found = calls("line", *(Reply(f"message {count}") for count in range(7)))
    assert [call.url.rpartition("/")[2] for call in found] == ["reply", "push"]
    fallback = found[0].fallback
    assert fallback is not None
    keys = [fallback.headers["x-line-retry-key"], found[1].headers["x-line-retry-key"]]
    assert len(set(keys)) == 2
    again = calls("line", *(Reply(f"message {count}") for count in range(7)))
    assert again[1].headers["x-line-retry-key"] == keys[1]


def test_a_slash_command_is_answered_at_its_hook_and_else_in_the_channel() -> None:
    address = {"channel": "C1", "hook": "https://hooks.slack.com/commands/T/1/x"}
    found = calls("slack", *(Reply(str(count)) for count in range(6)), to=Recipient("p", address, "m", True))
    assert [call.url for call in found].count(address["hook"]) == 5
    assert "authorization" not in found[0].headers
    assert found[0].fallback is not None
    assert found[0].fallback.url.endswith("/chat.postMessage")


@pytest.mark.parametrize(
    "hook", ["https://evil.example/x", "http://hooks.slack.com/x", "https://hooks.slack.com@evil.example/", "//", "["]
)
def test_a_hook_elsewhere_is_not_called(hook: str) -> None:
    (call,) = calls("slack", Reply("hi"), to=Recipient("p", {"channel": "C1", "hook": hook}, "m", True))
    assert call.url == "https://slack.com/api/chat.postMessage"


@pytest.mark.parametrize(
    "service",
    [
        "https://evil.example/",
        "https://evil.trafficmanager.net/",
        "http://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net:8443/",
        "https://smba.trafficmanager.net.evil.example/",
        "https://botframework.com.evil.example/",
        "https://x@smba.trafficmanager.net/",
        "",
    ],
)
def test_teams_answers_only_to_microsofts_hosts(service: str) -> None:
    with pytest.raises(Rejected):
        calls("teams", Reply("hi"), to=Recipient("p", {**ADDRESSES["teams"], "service": service}, "m", True))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("gchat", {"space": "spaces/../../admin"}),
        ("discord", {"application": "1/../..", "token": "t"}),
        ("discord", {"application": "1", "token": "../x"}),
        ("whatsapp", {"to": "1", "line": "me/../x"}),
    ],
)
def test_an_address_cannot_lead_to_another_path(name: str, address: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        calls(name, Reply("hi"), to=Recipient("p", address, "m", True))


def test_conversation_ids_of_teams_are_quoted_in_the_path() -> None:
    (call,) = calls("teams", Reply("hi"))
    assert call.url.endswith("/v3/conversations/19%3Aa%40b%3Bm%3D1/activities/1")
