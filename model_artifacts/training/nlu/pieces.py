"""Which pieces of a vocabulary of many languages an assistant keeps, and how a stage reads them.

The commonest words of each named language say which (`frequencies`). SentencePiece's pieces become BERT's, which a
stage loads in half the time.
"""

import json
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from model_artifacts.training.nlu.encoder import Encoder, limit_tokens
from model_artifacts.training.nlu.exported import Unusable
from model_artifacts.training.nlu.reading import InvalidData

SPACE = "\u2581"
"""What a piece of SentencePiece begins with that begins a word."""
INSIDE = "##"
"""What a piece of BERT begins with that does not begin a word."""
Words = Mapping[str, Sequence[tuple[str, float]]]
"""For each language its commonest words and the share that each has of a text."""
CAPITALS = 0.15
"""How often a word is written with a capital: names, beginnings, German nouns."""
SPELLED = 1e-6
"""A character in so large a share of a language's words is kept, so that every word can be spelled."""
UNREAD, READ_BADLY = 0.1, 0.01
"""Shares of words without pieces at which a language is refused, and at which its author is told."""
FIRST_LANGUAGE = 12_000
FURTHER_LANGUAGE = 5_400
"""Pieces that are kept for a language; six have 39,000 (tests/bench/README.md, "Languages")."""
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"


def usual_pieces(languages: Sequence[str]) -> int:
    return FIRST_LANGUAGE + FURTHER_LANGUAGE * (len(languages) - 1)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Pieces by BERT's names: each with its row among the word embeddings."""

    rows: Mapping[str, int]
    special: tuple[str, ...]
    settings: Mapping[str, Any]
    """What a WordPiece tokenizer has beside its pieces."""

    def tokenizer(self, rows: Mapping[str, int], encoder: Encoder) -> str:
        return limit_tokens(
            {
                **self.settings,
                "added_tokens": [{**token, "id": rows[token["content"]]} for token in self.settings["added_tokens"]],
                "post_processor": _renumbered(self.settings["post_processor"], rows),
                "model": {**self.settings["model"], "vocab": rows},
            },
            encoder,
        )


def keep_pieces(encoder: Encoder, size: int, texts: Collection[str], words: Words) -> Encoder:
    """The encoder with about `size` pieces: all that `texts` use, and those of the commonest `words`. 0 keeps all.

    Raises InvalidData for a language that the encoder has no pieces for.
    """
    vocabulary = _read_vocabulary(encoder)
    whole = Tokenizer.from_str(vocabulary.tokenizer(vocabulary.rows, encoder))
    whole.no_truncation()
    kept = {*vocabulary.special} if size else {*vocabulary.rows}
    kept |= {piece for piece in vocabulary.rows if piece.isascii() and len(piece.removeprefix(INSIDE)) == 1}
    for encoding in whole.encode_batch(sorted(texts)):
        kept.update(encoding.tokens)
    counts, spelled = _count_pieces(whole, words)
    kept |= spelled & vocabulary.rows.keys()
    for piece in sorted(counts, key=lambda piece: (-counts[piece], piece)):
        if len(kept) >= size:
            break
        kept.add(piece)
    order = sorted(kept, key=lambda piece: (vocabulary.rows[piece], piece))
    rows = np.array([vocabulary.rows[piece] for piece in order])
    weights = {**encoder.weights, WORD_EMBEDDINGS: encoder.weights[WORD_EMBEDDINGS][rows]}
    return replace(
        encoder,
        weights=weights,
        tokenizer=vocabulary.tokenizer({piece: place for place, piece in enumerate(order)}, encoder),
    )


def _count_pieces(tokenizer: Tokenizer, words: Words) -> tuple[dict[str, float], set[str]]:
    """How often each piece stands in texts of these languages, all together; and the characters to spell with."""
    total: dict[str, float] = {}
    characters: set[str] = set()
    unknown = json.loads(tokenizer.to_str())["model"]["unk_token"]
    for language, counted in words.items():
        found: dict[str, float] = {}
        letters: dict[str, float] = {}
        for capital, share in ((False, 1 - CAPITALS), (True, CAPITALS)):
            shown = [word[:1].upper() + word[1:] if capital else word for word, _ in counted]
            encodings = tokenizer.encode_batch(shown, add_special_tokens=False)
            for text, (_, frequency), encoding in zip(shown, counted, encodings, strict=True):
                for piece in encoding.tokens:
                    found[piece] = found.get(piece, 0.0) + frequency * share
                for character in text:
                    letters[character] = letters.get(character, 0.0) + frequency * share
        whole = sum(frequency for _, frequency in counted)
        _check_coverage(language, found.pop(unknown, 0.0) / whole if whole else 1.0)
        for piece, frequency in found.items():
            total[piece] = total.get(piece, 0.0) + frequency
        characters |= {prefix + one for one, share in letters.items() if share > SPELLED for prefix in ("", INSIDE)}
    return total, characters


def _check_coverage(language: str, missing: float) -> None:
    """InvalidData where the encoder has no pieces for the words of a language, a note where it has few."""
    share = f"{100 * min(missing, 1.0):.0f} % of its words"
    if missing > UNREAD:
        raise InvalidData(
            f"config.yml: languages: the encoder has no pieces for {share} in {language}; take {language} out, or give "
            "an encoder that knows it with ENCODER=folder"
        )
    if missing > READ_BADLY:
        print(f"note: the encoder reads {language} badly: it has no pieces for {share}")


def _read_vocabulary(encoder: Encoder) -> _Vocabulary:
    tokenizer = json.loads(encoder.tokenizer)
    kind = tokenizer["model"].get("type") or ("WordPiece" if "continuing_subword_prefix" in tokenizer["model"] else "?")
    special = tuple(token["content"] for token in tokenizer["added_tokens"])
    if kind == "WordPiece":
        return _Vocabulary(tokenizer["model"]["vocab"], special, tokenizer)
    if kind != "Unigram":
        raise Unusable(f"the pieces of {encoder.name} are of kind {kind}; only WordPiece and Unigram can be read")
    return _from_unigram(tokenizer, special)


def _from_unigram(tokenizer: Mapping[str, Any], special: tuple[str, ...]) -> _Vocabulary:
    """SentencePiece's pieces by BERT's names. A character that begins words has the row that is likelier for it."""
    rows: dict[str, int] = {}
    scores: dict[str, float] = {}
    pieces = tokenizer["model"]["vocab"]
    for row, (piece, score) in enumerate(pieces):
        if piece in special:
            rows[piece] = row
            continue
        begins, text = piece.startswith(SPACE), piece.removeprefix(SPACE)
        if not text or SPACE in text or not _is_one_word(text):
            continue
        if not begins:
            rows[INSIDE + text] = row
        alone = len(text) == 1
        if (begins or alone) and (text not in rows or (not text.isalnum() and score > scores[text])):
            rows[text], scores[text] = row, score
    return _Vocabulary(rows, special, _wordpiece(tokenizer, pieces[tokenizer["model"]["unk_id"]][0]))


def _is_one_word(text: str) -> bool:
    """Whether BERT would not split the piece: it has no sign, or is one."""
    return len(text) == 1 or not any(_is_sign(char) for char in text)


def _is_sign(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or char in "$+<=>^`|~"


def _wordpiece(tokenizer: Mapping[str, Any], unknown: str) -> dict[str, Any]:
    return {
        **tokenizer,
        "normalizer": {"type": "NFKC"},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "decoder": None,
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": INSIDE,
            "max_input_chars_per_word": 100,
        },
    }


def _renumbered(processor: Mapping[str, Any], rows: Mapping[str, int]) -> dict[str, Any]:
    changed = dict(processor)
    if "special_tokens" in changed:
        changed["special_tokens"] = {
            name: {**token, "ids": [rows[text] for text in token["tokens"]]}
            for name, token in changed["special_tokens"].items()
        }
    for end in ("sep", "cls"):
        if end in changed:
            changed[end] = [changed[end][0], rows[changed[end][0]]]
    return changed
