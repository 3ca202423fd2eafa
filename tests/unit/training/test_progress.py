"""The progress bar."""

import re
import time

import pytest

from model_artifacts.training.nlu.progress import Progress


def left(shown: str) -> int:
    """Seconds left, of the last line."""
    minutes, seconds = re.findall(r"([0-9]+):([0-9]{2}) left", shown)[-1]
    return int(minutes) * 60 + int(seconds)


def test_what_an_earlier_run_did_does_not_count_as_speed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    fresh, resumed = Progress("train", 200), Progress("train", 1100, done=900)
    now = 200.0
    fresh.step(count=100)
    assert left(capsys.readouterr().err) == 100
    resumed.step(lambda: "note", count=100)
    shown = capsys.readouterr().err
    assert left(shown) == 100
    assert "1000/1100" in shown
    assert "note" in shown
