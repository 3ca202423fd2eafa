"""The JSON Schemas of the events say what the codec does."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.generate import schemas
from shared.errors import Rejected
from shared.events.catalogue import CATALOGUE
from shared.events.wire import from_wire, to_wire
from tests.architecture.code import ROOT
from tests.unit.shared.test_wire import EVENTS, JSONS

BY_CLASS = {cls: jsonschema.Draft202012Validator(schemas.generate_schema(cls)) for cls in CATALOGUE}


def test_the_schemas_in_the_repository_are_current() -> None:
    assert {path.name: path.read_text() for path in schemas.FOLDER.glob("*.json")} == schemas.generate_schemas(), (
        "task docs"
    )


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.TYPE)
@given(data=st.data())
def test_what_the_codec_writes_is_valid(cls: Any, data: st.DataObject) -> None:
    BY_CLASS[cls].validate(json.loads(json.dumps(to_wire(data.draw(EVENTS[cls])))))


@pytest.mark.parametrize("cls", CATALOGUE, ids=lambda cls: cls.TYPE)
@given(wire=JSONS)
def test_what_the_codec_reads_is_what_is_valid(cls: Any, wire: Any) -> None:
    try:
        from_wire(cls, wire)
    except Rejected:
        assert not BY_CLASS[cls].is_valid(wire)
    else:
        assert BY_CLASS[cls].is_valid(wire)


@pytest.mark.parametrize("path", sorted(ROOT.glob("functions/*/sample.json")), ids=lambda path: path.parent.name)
def test_the_stages_samples_are_valid(path: Any) -> None:
    event = json.loads(path.read_text())
    for cls, validator in BY_CLASS.items():
        if event.get("type") == cls.TYPE:
            validator.validate(event["data"])
            return
    assert path.parent.name == "gateway"
