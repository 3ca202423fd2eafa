"""Which pieces of a vocabulary of many languages an assistant keeps, and how a stage reads them.

The commonest words of each named language say which (`frequencies`). A word of the
entity head ends at signs, so SentencePiece's pieces are kept for such words.
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


def choose_piece_count(languages: Sequence[str]) -> int:
    return FIRST_LANGUAGE + FURTHER_LANGUAGE * (len(languages) - 1)


@dataclass(frozen=True, slots=True)
class _Vocabulary:
    """Pieces as the stage reads them: each with its row among the word embeddings."""

    rows: Mapping[str, int]
    special: tuple[str, ...]
    mark: str
    """What tells a piece within a word from one that begins it: INSIDE before the one, SPACE before the other."""
    settings: Mapping[str, Any]
    """What the tokenizer has beside its pieces."""
    scores: Mapping[str, float] | None = None
    """SentencePiece's."""

    def tokenizer(self, pieces: Sequence[str], encoder: Encoder) -> str:
        """tokenizer.json of these pieces, numbered in their order."""
        places = {piece: place for place, piece in enumerate(pieces)}
        model = dict(self.settings["model"])
        if self.scores is None:
            model["vocab"] = places
        else:
            model |= {"vocab": [[piece, self.scores[piece]] for piece in pieces], "unk_id": places[self.unknown]}
        return limit_tokens(
            {
                **self.settings,
                "added_tokens": [{**token, "id": places[token["content"]]} for token in self.settings["added_tokens"]],
                "post_processor": _renumber(self.settings["post_processor"], places),
                "model": model,
            },
            encoder,
        )

    @property
    def unknown(self) -> str:
        model = self.settings["model"]
        return str(model["unk_token"] if self.scores is None else model["vocab"][model["unk_id"]][0])


def keep_pieces(encoder: Encoder, size: int, texts: Collection[str], words: Words) -> Encoder:
    """The encoder with about `size` pieces: all that `texts` use, and those of the commonest `words`. 0 keeps all.

    Raises InvalidData for a language that the encoder has no pieces for.
    """
    vocabulary = _read_vocabulary(encoder)
    whole = Tokenizer.from_str(vocabulary.tokenizer(list(vocabulary.rows), encoder))
    whole.no_truncation()
    kept = {*vocabulary.special, vocabulary.unknown} if size else {*vocabulary.rows}
    kept |= {
        piece for piece in vocabulary.rows if len(text := piece.removeprefix(vocabulary.mark)) < 2 and text.isascii()
    }
    for encoding in whole.encode_batch(sorted(texts)):
        kept.update(encoding.tokens)
    counts, characters = _count_pieces(whole, words, vocabulary.unknown)
    kept |= {prefix + one for one in characters for prefix in ("", vocabulary.mark)} & vocabulary.rows.keys()
    for piece in sorted(counts, key=lambda piece: (-counts[piece], piece)):
        if len(kept) >= size:
            break
        kept.add(piece)
    # A character that no piece has is told as itself.
    order = sorted(kept & vocabulary.rows.keys(), key=lambda piece: (vocabulary.rows[piece], piece))
    rows = np.array([vocabulary.rows[piece] for piece in order])
    weights = {**encoder.weights, WORD_EMBEDDINGS: encoder.weights[WORD_EMBEDDINGS][rows]}
    return replace(encoder, weights=weights, tokenizer=vocabulary.tokenizer(order, encoder))


def _count_pieces(tokenizer: Tokenizer, words: Words, unknown: str) -> tuple[dict[str, float], set[str]]:
    """How often each piece stands in texts of these languages, all together; and the characters to spell with."""
    total: dict[str, float] = {}
    characters: set[str] = set()
    place = tokenizer.token_to_id(unknown)
    for language, counted in words.items():
        found: dict[str, float] = {}
        letters: dict[str, float] = {}
        for capital, share in ((False, 1 - CAPITALS), (True, CAPITALS)):
            shown = [word[:1].upper() + word[1:] if capital else word for word, _ in counted]
            encodings = tokenizer.encode_batch(shown, add_special_tokens=False)
            for text, (_, frequency), encoding in zip(shown, counted, encodings, strict=True):
                for piece, number in zip(encoding.tokens, encoding.ids, strict=True):
                    # SentencePiece names a character without a piece by itself.
                    piece = unknown if number == place else piece
                    found[piece] = found.get(piece, 0.0) + frequency * share
                for character in text:
                    letters[character] = letters.get(character, 0.0) + frequency * share
        whole = sum(frequency for _, frequency in counted)
        _check_coverage(language, found.pop(unknown, 0.0) / whole if whole else 1.0)
        for piece, frequency in found.items():
            total[piece] = total.get(piece, 0.0) + frequency
        characters |= {one for one, share in letters.items() if share > SPELLED}
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
    special = tuple(token["content"] for token in tokenizer["added_tokens"])
    if encoder.wordpieces:
        return _Vocabulary(tokenizer["model"]["vocab"], special, INSIDE, tokenizer)
    kind = tokenizer["model"].get("type")
    if kind != "Unigram":
        raise Unusable(f"the pieces of {encoder.name} are of kind {kind}; only WordPiece and Unigram can be read")
    return _from_unigram(tokenizer, special)


def _from_unigram(tokenizer: Mapping[str, Any], special: tuple[str, ...]) -> _Vocabulary:
    """SentencePiece's pieces for words that end at signs, as they do everywhere else here: what holds a sign beside
    letters goes, and a sign is a word, with the row of where it stands more often: after a word, or alone."""
    rows: dict[str, int] = {}
    scores: dict[str, float] = {}
    for row, (piece, score) in enumerate(tokenizer["model"]["vocab"]):
        text = piece.removeprefix(SPACE)
        if piece not in special and any(map(_is_sign, text)):
            piece = SPACE + text
            if len(text) > 1 or score < scores.get(piece, score):
                continue
        rows[piece], scores[piece] = row, score
    words = {"type": "Metaspace", "replacement": SPACE, "prepend_scheme": "always", "split": True}
    split = {"type": "Sequence", "pretokenizers": [{"type": "BertPreTokenizer"}, words]}
    settings = {**tokenizer, "normalizer": {"type": "NFKC"}, "decoder": None, "pre_tokenizer": split}
    return _Vocabulary(rows, special, SPACE, settings, scores)


def _is_sign(char: str) -> bool:
    return unicodedata.category(char).startswith("P") or char in "$+<=>^`|~"


def _renumber(processor: Mapping[str, Any], rows: Mapping[str, int]) -> dict[str, Any]:
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
