"""`task smoke` against a running assistant."""

import pytest

from knative.cluster import smoke
from knative.local.ports import find_free_ports
from tests.e2e.conftest import Running


def test_the_smoke_test_talks_both_ways_in(assistant: Running, capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--url", assistant.url]) == 0
    said = capsys.readouterr().out
    assert said.count("search for a video about horror movies ->") == 2
    assert "the assistant answers" in said


def test_the_smoke_test_says_what_to_look_at_where_nothing_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert smoke.main(["--url", f"http://127.0.0.1:{find_free_ports(1)[0]}"]) == 1
    assert "is the assistant up" in capsys.readouterr().err
