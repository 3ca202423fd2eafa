"""A tokenizer.json as the stage reads it without the package: `pieces.bin`, where its kind allows that."""

import json
from pathlib import Path
from typing import Any

from functions.nlu.pieces import FILE
from functions.nlu.pieces.vocabulary import pack_vocabulary

SPLITS = {"type": "BertPreTokenizer"}
BERT = {
    "type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None,
    "lowercase": True,
}  # fmt: skip
WORDPIECE = {"type": "WordPiece", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
METASPACE = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
PLAIN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
CUT = {"direction": "Right", "strategy": "LongestFirst", "stride": 0}


def write_pieces(bundle: Path) -> None:
    """Write the pieces of the bundle's tokenizer.json beside it; none where only the package can read them."""
    content = pack_pieces(json.loads((bundle / "tokenizer.json").read_bytes()))
    if content is None:
        (bundle / FILE).unlink(missing_ok=True)
    else:
        (bundle / FILE).write_bytes(content)


def pack_pieces(tokenizer: dict[str, Any]) -> bytes | None:
    """The content of `pieces.bin`; None for a tokenizer of another kind than training makes."""
    ends = _read_ends(tokenizer)
    cut = tokenizer["truncation"] or {}
    if ends is None or tokenizer["padding"] is not None or not _has(cut, CUT):
        return None
    if not all(_has(token, PLAIN) for token in tokenizer["added_tokens"]):
        return None
    special = [token["content"] for token in tokenizer["added_tokens"]]
    settings = {"first": ends[0], "last": ends[1], "most": cut["max_length"], "special": special}
    model = tokenizer["model"]
    if _has(model, WORDPIECE) and tokenizer["normalizer"] == BERT and tokenizer["pre_tokenizer"] == SPLITS:
        unknown = model["vocab"][model["unk_token"]]
        return pack_vocabulary({**settings, "kind": "wordpiece", "unknown": unknown}, model["vocab"])
    split = {"type": "Sequence", "pretokenizers": [SPLITS, METASPACE]}
    if (
        model["type"] != "Unigram"
        or model.get("byte_fallback")
        or tokenizer["normalizer"] != {"type": "NFKC"}
        or tokenizer["pre_tokenizer"] != split
    ):
        return None
    scores = [score for _, score in model["vocab"]]
    pieces = {piece: number for number, (piece, _) in enumerate(model["vocab"])}
    told = {**settings, "kind": "unigram", "unknown": model["unk_id"], "least": min(scores)}
    return pack_vocabulary(told, pieces, scores)


def _has(given: dict[str, Any], wanted: dict[str, Any]) -> bool:
    return all(given.get(key) == value for key, value in wanted.items())


def _read_ends(tokenizer: dict[str, Any]) -> tuple[int, int] | None:
    """The ids of the pieces before and after every text, where each text has one of both."""
    processor = tokenizer["post_processor"] or {}
    if processor.get("type") != "TemplateProcessing":
        return None
    single = processor["single"]
    if [list(part) for part in single] != [["SpecialToken"], ["Sequence"], ["SpecialToken"]]:
        return None
    ends = [processor["special_tokens"][part["SpecialToken"]["id"]]["ids"] for part in (single[0], single[2])]
    return (ends[0][0], ends[1][0]) if [len(end) for end in ends] == [1, 1] else None
