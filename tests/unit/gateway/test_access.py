"""Who may call which channel from where."""

from dataclasses import replace
from typing import Any

import pytest

from functions.gateway.access import Caller, read_access, read_trusted_addresses
from shared.config import Misconfigured
from shared.errors import Failure
from tests.unit.gateway.assistants import Assistant

HERE = {"host": "localhost:8080"}
TOKEN = "a-token-of-enough-length"


def status(rules: Any, remote: str = "127.0.0.1", token: str | None = None, **headers: str) -> int:
    """What a caller is answered whose process speaks for itself: 200, or the failure's status."""
    rules = replace(rules, is_local=lambda _address, _port: True)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        rules.check_rest(Caller(remote, {**HERE, **named}, token, 40000))
    except Failure as exc:
        return exc.status
    return 200


@pytest.mark.parametrize("remote", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_lets_this_machine_in(remote: str) -> None:
    assert status(read_access("loopback", "", ()), remote) == 200


@pytest.mark.parametrize("remote", ["10.0.0.1", "192.168.1.5", "::ffff:10.0.0.1", "2001:db8::1", "", "nonsense"])
def test_loopback_keeps_everybody_else_out(remote: str) -> None:
    assert status(read_access("loopback", "", ()), remote) == 401


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via", "k_proxy_request"])
def test_a_proxied_request_is_not_from_this_machine_whatever_it_says(header: str) -> None:
    assert status(read_access("loopback", "", ()), **{header: "127.0.0.1"}) == 401
    assert status(read_access("loopback", "", ()), "10.0.0.1", **{header: "127.0.0.1"}) == 401


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200),
        ("127.0.0.1:8080", 200),
        ("[::1]:8080", 200),
        ("my.localhost:1", 200),
        ("evil.example:8080", 401),
        ("localhost.evil.example", 401),
        ("", 401),
        ("[", 401),
    ],
)
def test_a_name_that_a_page_pointed_here_is_not_this_machine(host: str, expected: int) -> None:
    assert status(read_access("loopback", "", ()), host=host) == expected


def test_a_web_page_of_another_origin_may_not_call_unless_it_is_on_the_list() -> None:
    assert status(read_access("loopback", "", ()), origin="https://evil.example") == 403
    assert status(read_access("loopback", "", ()), origin="null", host="") == 403
    assert status(read_access("loopback", "", ()), origin="http://localhost:8080") == 200
    assert status(read_access("loopback", "", ("https://good.example",)), origin="https://good.example") == 200


def test_a_token_lets_in_from_anywhere_and_nothing_else_does() -> None:
    rules = read_access("token", TOKEN, ())
    assert status(rules, "10.0.0.1", authorization=f"Bearer {TOKEN}") == 200
    assert status(rules, "10.0.0.1", token=TOKEN) == 200
    assert status(rules, "127.0.0.1") == 401
    assert status(rules, "10.0.0.1", authorization="Bearer wrong", token=TOKEN) == 401
    assert status(rules, "10.0.0.1", authorization=f"Basic {TOKEN}") == 401
    assert status(rules, "10.0.0.1", token="a-tökên-øf-enough-length") == 401


def test_open_lets_everybody_in() -> None:
    assert status(read_access("open", "", ()), "10.0.0.1", host="bot.example") == 200


def test_every_mistake_in_the_configuration_is_told_together() -> None:
    with pytest.raises(Misconfigured) as raised:
        read_access("token", "short", ("example.com", "https://a.example/path"))
    assert "REST_TOKEN" in str(raised.value)
    assert "'example.com'" in str(raised.value)
    assert "https://a.example/path" in str(raised.value)
    with pytest.raises(Misconfigured, match="REST_AUTH"):
        read_access("none", "", ())


def test_the_gateway_answers_strangers_401_and_says_what_to_do() -> None:
    with Assistant().running() as assistant:
        for channel in ("rest", "callback"):
            response = assistant.client.post(
                f"/webhooks/{channel}/webhook",
                json={"sender": "x", "message": "hi"},
                environ_base={"REMOTE_ADDR": "10.1.1.1"},
            )
            assert response.status_code == 401
            assert response.json is not None
            assert "REST_AUTH=token" in response.json["error"]
        assert assistant.nlu.taken == []


def test_a_page_on_the_list_may_read_the_answer_and_others_may_not_ask() -> None:
    with Assistant(settings={"origins": ("https://good.example",)}).running() as assistant:
        asked = {"Origin": "https://good.example", "Access-Control-Request-Method": "POST"}
        preflight = assistant.client.options("/webhooks/webchat/webhook", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == "https://good.example"
        assert "content-type" in preflight.headers["access-control-allow-headers"]
        answer = assistant.say({"sender": "me", "message": "hi"}, Origin="https://good.example")
        assert answer.headers["access-control-allow-origin"] == "https://good.example"
        assert answer.headers["vary"] == "Origin"
        evil = assistant.client.options("/webhooks/webchat/webhook", headers={"Origin": "https://evil.example"})
        assert evil.status_code == 403
        assert "access-control-allow-origin" not in evil.headers
        assert (
            assistant.client.post(
                "/webhooks/webchat/conversations", headers={"Origin": "https://evil.example"}
            ).status_code
            == 403
        )


def test_what_nobody_can_look_at_is_not_this_machine() -> None:
    rules = read_access("loopback", "", ())
    for port in (None, 1):
        with pytest.raises(Failure):
            rules.check_rest(Caller("127.0.0.1", HERE, None, port))


def test_the_local_activators_word_counts_with_its_token_alone() -> None:
    rules = read_access("loopback", "", (), relay_token=TOKEN)
    rules.check_rest(Caller("127.0.0.1", {**HERE, "x-parley-local": TOKEN}, None, 1))
    for said in ("", "1", TOKEN + "x"):
        with pytest.raises(Failure):
            rules.check_rest(Caller("127.0.0.1", {**HERE, "x-parley-local": said}, None, 1))
    with pytest.raises(Failure):
        read_access("loopback", "", ()).check_rest(Caller("127.0.0.1", {**HERE, "x-parley-local": ""}, None, 1))


@pytest.mark.parametrize(
    ("trusted", "remote", "forwarded", "found"),
    [
        ((), "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (("10.0.0.0/8",), "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (("10.0.0.0/8",), "10.1.1.1", "198.51.100.7", "198.51.100.7"),
        (("10.0.0.0/8",), "10.1.1.1", "6.6.6.6, 198.51.100.7, 10.2.2.2", "198.51.100.7"),
        (("10.0.0.0/8",), "10.1.1.1", "nonsense, 10.2.2.2", "nonsense"),
        (("10.0.0.0/8",), "10.1.1.1", "", "10.1.1.1"),
        (("10.0.0.0/8", "fd00::/8"), "::ffff:10.1.1.1", "2001:db8::1, fd00::2", "2001:db8::1"),
    ],
)
def test_behind_known_proxies_the_nearest_other_address_is_the_callers(
    trusted: tuple[str, ...], remote: str, forwarded: str, found: str
) -> None:
    assert read_trusted_addresses(trusted).find_client(remote, forwarded) == found


def test_a_network_that_is_none_stops_the_start() -> None:
    with pytest.raises(Misconfigured, match="TRUSTED_PROXIES"):
        read_trusted_addresses(("10.0.0.0/8", "the proxy"))
