"""`python -m tests.bench.names BUNDLE...`: names of the default assistant's lookup tables that no example has, alone
and in phrases that no example has, with the intent and the entity right at once.

Every name stands in one table alone, in no example, and, where the table is large, in no text that training made.
"""

import argparse
import random
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from functions.nlu.model import load_model
from functions.nlu.tables import fold
from functions.nlu.understanding import understand
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.augmentation import LARGE_TABLE, is_held_out
from tests.architecture.code import ROOT
from tests.bench.table import Table

NAMES = 40
"""Of each table."""
ALONE = "{}"
PHRASES = {
    "title": ("{} please", "something like {}", "i'd like to see {}", "is {} any good?", "do you have {}",
              "could you find {} for me"),
    "director": ("{} please", "anything by {}", "what did {} direct", "something directed by {}"),
    "actor": ("{} please", "anything with {}", "what has {} been in", "something starring {}"),
    "artist": ("{} please", "anything by {}", "i'm in the mood for {}", "got any {}?"),
    "track": ("{} please", "i'd love to hear {}", "play {} for me"),
    "album": ("{} please", "i'd love to hear {}", "put {} on for me"),
    "dish": ("{} please", "i could go for {}", "can i get {}"),
}  # fmt: skip
INTENTS = {
    "title": {"search_video"},
    "director": {"search_video", "inform"},
    "actor": {"search_video", "inform"},
    "artist": {"play_music", "inform"},
    "track": {"play_music"},
    "album": {"play_music"},
    "dish": {"order_food", "inform"},
}
"""What a person can mean by it: in the middle of a search, an actor narrows it down."""


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", type=Path, nargs="+")
    parser.add_argument("--assistant", type=Path, default=ROOT / "model_artifacts" / "assistants" / "default")
    parser.add_argument("--wrong", action="store_true", help="also print what is not understood")
    given = parser.parse_args(arguments)
    assistant = read_assistant(given.assistant)
    shown = Table("Names of tables", ("bundle", "said", *PHRASES, "all"))
    for bundle in given.bundles:
        model = load_model(bundle)
        shares: dict[tuple[str, bool], list[bool]] = defaultdict(list)
        for entity, phrase, name in fresh(assistant):
            text = phrase.format(name)
            got = understand(model, text, None)
            start = text.index(name)
            span = (entity, start, start + len(name))
            right = (got.intent is not None and got.intent.name in INTENTS[entity]) and span in {
                (found.entity, found.start, found.end) for found in got.entities
            }
            shares[entity, phrase == ALONE].append(right)
            if given.wrong and not right:
                print(f"{text!r}: {got.intent and got.intent.name}, {[(e.entity, e.value) for e in got.entities]}")
        for alone in (True, False):
            every = [one for (_, bare), ones in shares.items() if bare == alone for one in ones]
            cells = [_percent(shares[entity, alone]) for entity in PHRASES]
            shown.add(str(bundle), "alone" if alone else "in a phrase", *cells, _percent(every))
    print(shown)


def fresh(assistant: Assistant) -> Iterator[tuple[str, str, str]]:
    """Entity, phrase, name."""
    tables = assistant.nlu.lookups
    owners: dict[str, int] = defaultdict(int)
    for entries in tables.values():
        for entry in {fold(entry) for entry in entries}:
            owners[entry] += 1
    said = " | ".join(fold(example.text) for example in assistant.nlu.examples)
    for entity, phrases in PHRASES.items():
        names = [
            name for name in tables[entity]
            if owners[fold(name)] == 1 and fold(name) not in said
            and (len(tables[entity]) < LARGE_TABLE or is_held_out(name))
        ]  # fmt: skip
        for name in random.Random(entity).sample(names, min(NAMES, len(names))):
            for phrase in (ALONE, *phrases):
                yield entity, phrase, name


def _percent(ones: Sequence[bool]) -> str:
    return f"{100 * sum(ones) / len(ones):.0f}" if ones else ""


if __name__ == "__main__":
    main(sys.argv[1:])
