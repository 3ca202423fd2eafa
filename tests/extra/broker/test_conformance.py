"""The conformance cases that were transcribed from Knative's own suite, on the running broker."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from knative.local.filters import compile_filter
from tests.contract.broker.running import Answer, failing, quick, running, subscribers, trigger, until
from tests.extra.material import material

BASE = {"specversion": "1.0", "id": "1", "source": "/test", "type": "t"}
CESQL = {
    "CESQL filter",
    "Any",
    "All",
    "Multiple filters are ANDed",
    "Missing attribute fails the filter",
}
"""The cases that use CESQL, which the local broker refuses at load; their other parts are checked without it."""


def cases(name: str) -> Any:
    return json.loads(material("vectors", "knative", name).read_text(encoding="utf-8"))


def without_cesql(filters: list[Any]) -> list[Any]:
    """The same filters less those that use CESQL."""
    kept = []
    for expression in filters:
        [(dialect, operand)] = expression.items()
        if dialect in ("any", "all"):
            kept.append({dialect: without_cesql(operand)})
        elif "cesql" not in json.dumps(expression):
            kept.append(expression)
    return kept


def test_filters_pass_and_fail_as_in_knatives_suite() -> None:
    checked = 0
    for feature in cases("broker_filters.json")["features"]:
        if "cesql" in json.dumps(feature["filters"]):
            continue
        accepts = compile_filter(feature)
        for attributes, matches in feature["events"]:
            assert accepts({**BASE, **attributes}) is matches, (feature["name"], attributes)
            checked += 1
    assert checked == 14


def test_the_cases_with_cesql_are_refused_clearly_and_hold_without_it() -> None:
    refused = set()
    for feature in cases("broker_filters.json")["features"]:
        if "cesql" not in json.dumps(feature["filters"]):
            continue
        refused.add(feature["name"])
        with pytest.raises(ValueError, match="cesql is not supported by the local broker"):
            compile_filter(feature)
        if rest := without_cesql(feature["filters"]):
            accepts = compile_filter({"filters": rest})
            for attributes, matches in feature["events"]:
                # The two alternatives of "Any" that only CESQL expresses have no other way to match.
                if attributes.get("type") not in ("not.type.event", "cesql.event.type"):
                    assert accepts({**BASE, **attributes}) is matches, (feature["name"], attributes)
    assert refused == CESQL


def test_invalid_attribute_names_are_refused_in_every_dialect() -> None:
    names = cases("broker_filters.json")["invalid_filter_attribute_names"]
    for name, dialect in itertools.product([*names, "123"], ["exact", "prefix", "suffix"]):
        with pytest.raises(ValueError, match="lower-case letters and digits"):
            compile_filter({"filters": [{dialect: {name: "x"}}]})


def test_two_triggers_each_get_their_own_events_and_share_what_both_want(tmp_path: Path) -> None:
    case = cases("broker_filters.json")["two_triggers"]
    with (
        subscribers(None, None) as (one, two),
        running(
            tmp_path, [trigger("one", one, filters=case["trigger1"]), trigger("two", two, filters=case["trigger2"])]
        ) as broker,
    ):
        for number, (attributes, _) in enumerate(case["events"]):
            assert broker.publish(**attributes, id=str(number)) == 202
        broker.settled()
    for place, subscriber in ((1, one), (2, two)):
        wanted = [str(number) for number, (_, places) in enumerate(case["events"]) if place in places]
        assert sorted(subscriber.ids()) == wanted


@pytest.mark.parametrize("index", range(5))
def test_delivery_specs_of_broker_and_trigger_combine_as_in_knatives_suite(tmp_path: Path, index: int) -> None:
    case = cases("broker_delivery.json")["cases"][index]
    one, two = (failing(case[f"t{number}_fail"], failure=Answer(500)) for number in (1, 2))
    with subscribers(one, two, None, None) as (first, second, trigger_sink, broker_sink):

        def spec(of: dict[str, Any] | None, sink: Any) -> dict[str, Any] | None:
            return None if of is None else quick(of.get("retry", 0), sink if of.get("dls") else None)

        triggers = []
        for number, subscriber in ((1, first), (2, second)):
            delivery = spec(case[f"t{number}"], trigger_sink)
            more = {"delivery": delivery} if delivery is not None else {}
            triggers.append(trigger(f"t{number}", subscriber, **more))
        with running(tmp_path, triggers, spec(case["broker"], broker_sink)) as broker:
            broker.publish(b"body")
            stats = broker.settled()["triggers"]
    for number, subscriber in ((1, first), (2, second)):
        counts, result = stats[f"t{number}"], case[f"t{number}_result"]
        effective = case[f"t{number}"] or case["broker"] or {}
        assert len(subscriber.received) == min(case[f"t{number}_fail"], effective.get("retry", 0)) + 1
        outcome = {"delivered": "delivered", "dropped": "dropped"}.get(result, "dead_lettered")
        assert counts[outcome] == 1, (case["name"], number)
    letters = [case[f"t{number}_result"] for number in (1, 2)]
    assert len(trigger_sink.received) == letters.count("trigger DLS")
    assert len(broker_sink.received) == letters.count("broker DLS")
    for sink in (trigger_sink, broker_sink):
        for letter in sink.received:
            assert set(cases("broker_delivery.json")["dls_extensions"]) <= {name[3:] for name in letter.headers}
            assert letter.body == b"body"


def test_ingress_answers_as_in_knatives_data_plane_suite(tmp_path: Path) -> None:
    checked = []
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]) as broker:
        for case in cases("dataplane_http.json")["ingress"]:
            if "method" not in case:
                continue
            status, headers, _ = broker.request(
                case["method"], headers=case.get("headers"), body=case.get("body", "").encode()
            )
            assert str(status).startswith(str(case["status"]).rstrip("x")), (case, status)
            for name, value in case.get("response_headers", {}).items():
                assert headers[name.lower()] == value
            checked.append(case["name"])
        assert broker.publish() == 202
        assert broker.request(path="/parley/absent")[0] == 404
        assert broker.request(path="/not-two-parts")[0] == 400
    assert len(checked) == 8


def test_the_delivery_headers_are_those_of_the_data_plane(tmp_path: Path) -> None:
    expected = cases("dataplane_http.json")["delivery_headers"]
    with subscribers(None) as [subscriber], running(tmp_path, [trigger("t", subscriber)]) as broker:
        broker.publish()
        until(lambda: subscriber.received, "the event arrives")
    headers = subscriber.received[0].headers
    assert headers["prefer"] == expected["Prefer"]
    assert headers["kn-namespace"] == "parley"
