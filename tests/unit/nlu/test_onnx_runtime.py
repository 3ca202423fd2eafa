"""The session without numpy answers as the package's does; where it cannot be had, the package is used."""

import ctypes
import json
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from functions.nlu.encoding import encode
from functions.nlu.model import load_model
from functions.nlu.onnx_runtime import Session, c_api, open_model
from functions.nlu.onnx_runtime.session import LibrarySession, PackageSession
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
    with pytest.raises(c_api.Failed, match=r"(?i)out of|index|range|bounds"):
        lean.run([101, 10_000_000, 102])
    assert lean.run([101, 102]), "and the session goes on"


@pytest.mark.parametrize("content", [b"", b"not a model", None])
def test_a_model_that_is_none_is_unavailable_and_says_what_to_do(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Unavailable, match="task train"):
        open_model(str(path))


@pytest.mark.parametrize(
    ("name", "value", "cause"),
    [
        ("FILE", "no-such-library.so.", r"no no-such-library"),
        ("VERSION", 9999, r"does not know version 9999"),
        ("TESTED", ("1.0.0", "1.1.0"), r"is release 1\.\d+\.\d+; tested are 1\.0\.0, 1\.1\.0"),
    ],
)
def test_where_the_library_cannot_be_used_the_package_is_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str, value: object, cause: str
) -> None:
    monkeypatch.setattr(c_api, "_LOADED", [])
    monkeypatch.setattr(c_api, name, value)
    session = open_model(MODEL)
    assert isinstance(session, PackageSession)
    assert len(session.run([101, 102])[1]) == 2
    ((record),) = [one for one in caplog.records if one.message == "onnxruntime's package is used"]
    assert re.search(cause, record.fields["cause"])  # type: ignore[attr-defined]


def test_a_setting_takes_the_package() -> None:
    assert isinstance(open_model(MODEL, package=True), PackageSession)
    assert isinstance(load_model(BUNDLE, package=True).session, PackageSession)


def test_the_release_that_is_installed_was_tested() -> None:
    pinned = re.search(r"^onnxruntime==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert pinned is not None
    assert pinned[1] in c_api.TESTED


def test_every_function_has_the_types_of_its_arguments(lean: Session) -> None:
    assert isinstance(lean, LibrarySession)
    for name, function in lean._library._functions.items():
        assert tuple(function.argtypes) == c_api.FUNCTIONS[name][1]
        with pytest.raises(ctypes.ArgumentError):
            function(*[object()] * len(function.argtypes))


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
