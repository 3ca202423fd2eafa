"""How well the encoder that an assistant is trained on knows the text of its examples: measured, whatever its language
is said to be."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from model_artifacts.training.languages import NAMES
from model_artifacts.training.nlu.encoder import DEFAULT
from model_artifacts.training.nlu.reading import Example

MOST = 50_000
"""Characters that are enough to tell a language."""
POOR = 0.02
"""Share of unknown characters from which on the page advises another encoder."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the English encoder makes of the examples."""

    characters: int = 0
    unknown: int = 0
    """Letters and signs that it has no piece for: they all look alike to it."""
    examples: int = 0
    alike: int = 0
    """Examples that are the same to it as one of another intent, though they are other texts."""

    language: str | None = None
    """In which they seem to be written, where the encoder knows them poorly; None where nobody can tell."""

    @property
    def share(self) -> float:
        """Of the characters, those that are unknown."""
        return self.unknown / self.characters if self.characters else 0.0

    @property
    def poor(self) -> bool:
        return self.share >= POOR or self.alike > 0


def measure_known(examples: Sequence[Example]) -> Known:
    """What the English encoder's pieces cover of the examples' texts."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(DEFAULT / "tokenizer.json"))
    unknown_id = tokenizer.token_to_id("[UNK]")
    characters = unknown = 0
    seen: dict[tuple[int, ...], dict[str, set[str]]] = {}
    for example in examples:
        encoding = tokenizer.encode(example.text, add_special_tokens=False)
        characters += sum(not letter.isspace() for letter in example.text)
        for ident, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
            if ident == unknown_id:
                unknown += sum(not letter.isspace() for letter in example.text[start:end])
        texts = seen.setdefault(tuple(encoding.ids), {})
        texts.setdefault(example.intent, set()).add(example.text.casefold())
    known = Known(characters, unknown, len(examples), sum(map(_count_alike, seen.values())))
    return replace(known, language=detect_language(example.text for example in examples)) if known.poor else known


def detect_language(texts: Iterable[str]) -> str | None:
    """The code of the language that the texts together are in, of those that the multilingual encoder knows; None
    where that is English, no letter is in them, or py3langid is not installed."""
    written = "\n".join(texts)[:MOST]
    if not any(map(str.isalpha, written)):
        return None
    try:
        # Imported here: its model costs 0.9 s of CPU, which few projects need.
        from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]
    except ModuleNotFoundError:
        return None
    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz")
    identifier.set_languages([code for code in identifier.nb_classes if code in NAMES])
    code, _ = identifier.classify(written)
    return str(code) if code != "en" else None


def _count_alike(by_intent: Mapping[str, set[str]]) -> int:
    """Texts of one reading that stand in several intents, without those that are one text in several."""
    texts = set().union(*by_intent.values())
    return sum(map(len, by_intent.values())) if len(by_intent) > 1 and len(texts) > 1 else 0
