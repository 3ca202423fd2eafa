"""Ids of conversations in logs: keyed, so that nobody finds a telephone number by hashing all there are."""

import hashlib
import hmac
import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from knative.local.stages import installation_secret
from shared.digest import hmac_sha256, sha256
from tests.architecture.code import ROOT

PROGRAM = """
import sys
from shared.process import open_process
from shared.telemetry import hash_conversation
open_process("nlu", dict([pair.split("=", 1) for pair in sys.argv[2:]]))
print(hash_conversation(sys.argv[1]))
"""
NUMBER = "whatsapp:491701234567"
OLD, NEW = "o" * 32, "n" * 32


def hashed(*settings: str) -> str:
    """The id in a process of its own, as a stage starts."""
    command = [sys.executable, "-c", PROGRAM, NUMBER, *settings]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_is_the_standard_librarys(key: bytes, data: bytes) -> None:
    assert hmac_sha256(key, data) == hmac.new(key, data, hashlib.sha256).digest()


def test_stages_of_one_installation_write_one_id_and_others_write_others() -> None:
    assert hashed(f"INSTALLATION_SECRET={OLD}") == hashed(f"INSTALLATION_SECRET={OLD}")
    assert hashed(f"INSTALLATION_SECRET={OLD}") != hashed(f"INSTALLATION_SECRET={NEW}")
    assert hashed(f"INSTALLATION_SECRET={NEW},{OLD}") == hashed(f"INSTALLATION_SECRET={NEW}")


def test_without_the_secret_the_number_is_not_found_by_trying() -> None:
    """Whoever tries all numbers has to know the key, which is at random where nobody set one."""
    found = {hashed(), hashed(), hashed(f"INSTALLATION_SECRET={OLD}")}
    assert len(found) == 3
    assert sha256(NUMBER.encode())[:12] not in found


def test_a_secret_that_is_too_short_stops_the_start() -> None:
    command = [sys.executable, "-c", PROGRAM, NUMBER, "INSTALLATION_SECRET=short"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "INSTALLATION_SECRET must have at least 32 characters" in done.stderr
    assert "short" not in done.stderr


def test_the_runs_of_an_assistant_share_a_secret_that_nobody_else_reads(tmp_path: Path) -> None:
    first = installation_secret(tmp_path / "place")
    assert first == installation_secret(tmp_path / "place") != installation_secret(tmp_path / "other")
    assert len(first) == 64
    assert (tmp_path / "place" / "installation.secret").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "place").iterdir()] == ["installation.secret"]
