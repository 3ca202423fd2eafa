"""The session without numpy answers as the package's does; where it cannot be had, the package is used."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from functions.nlu import runtime
from functions.nlu.encoding import encode
from functions.nlu.model import load_model
from functions.nlu.runtime import LibrarySession, PackageSession, Session, open_model
from knative.local.stages import ASSISTANTS, ROOT
from shared.errors import Unavailable

BUNDLE = ASSISTANTS / "default" / "bundle"
MODEL = str(BUNDLE / "model.onnx")


@pytest.fixture(scope="module")
def lean() -> Session:
    session = open_model(MODEL)
    assert isinstance(session, LibrarySession), "the wheel of onnxruntime brings its library"
    return session


def test_every_golden_prediction_has_the_same_numbers_on_both(lean: Session) -> None:
    package, tokenizer = PackageSession(MODEL), load_model(BUNDLE).tokenizer
    for line in (BUNDLE / "golden.jsonl").read_text().splitlines():
        text = json.loads(line)["text"]
        ids = encode(tokenizer, text).ids
        logits, emissions = lean.run(ids)
        other, others = package.run(ids)
        assert logits == pytest.approx(other, abs=1e-5)
        assert len(emissions) == len(others) == len(ids)
        for row, one in zip(emissions, others, strict=True):
            assert row == pytest.approx(one, abs=1e-5)


def test_texts_of_any_length_and_many_threads_at_once(lean: Session) -> None:
    expected = {length: lean.run([101, *range(1000, 1000 + length), 102]) for length in (0, 1, 60, 250)}
    wrong: list[object] = []

    def ask() -> None:
        for _ in range(5):
            for length, answer in expected.items():
                if lean.run([101, *range(1000, 1000 + length), 102]) != answer:
                    wrong.append(length)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_the_model_cannot_take_is_an_error_with_its_words(lean: Session) -> None:
    with pytest.raises(runtime.Failed, match=r"(?i)out of|index|range|bounds"):
        lean.run([101, 10_000_000, 102])
    assert lean.run([101, 102]), "and the session goes on"


@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_a_model_that_is_none_is_unavailable_and_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match="task train"):
        open_model(str(path))


@pytest.mark.parametrize("missing", ["no library", "an older one"])
def test_without_the_library_the_package_is_used(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(runtime, "_loaded", [])
    if missing == "no library":
        monkeypatch.setattr(runtime, "LIBRARY", "no-such-library.so.")
    else:
        monkeypatch.setattr(runtime, "VERSION", 9999)
    session = open_model(MODEL)
    assert isinstance(session, PackageSession)
    assert len(session.run([101, 102])[1]) == 2


def test_understanding_imports_neither_numpy_nor_the_package() -> None:
    code = f"""
import sys
from pathlib import Path
from functions.nlu.model import load_model
from functions.nlu.understanding import understand
print(understand(load_model(Path({str(BUNDLE)!r})), "play some jazz", None).entities[0].value)
print({{"numpy", "onnxruntime", "huggingface_hub"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.split("\n")[:2] == ["jazz", "set()"], done.stderr
