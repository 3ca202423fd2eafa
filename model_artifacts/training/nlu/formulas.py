"""What people say to any assistant in its other languages: greetings, thanks, yes and no, asking for help.

Learned for the intents that an assistant has examples of, by the names that projects give them; the phrases are in
`phrasebook/formulas.txt`. An assistant of one language learns none.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from functions.nlu.gazetteer import fold
from model_artifacts.training.nlu.assistant import Assistant
from model_artifacts.training.nlu.reading import Example

FILE = Path(__file__).resolve().parent / "phrasebook" / "formulas.txt"
PLACE = "phrasebook/formulas.txt"


def read_formulas(assistant: Assistant) -> tuple[Example, ...]:
    """The formulas in the assistant's languages but the first; a phrase that an example has already is that
    example's."""
    exemplified = {example.intent for example in assistant.nlu.examples}
    taken = {fold(example.text) for example in (*assistant.nlu.examples, *assistant.held_out, *assistant.validation)}
    return tuple(
        Example(phrase, intent, place=f"{PLACE} {language}", authored=False)
        for names, language, phrases in _read_lines(FILE)
        if language in assistant.languages[1:] and (intent := next((n for n in names if n in exemplified), None))
        for phrase in phrases
        if fold(phrase) not in taken
    )


def is_formula(example: Example) -> bool:
    return example.place.startswith(PLACE)


def _read_lines(file: Path) -> Iterator[tuple[Sequence[str], str, Sequence[str]]]:
    """Intents' names, language and phrases: a line of names, then one for each language, `de: ja; genau`."""
    names: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        language, colon, phrases = line.partition(": ")
        if colon:
            yield names, language, [phrase.strip() for phrase in phrases.split(";")]
        elif line and not line.startswith("#"):
            names = [name.strip() for name in line.split(",")]
