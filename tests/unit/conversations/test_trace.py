"""One message's way, read from log lines; and the file that a run keeps of them."""

import json
from pathlib import Path

import pytest

from knative.local.logs import LOG, Log, find_older_log, lower_level
from monitoring.conversations.trace import list_steps, main, render_steps, select_steps


def line(stage: str, at: str, took: float, ident: str = "web:1", event: str = "", **more: object) -> str:
    fields = {
        "stage": stage,
        "event": event or ident,
        "message_id": ident,
        "trace_id": "4bf9",
        "milliseconds": took,
        **more,
    }
    return json.dumps({"time": f"2026-11-26T10:00:{at}Z", "severity": "INFO", "message": "taken", **fields})


LINES = [
    line("dialogue", "00.120000", 20, event="web:1.understood", type="dev.parley.message.understood.v1", status=200),
    line("gateway", "00.004000", 4, type="dev.parley.message.received.v1", status=202, conversation="abc"),
    line("nlu", "00.050000", 6, cold=True, status=200),
    line("nlu", "00.030000", 1, status=503, cause="the store is down"),
    line("nlu", "09.000000", 1, ident="web:2"),
    "Traceback (most recent call last):",
    '{"time": 7}',
]


def test_a_messages_steps_are_told_in_the_order_in_which_they_began() -> None:
    found = select_steps(list_steps(LINES), "web:1")
    assert [step.stage for step in found] == ["gateway", "nlu", "nlu", "dialogue"]
    text = "\n".join(render_steps(found))
    assert "503" in text
    assert "the store is down" in text
    assert "just started" in text
    rows = [row.split() for row in text.splitlines()[3:7]]
    assert rows[0][:3] == ["0.0", "4.0", "gateway"]
    assert rows[3][:4] == ["100.0", "50.0", "20.0", "dialogue"], "50 ms passed between nlu's end and dialogue's begin"
    assert "120.0 ms in all, 27.0 in the stages, 93.0 in gateway, network and broker" in text


@pytest.mark.parametrize("name", ["web:1.understood", "4bf9", "web:1"])
def test_a_message_is_found_by_an_event_of_it_and_by_its_trace(name: str) -> None:
    assert {step.message for step in select_steps(list_steps(LINES), name)} >= {"web:1"}


def test_the_last_message_is_the_one_that_somebody_said_last() -> None:
    lines = [*LINES, line("gateway", "30.000000", 4, ident="web:9")]
    assert {step.message for step in select_steps(list_steps(lines), "last")} == {"web:9"}
    assert select_steps(list_steps([]), "last") == []


def test_lines_may_come_wrapped_or_with_their_origin_before_them() -> None:
    wrapped = json.dumps({"jsonPayload": json.loads(LINES[2]), "insertId": "x"})
    assert len(list(list_steps([wrapped, f"[pod/parley-nlu-1/user-container] {LINES[2]}"]))) == 2


def test_what_nobody_logged_is_said_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lines"
    path.write_text("\n".join(LINES))
    assert main(["web:1", "--logs", str(path)]) == 0
    assert main(["web:7", "--logs", str(path)]) == 1
    said = capsys.readouterr()
    assert "message web:1  conversation abc" in said.out
    assert "task history" in said.err


def test_a_runs_log_keeps_every_line_and_shows_those_that_matter(tmp_path: Path) -> None:
    log = Log(tmp_path / LOG, "warning")
    info = line("nlu", "00.000000", 1)
    warning = info.replace("INFO", "WARNING")
    assert [log.take_line(text) for text in (info, warning, "Traceback", '{"time": 1, broken')] == [
        False,
        True,
        True,
        True,
    ]
    log.close()
    assert log.take_line(warning), "after the end lines are still shown"
    assert (tmp_path / LOG).read_text().splitlines() == [info, warning]


def test_a_runs_log_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("knative.local.logs.LIMIT", 1000)
    path = tmp_path / LOG
    log = Log(path, "error")
    for number in range(50):
        log.take_line(line("nlu", f"{number:02}.000000", 1))
    log.close()
    assert path.stat().st_size + find_older_log(path).stat().st_size < 2600
    assert "10:00:49" in (path.read_text() or find_older_log(path).read_text())


@pytest.mark.parametrize(("asked", "written"), [(None, "info"), ("error", "info"), ("debug", "debug"), ("odd", "info")])
def test_stages_write_at_least_what_a_trace_needs(asked: str | None, written: str) -> None:
    assert lower_level(asked) == written
