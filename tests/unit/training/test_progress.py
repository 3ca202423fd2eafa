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
    for _ in range(100):
        now += 1
        fresh.step()
        resumed.step(lambda: "note")
    shown = capsys.readouterr().err
    assert left(shown) == 114
    assert re.findall(r"([0-9]+)/([0-9]+)", shown)[-1] == ("986", "1100")
    assert "note" in shown


@pytest.mark.parametrize("first", [0.1, 20.0])
def test_after_five_seconds_the_time_left_is_right_within_a_third(
    first: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first step loads what the others find loaded, and says nothing of them."""
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress = Progress("train", 1000)
    now += first
    progress.step()
    while not (shown := capsys.readouterr().err) or now < first + 5:
        now += 0.2 if progress.done % 2 else 0.4
        progress.step()
    assert now < first + 6
    assert left(shown) == pytest.approx(0.3 * (1000 - progress.done), rel=1 / 3)
