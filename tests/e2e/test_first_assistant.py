"""From nothing to an assistant of one's own that talks: made, trained as it is started, spoken to."""

from pathlib import Path

import pytest

from model_artifacts.templates.__main__ import TEMPLATES, create_assistant
from tests.e2e.conftest import running
from tests.e2e.test_assistant import say


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
        assert "your name" in say(assistant, "bob", "at 10:30")
        assert "telephone" in say(assistant, "bob", "Susan Boyle")
        assert "no telephone number" in say(assistant, "bob", "my neighbour knows")
        assert "Shall I book that, Susan Boyle?" in say(assistant, "bob", "030 1234567")
        done = say(assistant, "bob", "yes please")
        assert "Susan Boyle" in done
        assert "Thursday" in done
        assert "10:30" in done
