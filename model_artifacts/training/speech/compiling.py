"""What the speech stage is told of an assistant: its language and, for the embedded recogniser, words and trigrams.

The acoustic model stays in the library's package. For assistants in other languages than English only their language
is written: PocketSphinx's package has no other, and without a model their speech stage says that it cannot listen.
"""

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pocketsphinx
import yaml

from functions.speech.sphinx import FORMAT
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.speech.corpus import Corpus, Words, read_corpus
from model_artifacts.training.speech.ngrams import BEGIN, END, Trigrams
from model_artifacts.training.speech.pronouncing import Dictionary, add_british, read_dictionary

GENERAL = 5000
"""Words of general English, the most frequent ones, that can be heard though no example has them."""
DECODER: Mapping[str, Any] = {"cmn": "batch", "lw": 6.0, "wip": 0.05}
"""Each recording by itself; weight of the language, penalty of a word. Chosen, as what follows is, on validation
examples that were spoken to it (tests/bench/README.md)."""
CALIBRATION: Mapping[str, float] = {"intercept": 4.2994, "posterior": 0.7744, "score": 0.6989, "words": -0.6723}
"""Fitted to the share of words that were right in 360 recordings by twelve voices of three programs, a half of them
under noise (correlation 0.70)."""
LEAST = 0.2
"""Below it 16 of 93 recordings (of those 360) would have been understood rightly."""


def compile_speech(
    source: Path,
    out: Path,
    responses: Mapping[str, Any],
    without: Collection[str] = (),
    languages: Sequence[str] = (),
) -> None:
    """Write the assistant's language into the directory `out`; no more than its name where it is not English.

    Examples whose text is in `without` are left out, for measurements on what was not compiled. `languages` are those
    of an assistant that has several.
    """
    language = _read_language(source)
    several = {"languages": list(dict.fromkeys(languages))} if len(languages) > 1 else {}
    if language != "en":
        print(f"{source.name}: the embedded recogniser knows English only; for {language}: task speech:model")
        _write({"format": FORMAT, "language": language, **several}, out)
        return
    dictionary = read_dictionary(Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
    corpus = read_corpus(read_assistant(source), responses, dictionary.knows, without)
    general = _read_general(dictionary)
    words = {word for sentence in corpus.sentences for word in sentence if word not in corpus.classes}
    members = {name: sorted(found) for name, found in sorted(corpus.classes.items())}
    entries = {word: add_british(dictionary.find_pronunciations(word)) for word in {*words, *general}}
    for name, found in members.items():
        entries |= {_name_member(name, each): add_british(dictionary.pronounce_phrase(each)) for each in found}
    (out / "speech.dict").write_text("".join(_write_entries(entries)), encoding="utf-8")
    (out / "speech.classes").write_text("".join(_write_classes(corpus, members)), encoding="utf-8")
    (out / "speech.lm").write_text(Trigrams(corpus.sentences, general).write_arpa(), encoding="utf-8")
    (out / "speech.ctl").write_text(_write_control(members), encoding="utf-8")
    described = {
        "format": FORMAT,
        "language": language,
        **several,
        "decoder": DECODER,
        "calibration": CALIBRATION,
        "least": LEAST,
        "written": _write_corpus(corpus, members),
        "facts": {
            "sentences": len(corpus.sentences),
            "words": len({*words, *general}),
            "members": sum(map(len, members.values())),
        },
    }
    _write(described, out)


def _write(described: Mapping[str, Any], out: Path) -> None:
    text = json.dumps(described, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    (out / "speech.json").write_text(text, encoding="utf-8")


def _read_language(source: Path) -> str:
    path = source / "config.yml"
    config = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return str((config or {}).get("language") or "en").lower().partition("-")[0].partition("_")[0]


def _read_general(dictionary: Dictionary) -> Mapping[str, float]:
    """The most frequent words of the language model that comes with PocketSphinx, with their probability."""
    scale = pocketsphinx.LogMath(1.0001)
    model = pocketsphinx.NGramModel(pocketsphinx.Config(), scale, pocketsphinx.get_model_path("en-us/en-us.lm.bin"))
    scored = sorted(((model.prob([word]), word) for word in dictionary), reverse=True)
    return {word: math.exp(scale.log_to_ln(score)) for score, word in scored[:GENERAL] if word not in (BEGIN, END)}


def _name_member(name: str, words: Words) -> str:
    """A class's member as one word of the dictionary."""
    return f"{'_'.join(words)}:{name.strip('[]')}"


def _write_entries(entries: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for word, pronunciations in sorted(entries.items()):
        for number, phones in enumerate(pronunciations, start=1):
            yield f"{word}{f'({number})' if number > 1 else ''} {phones}\n"


def _write_classes(corpus: Corpus, members: Mapping[str, Sequence[Words]]) -> Iterator[str]:
    """PocketSphinx's class definitions; what was given often is likelier, though by its root only."""
    for name, found in members.items():
        weights = [math.sqrt(corpus.classes[name][words]) for words in found]
        total = sum(weights)
        yield f"LMCLASS {name}\n"
        for words, weight in zip(found, weights, strict=True):
            yield f"{_name_member(name, words)} {weight / total:.8f}\n"
        yield f"END {name}\n"


def _write_control(members: Mapping[str, object]) -> str:
    if not members:
        return "speech.lm assistant\n"
    return "{ speech.classes }\nspeech.lm assistant { " + " ".join(members) + " }\n"


def _write_corpus(corpus: Corpus, members: Mapping[str, Sequence[Words]]) -> Mapping[str, str]:
    return {
        _name_member(name, words): corpus.written[name, words]
        for name, found in members.items()
        for words in found
        if corpus.written[name, words] != " ".join(words)
    }
