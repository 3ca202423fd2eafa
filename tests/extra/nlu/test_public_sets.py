"""Real assistants and real data sets: every annotation is read, every mapping holds."""

from collections import Counter

import pytest

from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.dataset import assemble
from model_artifacts.training.nlu.public import SOURCES
from tests.architecture.code import ROOT
from tests.extra.material import material

DEFAULT = ROOT / "model_artifacts" / "assistants" / "default"


@pytest.mark.parametrize("bot", ["concertbot", "financial", "formbot", "moodbot", "rules"])
def test_the_examples_of_rasa_projects_are_read(bot: str) -> None:
    path = material("bots", bot)
    assistant = read_assistant(path)
    assert assistant.nlu.examples
    assert not [example for example in assistant.nlu.examples if "](" in example.text]
    dataset = assemble(assistant, None, 0)
    assert set(dataset.scheme.intents) >= {example.intent for example in assistant.nlu.examples}


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_a_public_set_is_read_with_spans_inside_its_texts(name: str) -> None:
    utterances = list(SOURCES[name].read(material("data", name)))
    assert len(utterances) > 1000
    for utterance in utterances:
        for start, end, _ in utterance.spans:
            assert utterance.text[start:end].strip()
    assert any(utterance.spans for utterance in utterances) == SOURCES[name].marked


def test_the_default_assistant_takes_what_its_mapping_names() -> None:
    assistant = read_assistant(DEFAULT)
    dataset = assemble(assistant, material("data"), 0)
    public = Counter(example.intent for example in dataset.training if not example.authored)
    assert {"search_video", "play_music", "get_weather", "out_of_scope"} <= set(public)
    assert {data.name for data in dataset.public} == {"snips_original", "sgd_media", "clinc150"}
    held = {example.text.casefold() for example in dataset.held_out}
    assert not held & {example.text.casefold() for example in (*dataset.training, *dataset.validation)}
