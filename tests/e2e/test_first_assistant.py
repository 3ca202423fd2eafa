"""From nothing to an assistant of one's own that talks: made, trained as it is started, spoken to."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from knative.local.ports import find_free_ports
from model_artifacts.templates.__main__ import TEMPLATES, create_assistant
from tests.e2e.conftest import ROOT, running
from tests.e2e.test_assistant import eventually, say

PAGE = ROOT / "model_artifacts" / "templates" / "README.md"


@pytest.mark.slow
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_new_assistant_talks_at_once(template: str, tmp_path: Path) -> None:
    made = create_assistant("dr-molar", template, tmp_path / "bot")
    with running(tmp_path, arguments=["--assistant", str(made)]) as assistant:
        assert "I am Dr Molar" in say(assistant, "ann", "hello")
        assert "did not get that" in say(assistant, "ann", "xq zzk vvrp")
    assert (made / "bundle" / "manifest.json").is_file()


def test_a_booking_is_made_in_words_that_nobody_wrote_down(tmp_path: Path) -> None:
    made = create_assistant("dr-molar", "booking", tmp_path / "bot")
    with running(tmp_path, arguments=["--assistant", str(made)]) as assistant:
        assert "which day" in say(assistant, "bob", "could I get an appointment please")
        assert "what time" in say(assistant, "bob", "on Thursday").lower()
        said = say(assistant, "bob", "how much does that cost?")
        assert "40 euros" in said
        assert "what time" in said.lower()
        assert "your name" in say(assistant, "bob", "at 10:30 in the morning")
        assert "telephone" in say(assistant, "bob", "Susan Boyle")
        assert "no telephone number" in say(assistant, "bob", "12")
        assert "for Susan Boyle: shall I book it?" in say(assistant, "bob", "030 1234567")
        done = say(assistant, "bob", "yes please")
        assert "Susan Boyle" in done
        assert "Thursday" in done
        assert "10:30" in done


@pytest.mark.slow
def test_every_command_of_the_page_for_newcomers_works(tmp_path: Path) -> None:
    commands = [
        line for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL) for line in block.splitlines()
    ]
    assert len(commands) >= 8
    port = str(find_free_ports(1)[0])
    environ = {**os.environ, "CALLED_FROM": str(ROOT), "PARLEY_HOME": str(tmp_path / "home")}
    up: subprocess.Popen[bytes] | None = None
    output = tmp_path / "up.txt"
    try:
        for command in commands:
            command = command.replace("../dentist", str(tmp_path / "dentist")).replace(
                "localhost:8080", f"localhost:{port}"
            )
            # What is needed is installed where tests run.
            command = re.sub(r"^\./taskw (.*)", rf"{ROOT}/.venv/bin/task \1 PORT={port} INSTALL=true", command)
            if " up " in command:
                with output.open("wb") as sink:
                    up = subprocess.Popen(
                        ["sh", "-c", f"exec {command}"], cwd=ROOT, env=environ, stdout=sink, stderr=subprocess.STDOUT,
                        start_new_session=True,
                    )  # fmt: skip
                eventually(lambda: "is ready" in output.read_text(errors="replace"), 120)
                continue
            done = subprocess.run(
                ["sh", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            if command.startswith("curl"):
                assert "name" in done.stdout
    finally:
        if up is not None:
            os.killpg(up.pid, signal.SIGINT)
            up.wait(30)
