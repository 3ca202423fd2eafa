"""Parts of a test on which a model may be better or worse than on the whole, and harder forms of the same test.

Names of lookup tables and noise are made from the assistant and its test alone, the same in each run: two bundles are
compared on the same texts.
"""

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from functions.nlu.tables import fold
from model_artifacts.evaluation.cases import Case
from model_artifacts.training.nlu.annotation import Annotation
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.augmentation import Rates, Typing, Variations
from model_artifacts.training.nlu.evaluation import language_of
from model_artifacts.training.nlu.names import find_named_entities, make_fresh_names
from model_artifacts.training.nlu.reading import Example

SHORT, LONG = 3, 9
"""Words."""
NOISY = 150
"""Examples of the test that are written anew with each kind of noise, at most."""
TYPING_ERRORS = Rates(swap=0.0, typo=1.0, punctuation=0.0, shorten=0.0, politeness=0.0, join=0.0, texting=0.0)
FRESH_NAMES = "names of tables only"
OWN_LANGUAGE = "in the examples' language"
FACES = ("🙂", "👍", "🙏", "😅")
HEARD = {"ph": "f", "ck": "k", "ll": "l", "tt": "t", "oo": "u", "ee": "i", "th": "d", "gh": "", "ea": "e"}
"""How recognisers that know the sounds and not the word write it."""


def list_slices(cases: Sequence[Case], known: Collection[str]) -> dict[str, list[Case]]:
    """Parts of the cases that have any: by language where a file's name tells one (`test_nlu.de.yml`), by length, and
    by whether training has the values; `known`, folded."""
    parts: dict[str, list[Case]] = {}
    spoken = [language_of(case.judged.example) for case in cases]
    for case, language in zip(cases, spoken, strict=True):
        if any(spoken):
            parts.setdefault(f"in {language}" if language else OWN_LANGUAGE, []).append(case)
        words = len(case.text.split())
        length = "short" if words <= SHORT else "long" if words >= LONG else "middling"
        parts.setdefault(f"{length} texts", []).append(case)
        values = [fold(case.text[a.start : a.end]) for a in case.judged.example.annotations]
        if known and values:
            unseen = any(value not in known for value in values)
            parts.setdefault("with unseen values" if unseen else "with known values", []).append(case)
    return dict(sorted(parts.items()))


def list_known_values(assistant: Assistant) -> set[str]:
    """The values that the assistant's examples mark, folded."""
    return {fold(e.text[a.start : a.end]) for e in assistant.nlu.examples for a in e.annotations}


def make_harder_tests(assistant: Assistant, examples: Sequence[Example]) -> dict[str, list[Example]]:
    """The same examples typed badly, in another case, with a face, and misheard; and names that only tables have."""
    rng = random.Random(0)
    chosen = rng.sample(list(examples), min(NOISY, len(examples)))
    typing = Variations({}, {}, Typing(assistant.language, "abcdefghijklmnopqrstuvwxyz", ()))
    found = {
        "typing errors": [typing.vary(example, rng, TYPING_ERRORS) for example in chosen],
        "capitals": [_same_length(example, str.upper) for example in chosen],
        "small letters": [_same_length(example, str.lower) for example in chosen],
        "a face at the end": [replace(example, text=f"{example.text} {rng.choice(FACES)}") for example in chosen],
        "misheard": [_mishear(example) for example in chosen],
    }
    plain = {a.entity for e in assistant.nlu.examples for a in e.annotations if a.role is None and a.group is None}
    tables = {entity: phrases for entity, phrases in assistant.nlu.lookups.items() if entity in plain}
    names = make_fresh_names(find_named_entities(assistant.nlu.examples, tables))
    return found | ({FRESH_NAMES: names} if names else {})


def divide_names(harder: Mapping[str, list[Case]]) -> dict[str, list[Case]]:
    """The names that only tables have: alone, in phrases, and of each table."""
    parts: dict[str, list[Case]] = {}
    for case in harder.get(FRESH_NAMES, ()):
        (a,) = case.judged.example.annotations
        alone = a.end - a.start == len(case.text)
        parts.setdefault("... alone" if alone else "... in a phrase", []).append(case)
        parts.setdefault(f"... of {a.entity}", []).append(case)
    return dict(sorted(parts.items()))


def _same_length(example: Example, change: Callable[[str], str]) -> Example:
    text = "".join(changed if len(changed := change(c)) == 1 else c for c in example.text)
    return replace(example, text=text)


def _mishear(example: Example) -> Example:
    """Without signs and capitals, and words outside of entities as they sound."""
    text, position, moved = "", 0, []
    for a in [*sorted(example.annotations, key=lambda a: a.start), None]:
        outside = example.text[position : a.start if a else len(example.text)].lower()
        for letters, sound in HEARD.items():
            outside = outside.replace(letters, sound)
        text += "".join(c for c in outside if c.isalnum() or c in " '")
        if a is not None:
            inside = example.text[a.start : a.end].lower()
            moved.append(replace(a, start=len(text), end=len(text) + len(inside)))
            text, position = text + inside, a.end
    return replace(example, text=text, annotations=tuple[Annotation, ...](moved))
