"""The traffic split of a stage's revisions in a cluster: by request, and by conversation where the gateway chooses."""

from typing import Any

import pytest

from knative.cluster.canary import CannotSplit, build_gateway_env, build_triggers, read_arms, split_traffic
from knative.local.filters import compile_filter
from knative.local.routes import read_manifests
from knative.local.stages import ROOT


def make_service(newest: str, **shares: int) -> dict[str, Any]:
    targets = [{"revisionName": name, "percent": share} for name, share in shares.items()]
    return {"status": {"latestReadyRevisionName": newest, "traffic": [*targets, {"tag": "x"}]}}


def test_the_newest_revision_gets_its_share_and_the_live_one_the_rest() -> None:
    assert split_traffic(make_service("nlu2", nlu1=100), 10) == [
        {"revisionName": "nlu1", "percent": 90, "tag": "live"},
        {"revisionName": "nlu2", "percent": 10, "tag": "canary"},
    ]
    assert split_traffic(make_service("nlu2", nlu1=90, nlu2=10), 50)[1]["percent"] == 50


def test_nothing_holds_all_traffic_at_the_live_revision() -> None:
    assert split_traffic(make_service("nlu1", nlu1=100), 0) == [{"revisionName": "nlu1", "percent": 100, "tag": "live"}]
    assert split_traffic(make_service("nlu2", nlu1=90, nlu2=10), 0) == [
        {"revisionName": "nlu1", "percent": 100, "tag": "live"}
    ]


def test_everything_promotes_and_follows_the_newest_again() -> None:
    assert split_traffic(make_service("nlu2", nlu1=50, nlu2=50), 100) == [{"latestRevision": True, "percent": 100}]


@pytest.mark.parametrize(
    ("service", "percent", "why"),
    [
        (make_service("nlu1", nlu1=100), 10, "only revision"),
        (make_service("", nlu1=100), 10, "ready"),
        (make_service("nlu2", nlu1=100), 101, "0 to 100"),
        (make_service("nlu2", nlu1=100), -1, "0 to 100"),
    ],
)
def test_what_cannot_be_split_is_said(service: dict[str, Any], percent: int, why: str) -> None:
    with pytest.raises(CannotSplit, match=why):
        split_traffic(service, percent)


def test_where_the_gateway_chooses_the_candidate_is_asked_by_its_tag_alone() -> None:
    assert split_traffic(make_service("nlu2", nlu1=100), 10, sticky=True) == [
        {"revisionName": "nlu1", "percent": 100, "tag": "live"},
        {"revisionName": "nlu2", "percent": 0, "tag": "canary"},
    ]


@pytest.mark.parametrize("percent", [0, 1, 10, 50, 100])
def test_the_tag_of_the_canary_always_leads_somewhere_for_what_is_still_on_its_way(percent: int) -> None:
    targets = split_traffic(make_service("nlu2", nlu1=100, nlu2=0), percent, sticky=True)
    assert [target for target in targets if target.get("tag") == "canary"]
    assert sum(target["percent"] for target in targets) == 100


def base_trigger() -> dict[str, Any]:
    (trigger,) = (
        item
        for item in read_manifests(ROOT / "knative" / "base")
        if item["metadata"]["name"] == "nlu-on-message-received"
    )
    return trigger


@pytest.mark.parametrize(("arm", "expected"), [("canary", "candidate"), ("", "live"), ("other", "live")])
def test_each_message_goes_to_one_arm_and_none_to_both(arm: str, expected: str) -> None:
    live = base_trigger()
    candidate, patch = build_triggers(live, "http://canary-parley-nlu.parley.example")
    attributes = {"type": "dev.parley.message.received.v1", **({"arm": arm} if arm else {})}
    taken = {
        "candidate": compile_filter(candidate["spec"])(attributes),
        "live": compile_filter({**live["spec"], **patch["spec"]})(attributes),
    }
    assert [name for name, takes in taken.items() if takes] == [expected]
    assert not compile_filter(candidate["spec"])({"type": "dev.parley.turn.completed.v1", "arm": "canary"})


def test_the_candidates_trigger_keeps_order_retries_and_broker_of_the_one_beside_it() -> None:
    live = base_trigger()
    candidate, _ = build_triggers(live, "http://canary")
    assert candidate["metadata"]["annotations"] == live["metadata"]["annotations"]
    assert {**candidate["spec"], "filters": 0, "subscriber": 0} == {
        **{name: value for name, value in live["spec"].items() if name != "filter"},
        "filters": 0,
        "subscriber": 0,
    }


def test_the_gateway_is_told_the_share_and_keeps_its_other_settings() -> None:
    containers = [{"env": [{"name": "NLU_URL", "value": "http://nlu"}, {"name": "CANARY_PERCENT", "value": "1"}]}]
    service = {"spec": {"template": {"spec": {"containers": containers}}}}
    assert build_gateway_env(service, 10, "http://canary") == [
        {"name": "NLU_URL", "value": "http://nlu"},
        {"name": "CANARY_PERCENT", "value": "10"},
        {"name": "CANARY_NLU_URL", "value": "http://canary"},
    ]
    # Promoted: everybody goes to the newest anyway.
    assert {"name": "CANARY_PERCENT", "value": "0"} in build_gateway_env(service, 100, "http://canary")


def test_the_arms_are_known_by_their_tags_however_busy_they_are() -> None:
    tags = [
        {"tag": "canary", "revisionName": "parley-nlu-00002", "percent": 0},
        {"tag": "live", "revisionName": "parley-nlu-00001", "percent": 100},
    ]
    assert read_arms({"status": {"traffic": tags}}, "nlu") == ("00001", "00002")
    with pytest.raises(CannotSplit, match="is not split"):
        read_arms({"status": {"traffic": tags[1:]}}, "nlu")
