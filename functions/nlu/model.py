"""The trained model of a bundle: its ONNX session, its tokenizer and what nlu.json says about its outputs."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions.nlu.encoding import Encoded, Tokenizer
from functions.nlu.examples import Known, read_examples
from functions.nlu.onnx_runtime import Session, open_model, open_package
from functions.nlu.pieces import open_reader
from functions.nlu.tables import (
    FILE,
    NOTHING,
    Features,
    Hit,
    Tables,
    find_hits,
    make_tables,
    read_features,
    read_tables,
)
from shared.errors import Unavailable

if TYPE_CHECKING:
    from functions.nlu.languages import Detector
    from functions.nlu.translating import Translations

FORMAT = 1
TOKENIZER = "tokenizer.json"
FILES = ("model.onnx", "model.bin", TOKENIZER, "nlu.json")
Row = Sequence[float]


@dataclass(frozen=True, slots=True)
class Label:
    """What a span of text can be: an entity, perhaps in a role or a group."""

    entity: str
    role: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Specification:
    """nlu.json: what the outputs of the model mean, and how they are judged."""

    intents: tuple[str, ...]
    """The classes of the intent head. `nlu_fallback` and `out_of_scope` are the classes of what is not understood."""
    labels: tuple[Label, ...]
    """The spans of the entity head: tag 0 is outside, 2i+1 begins label i, 2i+2 continues it."""
    transitions: Sequence[Row]
    """Score of tag j after tag i."""
    start: Row
    end: Row
    whole_words: bool
    """A word's scores are the mean of its pieces'; in a bundle trained before there was a choice, its first piece's."""
    temperature: float
    min_confidence: float
    min_gap: float
    min_energy: float
    """Below this energy (functions.nlu.intent), nothing that was trained resembles the text."""
    against: float
    """How much the logits of what is not understood count against those in scope."""
    intent_entities: Mapping[str, frozenset[str]]
    """The entities that an intent was trained with; no others are read from a text of that intent."""
    synonyms: Mapping[str, str]
    tables: Tables
    """The lookup tables of all entities."""
    features: Features | None
    """What a phrase of a table or a match of an expression tells the heads; None where nothing was learned of it."""
    regexes: tuple[tuple[str, str], ...]
    """(entity, pattern)"""
    normalise: Mapping[str, str]
    """Entity -> kind of normalisation, see functions.nlu.normalise."""
    prebuilt: tuple[str, ...]
    """The dimensions of functions.nlu.prebuilt that are looked for."""
    examples: Mapping[str, Known]
    """Examples that the network alone does not read surely, by their text (functions.nlu.examples)."""
    separators: Mapping[str, frozenset[str]]
    """Entity -> the signs and words that its values may hold, and at which other values are told apart."""
    language: str
    """In which texts are read: words, dates, prebuilt entities."""
    languages: tuple[str, ...]
    """All that the assistant speaks, that of its examples first."""
    domain_intents: frozenset[str]
    domain_entities: frozenset[str]
    chains: dict[frozenset[str], Any] = field(default_factory=dict, compare=False, repr=False)
    """What functions.nlu.entities has worked out for the entities of an intent."""
    translations: "Translations | None" = None
    """What its values are called in its other languages; None where it has one, or no words of these are known."""
    components: tuple[str, ...] = ()
    """The assistant's own functions, by their places in its folder (functions.nlu.components)."""


@dataclass(frozen=True, slots=True)
class Model:
    """Everything that understanding a text needs; loaded once, shared by all requests."""

    specification: Specification
    tokenizer: Tokenizer
    session: Session
    detector: "Detector | None" = None
    """Tells its languages apart; None where the assistant has one."""
    specifications: dict[str, Specification] = field(default_factory=dict, init=False, compare=False, repr=False)
    """The specification for reading in another of its languages; what `replace` makes of this model has its own."""

    def in_language(self, language: str, session: Session) -> "Model":
        """The model with which texts are read in another of its languages."""
        if language not in self.specifications:
            self.specifications[language] = replace(self.specification, language=language)
        return replace(self, specification=self.specifications[language], session=session)

    def find_hits(self, text: str, encoded: Encoded) -> list[Hit]:
        """Where the text has what the assistant's tables and regular expressions hold, of whatever intent."""
        return find_hits(self.specification.tables, self.specification.regexes, text, encoded.spans)

    def run(self, encoded: Encoded, hits: Sequence[Hit] = ()) -> tuple[Row, Sequence[Row]]:
        """Intent logits, and for each word its scores over the tags, with what the hits in its text tell.

        Raises ArithmeticError where any of them is no finite number.
        """
        logits, pieces = self.session.run(encoded.ids)
        if not math.isfinite(sum(logits) + sum(map(sum, pieces))):
            # Compared with nothing it is neither more nor less, so any intent could come out as the best one.
            raise ArithmeticError("the model answered NaN or infinity; its files are damaged, or it was trained so")
        if self.specification.whole_words:
            words = zip(encoded.heads, encoded.tails, strict=True)
            emissions = [_average_rows(pieces[head:tail]) for head, tail in words]
        else:
            emissions = [pieces[head] for head in encoded.heads]
        features = self.specification.features
        return (logits, emissions) if features is None else features.add(hits, logits, emissions)


def load_model(path: Path, *, package: bool = False, tokenizers: bool = False) -> Model:
    """The model in the directory `path`, or Unavailable where its files do not make one.

    With `package` onnxruntime's package runs it, else ONNX Runtime's library where that was tested. With `tokenizers`
    that package reads texts, else our own reader where the bundle has pieces for it.
    """
    try:
        raw = json.loads((path / "nlu.json").read_bytes())
        if raw["format"] != FORMAT:
            raise Unavailable(
                f"{path / 'nlu.json'} has format {raw['format']}, this code reads {FORMAT}; run `task train`"
            )
        specification = specify(raw, read_tables((path / FILE).read_bytes()) if "lookups" not in raw else None)
        tokenizer = open_package_tokenizer(path / TOKENIZER) if tokenizers else open_tokenizer(path)
        session = open_model(str(path / "model.onnx"), package=package)
    except (OSError, LookupError, ValueError, TypeError) as exc:
        raise Unavailable(f"the model in {path} cannot be loaded ({exc}); compile it again with `task train`") from exc
    detector = None
    if len(specification.languages) > 1:
        # Imported here, because an assistant of one language pays for none of it.
        from functions.nlu.languages import open_detector

        detector = open_detector(path, specification.languages)
    return Model(specification, tokenizer, session, detector)


def open_tokenizer(path: Path) -> Tokenizer:
    """The reader of the bundle's pieces (functions.nlu.pieces); in a bundle without them, the package's."""
    by_package = partial(open_package_tokenizer, path / TOKENIZER)
    return open_reader(path, by_package) or by_package()


def open_package_tokenizer(file: Path) -> Tokenizer:
    """The tokenizer in this file by the package tokenizers."""
    # Imported here: it is 13 ms of a cold start, and few texts need it.
    from tokenizers import Tokenizer as PackageTokenizer

    found: Tokenizer = PackageTokenizer.from_str(file.read_text(encoding="utf-8"))
    return found


def open_session(path: Path) -> Any:
    """An ONNX session of the package, for whoever gives and takes numpy's arrays."""
    return open_package(str(path))


def specify(raw: Mapping[str, Any], tables: Tables | None = None) -> Specification:
    """The specification that the parsed nlu.json holds, with the tables that lie beside it. In a bundle of before they
    are a part of it."""
    if tables is None:
        tables = make_tables(raw.get("lookups") or {}) if raw.get("lookups") else NOTHING
    return Specification(
        intents=tuple(raw["intents"]),
        labels=tuple(Label(item["entity"], item.get("role"), item.get("group")) for item in raw["labels"]),
        transitions=[_read_floats(row) for row in raw["transitions"]],
        start=_read_floats(raw["start"]),
        end=_read_floats(raw["end"]),
        whole_words=raw.get("whole_words", False),
        temperature=float(raw["temperature"]),
        min_confidence=float(raw["thresholds"]["confidence"]),
        min_gap=float(raw["thresholds"]["gap"]),
        min_energy=float(raw["thresholds"]["energy"]),
        against=float(raw["thresholds"].get("against", 0.0)),
        intent_entities={intent: frozenset(names) for intent, names in raw["intent_entities"].items()},
        synonyms=raw["synonyms"],
        tables=tables,
        features=read_features(raw.get("features")),
        regexes=tuple((item["entity"], item["pattern"]) for item in raw["regexes"]),
        normalise=raw["normalise"],
        prebuilt=tuple(raw.get("prebuilt", ())),
        examples=read_examples(raw.get("examples", {})),
        separators={entity: frozenset(signs) for entity, signs in raw.get("separators", {}).items()},
        language=raw.get("language", "en"),
        languages=tuple(raw.get("languages") or (raw.get("language", "en"),)),
        translations=_read_translations(raw.get("translations")),
        components=tuple(raw.get("components", ())),
        domain_intents=frozenset(raw["domain"]["intents"]),
        domain_entities=frozenset(raw["domain"]["entities"]),
    )


def _read_translations(raw: Mapping[str, Any] | None) -> "Translations | None":
    if not raw:
        return None
    from functions.nlu.translating import Translations

    return Translations(raw["words"], raw["values"])


def _average_rows(rows: Sequence[Row]) -> Row:
    if len(rows) == 1:
        return rows[0]
    total = rows[0]
    for row in rows[1:]:
        total = list(map(add, total, row))
    return list(map((1 / len(rows)).__mul__, total))


def _read_floats(values: Sequence[Any]) -> list[float]:
    return [float(value) for value in values]
