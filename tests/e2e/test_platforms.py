"""Every platform through the whole assistant: signed webhooks in, checked messages out, nothing twice."""

import pytest

from knative.platforms import simulate


def test_every_platform_is_answered_once_and_correctly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(simulate, "QUIET", 2.0)
    assert simulate.main(["--channel", "all", "--text", "hi", "--press", "/weather"]) == 0
    printed = capsys.readouterr().out
    assert printed.count("gateway answered 200") == 20
    assert printed.count("200, 200, 0 further messages") == 10


def test_a_gateway_that_is_not_there_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate.main(["--channel", "slack", "--gateway", "9", "--standin", "0"]) == 1
    assert "no gateway answers on port 9" in capsys.readouterr().err


def test_the_settings_for_another_gateway_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate.main(["--environment"]) == 0
    printed = capsys.readouterr().out
    assert "export SLACK_API_URL=http://127.0.0.1:8099/slack" in printed
