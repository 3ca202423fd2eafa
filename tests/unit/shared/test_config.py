"""Settings from the environment."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.config import Misconfigured, read, setting


@dataclass(frozen=True, slots=True)
class Config:
    url: str = setting("URL", doc="where")
    tries: int = setting("TRIES", 3, doc="how often")
    loud: bool = setting("LOUD", False, doc="how")
    names: tuple[str, ...] = setting("NAMES", (), doc="who")
    token: str = setting("TOKEN", "", doc="secret", secret=True)


def test_settings_are_read_typed_and_empty_ones_count_as_unset() -> None:
    config = read(Config, {"URL": "x", "TRIES": "", "LOUD": "yes", "NAMES": "a, b,"})
    assert config == Config("x", 3, True, ("a", "b"), "")


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(Misconfigured) as caught:
        read(Config, {"TRIES": "many", "LOUD": "perhaps", "TOKEN_FILE": "/no/such/file"})
    lines = str(caught.value).splitlines()
    assert [line.split()[1] for line in lines] == ["URL", "TRIES", "LOUD", "TOKEN"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    assert read(Config, {"URL": "x", "TOKEN_FILE": str(tmp_path / "token")}).token == "s3cret"
