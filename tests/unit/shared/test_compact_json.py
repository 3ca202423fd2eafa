"""JSON is written as the json module writes it, by its encoder in C and where there is none."""

import json
from typing import Any

import pytest

from shared.compact_json import make_writer

VALUES: list[Any] = [
    {},
    [],
    "é \ud83d \n",
    {"a": [1, 2.5, None, True, {"ü": "\u2028"}], "big": 2**80},
    {1: "a key that is a number", "t": ("a", "tuple")},
]


@pytest.fixture(params=["in C", "in Python"])
def _encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "in Python":
        monkeypatch.setattr(json.encoder, "c_make_encoder", None)


@pytest.mark.usefixtures("_encoder")
@pytest.mark.parametrize("escaped", [False, True])
def test_a_value_is_written_as_the_json_module_does(escaped: bool) -> None:
    write = make_writer(escaped=escaped)
    for value in VALUES:
        assert write(value) == json.dumps(value, ensure_ascii=escaped, separators=(",", ":"))


@pytest.mark.usefixtures("_encoder")
def test_what_json_does_not_know_is_refused_or_made_known() -> None:
    with pytest.raises(ValueError, match="compliant"):
        make_writer(nan=False)([float("nan")])
    with pytest.raises(TypeError):
        make_writer()({"x": {1, 2}})
    assert make_writer(default=sorted)({"x": {2, 1}}) == '{"x":[1,2]}'
