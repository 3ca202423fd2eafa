"""Which pretrained encoder training starts from: MiniLM for English, the multilingual one for several languages."""

from collections.abc import Collection
from pathlib import Path

from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.encoder import DEFAULT, Encoder, keep_layers, prune, read_encoder
from model_artifacts.training.nlu.frequencies import count_words
from model_artifacts.training.nlu.packaged import LICENCE, NAME, SOURCE, fetch_encoder
from model_artifacts.training.nlu.pieces import choose_piece_count, keep_pieces
from shared.bundle.manifest import DataSet

MINILM = DataSet(
    "all-MiniLM-L6-v2 (encoder)", "Apache-2.0", "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"
)
MULTILINGUAL = DataSet(f"{NAME} (encoder)", LICENCE, SOURCE)
VOCABULARY = 12000
"""Pieces kept for an assistant of one language."""


def find_pretrained(assistant: Assistant, given: Path | None) -> Path:
    """The directory of the encoder: what was given, else what the languages need, fetched the first time."""
    if given is not None:
        return given
    return fetch_encoder() if assistant.multilingual else DEFAULT


def sources_of(path: Path) -> tuple[DataSet, ...]:
    """What the manifest says of an encoder that is known here."""
    if path == DEFAULT:
        return (MINILM,)
    return (MULTILINGUAL,) if path.name == NAME else ()


def read_pretrained(assistant: Assistant, given: Path | None, layers: int) -> Encoder:
    return keep_layers(read_encoder(find_pretrained(assistant, given)), layers)


def cut_vocabulary(encoder: Encoder, size: int | None, texts: Collection[str], assistant: Assistant) -> Encoder:
    """The encoder with the pieces of these languages; a `size` of None is what they usually need, 0 keeps all."""
    if not assistant.multilingual and encoder.wordpieces:
        return prune(encoder, VOCABULARY if size is None else size, texts)
    if size is None:
        size = choose_piece_count(assistant.languages)
    return keep_pieces(encoder, size, texts, count_words(assistant.languages, encoder) if size else {})
