"""The pieces that an assistant of several languages keeps, and what a stage reads with them."""

from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from functions.nlu.encoding import encode
from functions.nlu.model import load_model
from functions.nlu.pieces import Reader
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.__main__ import main
from model_artifacts.training.nlu.encoder import Encoder, read_encoder
from model_artifacts.training.nlu.pieces import keep_pieces
from model_artifacts.training.nlu.reading import InvalidData
from shared.bundle.manifest import read_bundle
from tests.unit.training.encoders import WORDS, write_encoder
from tests.unit.training.tiny import write_tiny

ROWS = "embeddings.word_embeddings.weight"
COUNTED = {"en": [("play", 0.4), ("jazz", 0.2)], "de": [("spiele", 0.4), ("musik", 0.3), ("größer", 0.2)]}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    path = tmp_path_factory.mktemp("encoders") / "small"
    write_encoder(path)
    return read_encoder(path)


def tokens(encoder: Encoder, text: str) -> list[str]:
    return list(Tokenizer.from_str(encoder.tokenizer).encode(text).tokens)


def test_the_pieces_of_common_words_stay_and_others_are_spelled(encoder: Encoder) -> None:
    kept = keep_pieces(encoder, 130, ["favor"], COUNTED)
    assert tokens(kept, "spiele jazz favor") == ["<s>", "\u2581spiele", "\u2581jazz", "\u2581favor", "</s>"]
    # "Rome" is in no language's words here.
    assert tokens(kept, "Rome")[1:-1] != ["\u2581Rome"]
    assert "<unk>" not in tokens(kept, "größer")
    whole = keep_pieces(encoder, 0, (), {})
    assert tokens(whole, "Rome") == ["<s>", "\u2581Rome", "</s>"]


def test_each_piece_keeps_its_vector(encoder: Encoder) -> None:
    kept, whole = keep_pieces(encoder, 120, WORDS, COUNTED), keep_pieces(encoder, 0, (), {})
    text = "play jazz, größer!"
    assert tokens(kept, text) == tokens(whole, text)
    small, large = (Tokenizer.from_str(one.tokenizer).encode(text).ids for one in (kept, whole))
    assert np.array_equal(kept.weights[ROWS][small], whole.weights[ROWS][large])
    assert len(kept.weights[ROWS]) < len(whole.weights[ROWS])


def test_words_end_at_signs_and_keep_their_place_in_the_text(encoder: Encoder) -> None:
    text = "Hallo, spiele música!"
    encoded = encode(Tokenizer.from_str(keep_pieces(encoder, 0, (), {}).tokenizer), text)
    assert [text[start:end] for start, end in encoded.spans] == ["Hallo", ",", "spiele", "música", "!"]


def test_a_language_without_pieces_is_refused_by_its_name(encoder: Encoder) -> None:
    with pytest.raises(InvalidData, match=r"no pieces for 100 % of its words in ru"):
        keep_pieces(encoder, 130, (), {**COUNTED, "ru": [("привет", 0.5)]})
    with pytest.raises(InvalidData, match=r"no pieces for 100 % of its words in ka"):
        keep_pieces(encoder, 130, (), {**COUNTED, "ka": []})


def test_a_language_that_is_read_badly_is_said(encoder: Encoder, capsys: pytest.CaptureFixture[str]) -> None:
    keep_pieces(encoder, 130, (), {"sr": [("hallo", 0.95), ("здраво", 0.05)]})
    assert "reads sr badly" in capsys.readouterr().out


def test_an_assistant_of_several_languages_is_trained_on_a_given_encoder(tmp_path: Path) -> None:
    write_encoder(tmp_path / "small", onnx=True)
    assistant = write_tiny(tmp_path / "tiny")
    (assistant / "config.yml").write_text("languages: [en, de]\n")
    german = "nlu:\n- intent: greet\n  examples: |\n    - hallo\n"
    (assistant / "tests" / "test_nlu.de.yml").write_text(german)
    (assistant / "tests" / "test_nlu.fr.yml").write_text(german.replace("hallo", "salut"))
    main(["--assistant", str(assistant), "--encoder", str(tmp_path / "small"), "--vocabulary", "0", "--quick"])
    facts = read_bundle(assistant / "bundle", needs=()).manifest.nlu
    assert facts["encoder"] == "small"
    assert facts["test"]["examples"] == 2
    # French is not spoken, so its file is not read.
    assert {language: score["examples"] for language, score in facts["test_in"].items()} == {"de": 1}
    model = load_model(assistant / "bundle")
    assert isinstance(model.tokenizer, Reader)
    assert understand(model, "play jazz", None).intent is not None
    # What the package reads is understood alike.
    by_package = load_model(assistant / "bundle", tokenizers=True)
    for text in ("Spiele etwas Musik, größer!", "hallo Rome", "música por favor"):
        assert understand(model, text, None) == understand(by_package, text, None)
