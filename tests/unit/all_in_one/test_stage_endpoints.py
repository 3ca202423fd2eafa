"""Stages that share a process with the gateway take events only from whoever has the token."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from functions.all_in_one.stage_endpoints import StageEndpoints, choose_body_limit
from shared.config import Misconfigured
from shared.serving import Answer
from tests.loopback import Asked

TOKEN = "a secret of more than 32 characters"


@dataclass
class Stage:
    """Notes the paths that it is asked at."""

    paths: list[str] = field(default_factory=list)

    def __call__(self, request: Any) -> Answer:
        self.paths.append(f"{request.method} {request.path}")
        return "", 204, {}


@pytest.fixture
def gateway() -> Stage:
    return Stage()


@pytest.fixture
def nlu() -> Stage:
    return Stage()


@pytest.fixture
def endpoints(gateway: Stage, nlu: Stage) -> StageEndpoints:
    return StageEndpoints(gateway, {"nlu": nlu}, TOKEN)


def with_token(path: str) -> Asked:
    return Asked(path=path, headers={"Authorization": f"Bearer {TOKEN}"})


def test_everything_but_the_endpoints_is_the_gateways(endpoints: StageEndpoints, gateway: Stage, nlu: Stage) -> None:
    for path in ("/", "/webhooks/rest/webhook", "/stages", "/stage/nlu"):
        endpoints(Asked(path=path))
    assert gateway.paths == ["POST /", "POST /webhooks/rest/webhook", "POST /stages", "POST /stage/nlu"]
    assert nlu.paths == []


@pytest.mark.parametrize("path", ["/stages/nlu", "/stages/nlu/", "/stages/nlu/wake", "/stages/nobody", "/stages/"])
@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({}, b""),
        ({"Authorization": "Bearer "}, b"token="),
        ({"Authorization": f"Bearer {TOKEN}x"}, b""),
        ({"Authorization": f"Basic {TOKEN}"}, b""),
        ({"Host": "parley.parley.svc.cluster.local", "K-Original-Host": "parley.parley.svc.cluster.local"}, b""),
        ({}, f"token={TOKEN[:-1]}".encode()),
    ],
)
def test_nobody_gets_in_without_the_token_or_learns_what_is_there(
    endpoints: StageEndpoints, gateway: Stage, nlu: Stage, path: str, headers: dict[str, str], query: bytes
) -> None:
    body, status, _ = endpoints(Asked(path=path, headers=headers, query_string=query))
    assert status == 401
    assert TOKEN not in body
    assert nlu.paths == gateway.paths == []


def test_nobody_gets_in_where_there_is_no_token(gateway: Stage, nlu: Stage) -> None:
    endpoints = StageEndpoints(gateway, {"nlu": nlu}, "")
    for headers in ({}, {"Authorization": "Bearer "}):
        assert endpoints(Asked(path="/stages/nlu", headers=headers))[1] == 401
    assert nlu.paths == []


def test_the_token_counts_in_the_query_as_brokers_show_it_and_in_the_header(
    endpoints: StageEndpoints, nlu: Stage
) -> None:
    query = f"token={TOKEN.replace(' ', '%20')}".encode()
    assert endpoints(Asked(path="/stages/nlu", query_string=query))[1] == 204
    assert endpoints(with_token("/stages/nlu/wake"))[1] == 204
    assert nlu.paths == ["POST /", "POST /wake"]


def test_a_stage_that_is_not_here_is_said_to_whoever_has_the_token(endpoints: StageEndpoints) -> None:
    body, status, _ = endpoints(with_token("/stages/speech"))
    assert status == 404
    assert "nlu" in body


def test_a_token_that_could_be_guessed_is_refused_at_the_start(gateway: Stage) -> None:
    with pytest.raises(Misconfigured, match="STAGES_TOKEN must have at least 32"):
        StageEndpoints(gateway, {}, "secret")


def test_events_may_be_larger_than_what_strangers_send() -> None:
    limit = choose_body_limit(lambda _: 10, 100)
    assert limit(Asked(path="/stages/nlu")) == 100
    assert limit(Asked(path="/webhooks/rest/webhook")) == 10
