"""The traffic split of a stage's revisions in a cluster."""

from typing import Any

import pytest

from knative.cluster.canary import CannotSplit, traffic


def found(newest: str, **shares: int) -> dict[str, Any]:
    targets = [{"revisionName": name, "percent": share} for name, share in shares.items()]
    return {"status": {"latestReadyRevisionName": newest, "traffic": [*targets, {"tag": "x"}]}}


def test_the_newest_revision_gets_its_share_and_the_live_one_the_rest() -> None:
    assert traffic(found("nlu2", nlu1=100), 10) == [
        {"revisionName": "nlu1", "percent": 90, "tag": "live"},
        {"revisionName": "nlu2", "percent": 10, "tag": "canary"},
    ]
    assert traffic(found("nlu2", nlu1=90, nlu2=10), 50)[1]["percent"] == 50


def test_nothing_holds_all_traffic_at_the_live_revision() -> None:
    assert traffic(found("nlu1", nlu1=100), 0) == [{"revisionName": "nlu1", "percent": 100, "tag": "live"}]
    assert traffic(found("nlu2", nlu1=90, nlu2=10), 0) == [{"revisionName": "nlu1", "percent": 100, "tag": "live"}]


def test_everything_promotes_and_follows_the_newest_again() -> None:
    assert traffic(found("nlu2", nlu1=50, nlu2=50), 100) == [{"latestRevision": True, "percent": 100}]


@pytest.mark.parametrize(
    ("service", "percent", "why"),
    [
        (found("nlu1", nlu1=100), 10, "only revision"),
        (found("", nlu1=100), 10, "ready"),
        (found("nlu2", nlu1=100), 101, "0 to 100"),
        (found("nlu2", nlu1=100), -1, "0 to 100"),
    ],
)
def test_what_cannot_be_split_is_said(service: dict[str, Any], percent: int, why: str) -> None:
    with pytest.raises(CannotSplit, match=why):
        traffic(service, percent)
