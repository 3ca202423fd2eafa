"""What a training run learns beside the examples: the names of intents that have few."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.dataset import NAMED, add_intent_names, assemble
from model_artifacts.training.nlu.encoder import read_encoder
from model_artifacts.training.nlu.reading import Example, read_files
from model_artifacts.training.nlu.tagging import Scheme, labels_of, mark_forbidden, tag_example
from tests.unit.training.tiny import write_tiny


def learned(assistant: Assistant) -> dict[str, str]:
    """Text -> intent of the examples that no one wrote."""
    dataset = add_intent_names(assemble(assistant, None, 0))
    return {e.text: e.intent for e in dataset.training if e.place.startswith("the name of")}


def test_an_intent_with_few_examples_learns_its_name(tmp_path: Path) -> None:
    assert learned(read_assistant(write_tiny(tmp_path / "tiny"))) == {
        "greet": "greet", "play music": "play_music", "fly": "fly",
    }  # fmt: skip
    # "goodbye" is an example already.


def test_the_name_of_a_retrieval_intent_is_its_last_part_and_numbers_say_nothing(tmp_path: Path) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    examples = [Example(f"text {i}", intent) for i, intent in enumerate(("faq/ask_price", "intent_7", "42"))]
    changed = replace(assistant, nlu=replace(assistant.nlu, examples=examples))
    assert learned(changed) == {"ask price": "faq/ask_price", "intent": "intent_7"}


def test_an_intent_with_many_examples_is_known_by_them(tmp_path: Path) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    many = [Example(f"play number {i}", "play_music") for i in range(NAMED)]
    changed = replace(assistant, nlu=replace(assistant.nlu, examples=[*assistant.nlu.examples, *many]))
    assert "play music" not in learned(changed)


def test_what_is_held_out_is_not_learned_as_a_name(tmp_path: Path) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    assert "fly" not in learned(replace(assistant, held_out=(Example("Fly", "fly"),)))


def test_a_text_that_is_marked_in_two_ways_is_learned_in_both(tmp_path: Path) -> None:
    assistant = read_assistant(write_tiny(tmp_path / "tiny"))
    artist = Example("eight", "play_music", (Annotation(0, 5, "artist"),))
    genre = Example("eight", "play_music", (Annotation(0, 5, "genre"),))
    again = Example("Eight", "play_music", (Annotation(0, 5, "genre"),))
    examples = [*assistant.nlu.examples, artist, genre, again]
    dataset = assemble(replace(assistant, nlu=replace(assistant.nlu, examples=examples)), None, 0)
    learned = [e for e in (*dataset.training, *dataset.validation) if e.text.lower() == "eight"]
    assert sorted(a.entity for e in learned for a in e.annotations) == ["artist", "genre"]


@pytest.mark.parametrize(
    "marked", ["a [5](size)[kg bag](thing)", "[10](size)[pm tomorrow](thing)", "[a](size)[b](thing)[c d e](other) f"]
)
def test_entities_that_share_a_word_give_a_path_that_the_tagger_can_take(marked: str, tmp_path: Path) -> None:
    """Each begins at the first word that no other has; the author reads that a part of a word was marked."""
    file = tmp_path / "nlu.yml"
    file.write_text(f"nlu:\n- intent: order\n  examples: |\n    - {marked}\n", encoding="utf-8")
    data = read_files([file])
    assert any(f"{file}:4: " in note and "is a part of a word; the whole word" in note for note in data.notes)
    scheme = Scheme(("order",), labels_of(data.examples))
    tags = tag_example(Tokenizer.from_str(read_encoder().tokenizer), scheme, data.examples[0]).tags
    assert tags is not None
    impossible = mark_forbidden(scheme.tags)
    # Nothing but a beginning stands first, and nothing continues what did not begin.
    assert tags[0] % 2 == 1 or tags[0] == 0
    assert not any(impossible[one, other] for one, other in pairwise(tags))
