"""What authors see of conversations, what they may say of them, and what comes of it."""

import json
from typing import Any

import pytest

from functions.gateway.access import Access, Caller, Forbidden, Unauthorised
from monitoring.conversations.review import reading
from monitoring.conversations.review.app import NotFound
from monitoring.conversations.review.judging import Domain, domain_of
from monitoring.conversations.review.session import FAILURES, Sessions, TooMany
from shared.config import Misconfigured
from shared.errors import Rejected
from shared.events.catalogue import RepliesDecided
from shared.stores.memory import memory_store
from tests.unit.conversations.reviewing import JAZZ, NOW, handle, keep_turns, pages


def test_a_conversation_is_shown_in_pieces_and_without_personal_data() -> None:
    store = memory_store()
    keep_turns(store, "sms:+491701234567", JAZZ)
    page = pages(store)
    shown = page.conversation(handle(page), "0.6")
    (turn,) = shown["list"]
    assert turn["pieces"] == [
        {"text": "play some "},
        {"text": "jazz", "entity": "genre", "value": "Jazz"},
        {"text": ", call <phone>"},
    ]
    assert turn["replies"] == ["I call <phone> [Stop]"]
    assert "1234567" not in json.dumps([shown, page.conversations("all", "0.6", "")])


@pytest.mark.parametrize(
    ("document", "flags"),
    [
        ({"text": "x", "intent": "greet", "confidence": 0.9}, []),
        ({"text": "x", "intent": "greet", "confidence": 0.59}, ["low"]),
        ({"text": "/greet", "intent": "greet", "confidence": 0.1}, []),
        ({"text": "x", "intent": "nlu_fallback", "confidence": 0.3}, ["low", "fallback"]),
        ({"text": "", "intent": None, "confidence": 0.0, "transcription_failure": "silence"}, []),
        ({"text": "x", "intent": "out_of_scope", "confidence": 0.9}, ["fallback"]),
        ({"text": "x", "events": [{"event": "action", "name": "action_default_fallback"}]}, ["fallback"]),
        ({"text": "x", "failed_actions": ["action_play"]}, ["failed"]),
        ({"text": "x", "helpful": False}, ["unhelpful"]),
        ({"text": "x", "helpful": True}, []),
        ({"text": "x", "active_loop": "order_form"}, []),
        (
            {"text": "x", "effects": {"m": {"type": RepliesDecided.TYPE, "data": {"turn": {"form_abandoned": "f"}}}}},
            ["abandoned"],
        ),
    ],
)
def test_a_turn_is_flagged_for_what_may_have_gone_wrong(document: dict[str, Any], flags: list[str]) -> None:
    store = memory_store()
    keep_turns(store, "web:me", document)
    read = reading.read(store, "web:me", (), NOW)
    assert read is not None
    assert reading.find_flags(read, read.turns[0], 0.6, NOW) == flags
    assert {flag for flag in reading.FLAGS if reading.passes_filter(read, flag, 0.6, NOW)} == set(flags)


def test_a_form_whose_person_just_left_is_abandoned_too() -> None:
    store = memory_store()
    keep_turns(store, "web:me", {"text": "x", "active_loop": "order_form"}, at=NOW - 3600)
    page = pages(store)
    assert page.conversations("abandoned", "0.6", "")["conversations"][0]["flags"] == {"abandoned": 1}


def test_an_author_corrects_confirms_sets_aside_and_takes_back() -> None:
    store = memory_store()
    keep_turns(store, "web:me", JAZZ, {"text": "hello you", "intent": "nlu_fallback", "confidence": 0.2})
    page = pages(store)
    name = handle(page, "open")
    first = page.conversation(name, "0.6")["list"][0]
    page.judge(name, "1", {"intent": "play_music", "pieces": first["pieces"]}, "0.6")
    said = page.judge(
        name, "2", {"intent": "greet", "pieces": [{"text": "hello "}, {"text": "you", "entity": "artist"}]}, "0.6"
    )
    assert [turn["review"]["changed"] for turn in said["list"]] == [False, True]
    assert said["list"][1]["review"]["was"] == {"intent": "nlu_fallback", "bundle": None}
    assert page.conversations("open", "0.6", "")["conversations"] == [], "all that was flagged is reviewed"
    text = page.examples()
    assert "- hello [you](artist)" in text
    assert '- play some [jazz]{"entity": "genre", "value": "Jazz"}, call <phone>' in text
    page.judge(name, "2", {"intent": None, "pieces": [{"text": "hello you"}]}, "0.6")
    assert "hello" not in page.examples()
    page.judge(name, "1", None, "0.6")
    assert "jazz" not in page.examples()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["greet"], "an object"),
        ({"intent": "greet"}, "pieces"),
        ({"intent": "greet", "pieces": ["hello"]}, "pieces"),
        ({"intent": "greet", "pieces": [{"text": "other words"}]}, "words"),
        ({"intent": "no_such", "pieces": [{"text": "hello you"}]}, "no_such"),
        ({"intent": 7, "pieces": [{"text": "hello you"}]}, "intent"),
        ({"intent": "greet", "pieces": [{"text": "hello you", "entity": "title"}]}, "title"),
        ({"intent": "greet", "pieces": [{"text": "h"}] * 500}, "pieces"),
    ],
)
def test_what_an_author_may_not_say_is_refused_and_nothing_is_kept(said: Any, why: str) -> None:
    store = memory_store()
    keep_turns(store, "web:me", {"text": "hello you", "intent": "nlu_fallback"})
    page = pages(store)
    with pytest.raises(Rejected, match=why):
        page.judge(handle(page), "1", said, "0.6")
    assert not store.reviews.list_all(NOW)


def test_turns_and_conversations_that_are_not_there_are_told() -> None:
    store = memory_store()
    keep_turns(store, "web:me", {"text": "hello"})
    page = pages(store)
    name = handle(page)
    with pytest.raises(NotFound):
        page.judge(name, "7", None, "0.6")
    with pytest.raises(NotFound):
        page.conversation("0" * 12, "0.6")
    store.upkeep.forget("web:me")
    with pytest.raises(NotFound):
        page.conversation(name, "0.6")
    for which, below in (("everything", "0.6"), ("all", "2"), ("all", "x"), ("all", "nan")):
        with pytest.raises(Rejected):
            page.conversations(which, below, "")


def test_a_link_is_found_again_after_a_restart() -> None:
    store = memory_store()
    keep_turns(store, "web:me", {"text": "hello"})
    name = handle(pages(store))
    assert pages(store).conversation(name, "0.6")["handle"] == name


def test_many_conversations_come_in_pages_and_a_search_has_an_end() -> None:
    store = memory_store()
    for number in range(50):
        keep_turns(store, f"web:{number:02}", {"text": "x", "intent": "nlu_fallback" if number % 10 == 9 else "greet"})
    page, found = pages(store), []
    answer: dict[str, Any] = {"after": ""}
    while answer["after"] is not None:
        answer = page.conversations("all", "0.6", answer["after"])
        assert len(answer["conversations"]) <= 20
        found += [one["handle"] for one in answer["conversations"]]
    assert (len(found), len(set(found))) == (50, 50)
    assert len(page.conversations("fallback", "0.6", "")["conversations"]) == 5
    times = iter(range(0, 1000, 1))
    kept_, last = reading.find_conversations(
        store, reading.Wanted("fallback", 0.6, seconds=5), now=NOW, clock=lambda: next(times)
    )
    assert (kept_, last) == ([], "web:04"), "it read for its time, and says where to go on"


def test_a_domain_has_what_the_bundle_names() -> None:
    found = domain_of(
        {
            "domain": {"intents": ["greet"], "entities": ["city"]},
            "intents": ["greet", "nlu_fallback", "out_of_scope"],
            "labels": [{"entity": "genre"}],
        }
    )
    assert found == Domain(frozenset({"greet", "out_of_scope"}), frozenset({"city", "genre"}))


def test_who_guesses_tokens_is_stopped_for_a_while_and_others_are_not() -> None:
    now = [0.0]
    sessions = Sessions(Access("token", "the-right-token-of-authors", ()), clock=lambda: now[0])
    for _ in range(FAILURES):
        with pytest.raises(Unauthorised):
            sessions.sign_in("wrong", "203.0.113.7")
    with pytest.raises(TooMany):
        sessions.sign_in("the-right-token-of-authors", "203.0.113.7")
    assert sessions.sign_in("the-right-token-of-authors", "203.0.113.8")
    now[0] += 61
    session = sessions.sign_in("the-right-token-of-authors", "203.0.113.7")
    sessions.check(Caller("203.0.113.7", {"host": "x"}, None), session)
    with pytest.raises(Forbidden):
        sessions.check(Caller("203.0.113.7", {"host": "x", "origin": "https://evil.example"}, None), session)
    now[0] += 9 * 3600
    with pytest.raises(Unauthorised):
        sessions.check(Caller("203.0.113.7", {"host": "x"}, None), session)


def test_who_guesses_from_many_addresses_is_stopped_too() -> None:
    sessions = Sessions(Access("token", "the-right-token-of-authors", ()), clock=lambda: 0.0)
    for number in range(100):
        with pytest.raises(Unauthorised):
            sessions.sign_in("wrong", f"198.51.100.{number}")
    with pytest.raises(TooMany):
        sessions.sign_in("wrong", "192.0.2.1")


@pytest.mark.parametrize(
    "environ", [{"REVIEW_AUTH": "open"}, {"REVIEW_AUTH": "token"}, {"REVIEW_AUTH": "token", "REVIEW_TOKEN": "short"}]
)
def test_it_is_never_open_to_everybody(environ: dict[str, str]) -> None:
    from monitoring.conversations.review.__main__ import access_of
    from monitoring.conversations.review.config import Config
    from shared.config import read

    with pytest.raises(Misconfigured, match="REVIEW_"):
        access_of(read(Config, environ))


def test_the_rest_is_right_confirms_what_nothing_speaks_against_and_leaves_what_was_judged() -> None:
    store = memory_store()
    keep_turns(
        store, "sms:1",
        {"text": "hello", "intent": "greet", "confidence": 0.9},
        {"text": "play", "intent": "play_music", "confidence": 0.3},
        {"text": "/greet", "intent": "greet", "confidence": 1.0},
        {"text": "hi", "intent": "greet", "confidence": 0.9},
    )  # fmt: skip
    page = pages(store)
    mine = handle(page)
    last = str(page.conversation(mine, "0.6")["list"][-1]["number"])
    page.judge(mine, last, {"intent": None, "pieces": [{"text": "hi"}]}, "0.6")
    shown = page.confirm_all(mine, "0.6")
    assert [(turn["review"] or {}).get("intent", "none") for turn in shown["list"]] == ["greet", "none", "none", None]
    assert shown["reviewed"] == 2


@pytest.mark.parametrize(
    ("search", "found"),
    [("jazz", 1), ("JAZZ some", 1), ("play_music", 1), ("jazz queen", 0), ("1234567", 0), ("", 2), ("hello", 1)],
)
def test_conversations_are_found_by_the_words_that_are_shown(search: str, found: int) -> None:
    store = memory_store()
    keep_turns(store, "sms:1", JAZZ)
    keep_turns(store, "sms:2", {"text": "hello", "intent": "greet", "confidence": 0.9})
    assert len(pages(store).conversations("all", "0.6", "", search)["conversations"]) == found
