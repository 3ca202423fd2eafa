"""What a student reads beside the examples."""

from dataclasses import replace
from pathlib import Path

from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.nlu.unlabelled import MIXED, list_unlabelled
from tests.unit.training.tiny import write_tiny

PAGE = """# Opening hours

The counter beside the harbour opens at nine on weekdays, when the first ferry arrives. On holidays it stays closed.
"""


def test_a_student_reads_examples_documents_public_texts_and_mixtures_but_nothing_that_is_kept_out(
    tmp_path: Path,
) -> None:
    source = write_tiny(tmp_path / "tiny")
    (source / "knowledge").mkdir()
    (source / "knowledge" / "hours.md").write_text(PAGE)
    banking = tmp_path / "data" / "banking77"
    banking.mkdir(parents=True)
    (banking / "train.csv").write_text("text,category\nmy card was eaten,swallowed\nwhere is my money,lost\n")
    assistant = replace(read_assistant(source), public=({"set": "banking77", "intents": {"lost": "greet"}},))
    said = [example.text for example in assistant.nlu.examples]
    kept_out = [Example("Where is my MONEY", "greet"), assistant.nlu.examples[0]]
    texts = list_unlabelled(assistant, source, tmp_path / "data", kept_out, tmp_path / "cache", 0)
    assert {"my card was eaten", "Opening hours", "On holidays it stays closed.", *said[1:]} <= {*texts}
    assert not {"where is my money", said[0]} & {*texts}
    mixed = texts[-round(len(texts) * MIXED / (1 + MIXED)) :]
    assert not {*mixed} <= {*texts[: -len(mixed)]}
    words = {word for text in texts[: -len(mixed)] for word in text.split()}
    assert all({*text.split()} <= words for text in mixed)
    assert texts == list_unlabelled(assistant, source, tmp_path / "data", kept_out, tmp_path / "cache", 0)
    alone = list_unlabelled(assistant, source, None, (), tmp_path / "cache", 0)
    assert "my card was eaten" not in alone
    assert said[0] in alone
