"""What choosing among a recogniser's hypotheses brings, and by which weights it is done best.

`collect` hears sentences once and keeps what may have been said; `choose` says in seconds which weights would have been
best, and what those of functions.nlu.hearing bring. Weights are chosen with `--development`: examples that nlu was
chosen on, with a language that was compiled without them. The held-out ones judge.
"""

import argparse
import itertools
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from functions.nlu.hearing import Hearing, Weights, compute_probabilities, meaning_of
from functions.nlu.interpretation import value_of
from functions.nlu.model import Model, load_model
from functions.nlu.spoken import list_spoken_words
from functions.nlu.understanding import Understanding, understand
from functions.speech.opening import open_recogniser
from functions.speech.recognising import NotTranscribed, Recogniser
from functions.speech.voice_activity import VoiceActivity
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.dataset import assemble
from model_artifacts.training.nlu.reading import Example
from model_artifacts.training.speech.compiling import compile_speech
from shared.events.meaning import Hypothesis
from tests.bench.speech import ROOT, distance, entities, noisy, right
from tests.bench.table import Table
from tests.bench.voices import RECORDED, SYNTHETIC, Voice

VOICES = {"recorded": RECORDED, "espeak": SYNTHETIC}
SOURCE = ROOT / "model_artifacts" / "assistants" / "default"
GRID = {
    "sound": (0.0, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0),
    "language": (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
    "meaning": (0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0),
}
FLOORS = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hypotheses", description=__doc__)
    parser.add_argument("what", choices=["collect", "choose"])
    parser.add_argument("kept", type=Path, help="the file of what was heard, a line for each recording")
    parser.add_argument("--model", default="", help="a folder as SPEECH_MODEL names it")
    parser.add_argument("--voices", nargs="*", default=list(VOICES), choices=list(VOICES))
    parser.add_argument("--noise", type=float, help="signal to noise in dB")
    parser.add_argument("--sentences", type=int, default=150)
    parser.add_argument("--development", action="store_true", help="examples that weights may be chosen on")
    options = parser.parse_args(arguments)
    examples = list_development() if options.development else read_assistant(SOURCE).held_out
    if options.what == "collect":
        spread = examples[:: max(1, len(examples) // options.sentences)][: options.sentences]
        recogniser = open_recogniser(options.model, "en", SOURCE / "bundle", hashes=True)
        if recogniser is None:
            raise SystemExit("the bundle has no language to listen in; run `task compile`")
        collect(options.kept, spread, [VOICES[name] for name in options.voices], recogniser, options.noise)
    else:
        with language_without(examples if options.development else ()) as language:
            choose(options.kept, {example.text: example for example in examples}, language)
    return 0


def list_development() -> list[Example]:
    """The examples that the committed network was chosen on, in an order of no meaning."""
    found = [one for one in assemble(read_assistant(SOURCE), None, 0).validation if one.place != "noise"]
    random.Random(1).shuffle(found)
    return found


@contextmanager
def language_without(examples: Sequence[Example]) -> Iterator[Path]:
    """Where the assistant's language lies; compiled again where examples are to be no part of it."""
    if not examples:
        yield SOURCE / "bundle"
        return
    with tempfile.TemporaryDirectory() as name:
        domain = json.loads((SOURCE / "bundle" / "dialogue.json").read_bytes())["domain"]
        compile_speech(SOURCE, Path(name), domain["responses"], [example.text for example in examples])
        yield Path(name)


def collect(
    kept: Path,
    examples: Sequence[Example],
    voices: Sequence[tuple[Voice, ...]],
    recogniser: Recogniser,
    noise: float | None,
) -> None:
    """Adds a line for each sentence and voice that has none yet."""
    spoken_part = VoiceActivity()
    done = {(line["text"], line["voice"], line["noise"]) for line in read_kept(kept)} if kept.exists() else set()
    with kept.open("a", encoding="utf-8") as file:
        for at, example in enumerate(examples):
            # Each sentence and the next one are said by the same voice.
            for voice in (group[at // 2 % len(group)] for group in voices):
                if (example.text, voice.name, noise) in done:
                    continue
                sound = voice.says(example.text)
                began = time.process_time()
                unheard, ratio = None, None
                try:
                    part = spoken_part(sound if noise is None else noisy(sound, noise, at))
                    ratio, heard = part.signal_to_noise, recogniser.recognise(part)
                except NotTranscribed as exc:
                    unheard, heard = exc.reason, ()
                line = {
                    "at": at,
                    "text": example.text,
                    "kind": next(name for name, group in VOICES.items() if voice in group),
                    "voice": voice.name,
                    "noise": noise,
                    "recogniser": recogniser.name,
                    "heard": [[one.text, one.confidence] for one in heard],
                    "unheard": unheard,
                    "signal_to_noise": ratio,
                    "seconds": sound.seconds,
                    "cpu": time.process_time() - began,
                }
                file.write(json.dumps(line) + "\n")
                file.flush()


def read_kept(kept: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()]


@dataclass
class Recording:
    """One sentence as it was heard, with everything that a choice is made by."""

    kind: str
    example: Example
    hypotheses: list[Hypothesis]
    readings: list[Understanding]
    features: list[tuple[float, ...]]
    intents: list[bool]
    wholes: list[bool]
    errors: list[int]
    written: tuple[bool, bool]
    """Intent, and intent and entities, of the text."""


def load_recordings(kept: Path, examples: dict[str, Example], language: Path) -> list[Recording]:
    model = load_model(SOURCE / "bundle")
    read = cache(lambda text: understand(model, text, None))
    alone = [Weights(**{name: float(name == one) for name in GRID}) for one in GRID]
    single = [Hearing(language, weights=weights) for weights in alone]
    found = []
    for line in read_kept(kept):
        example = examples[line["text"]]
        hypotheses = [Hypothesis(text, confidence) for text, confidence in line["heard"]] or [Hypothesis("", 0.0)]
        readings = [read(one.text) for one in hypotheses]
        wanted, written = values(model, example), read(example.text)
        intents = [right(reading, example) for reading in readings]
        found.append(
            Recording(
                kind=line["kind"] + ("" if line["noise"] is None else f", {line['noise']:g} dB"),
                example=example,
                hypotheses=hypotheses,
                readings=readings,
                features=[tuple(one.rate(*pair) for one in single) for pair in zip(hypotheses, readings, strict=True)],
                intents=intents,
                wholes=[ok and entities(reading) == wanted for ok, reading in zip(intents, readings, strict=True)],
                errors=[distance(list_spoken_words(example.text), list_spoken_words(one.text)) for one in hypotheses],
                written=(right(written, example), right(written, example) and entities(written) == wanted),
            )
        )
    return found


def values(model: Model, example: Example) -> set[tuple[str, str]]:
    return {
        (one.entity, value_of(model.specification, one.entity, example.text[one.start : one.end], None).casefold())
        for one in example.annotations
    }


def choose(kept: Path, examples: dict[str, Example], language: Path) -> None:
    recordings = load_recordings(kept, examples, language)
    scored = sorted(
        ((score(recordings, weights), weights) for weights in itertools.product(*GRID.values())),
        key=lambda one: -one[0],
    )
    for total, weights in scored[:25]:
        print(f"{total:7.1f}  " + ", ".join(f"{n} {w:g}" for n, w in zip(GRID, weights, strict=True)))
    current = Weights()
    for title, weights in (
        ("weights that would have been best here", scored[0][1]),
        ("weights of functions.nlu.hearing", (current.sound, current.language, current.meaning)),
    ):
        table = Table(title, ("", "sentences", "word errors", "intent", "intent and slots"))
        for kind in dict.fromkeys(one.kind for one in recordings):
            for row in rows([one for one in recordings if one.kind == kind], weights):
                table.add(f"{kind}: {row[0]}", *row[1:])
        print(table)
    table = Table("asked below a floor", ("", "asked", "right of the others", "one of the two right, of the asked"))
    for kind, floor in itertools.product(dict.fromkeys(one.kind for one in recordings), FLOORS):
        own = [one for one in recordings if one.kind == kind]
        weights = (current.sound, current.language, current.meaning)
        table.add(f"{kind}: {floor:g}", *count_questions(own, weights, floor))
    print(table)


def score(recordings: Sequence[Recording], weights: Sequence[float]) -> float:
    """Right intents, and right wholes, of what these weights choose."""
    chosen = [(one, ranked(one, weights)[0][0]) for one in recordings]
    return sum(one.intents[at] + one.wholes[at] for one, at in chosen)


def ranked(recording: Recording, weights: Sequence[float]) -> list[tuple[int, float]]:
    """As functions.nlu.hearing: for each meaning its likeliest hypothesis, and how likely all of them are."""
    shares = compute_probabilities([sum(map(lambda w, f: w * f, weights, features)) for features in recording.features])
    groups: dict[object, list[int]] = {}
    for at, reading in enumerate(recording.readings):
        groups.setdefault(meaning_of(reading), []).append(at)
    found = [(max(own, key=lambda at: shares[at]), sum(shares[at] for at in own)) for own in groups.values()]
    return sorted(found, key=lambda one: -one[1])


def rows(own: Sequence[Recording], weights: Sequence[float]) -> Iterator[tuple[str, str, str, str, str]]:
    words = sum(len(list_spoken_words(one.example.text)) for one in own)
    best = [range(len(one.hypotheses)) for one in own]
    ways = {
        "first": [0 for _ in own],
        "chosen": [ranked(one, weights)[0][0] for one in own],
        "best of all": [
            max(at, key=lambda i, one=one: (one.wholes[i], one.intents[i]))  # type: ignore[misc]
            for one, at in zip(own, best, strict=True)
        ],
    }
    for name, places in ways.items():
        pairs = list(zip(own, places, strict=True))
        yield (
            name,
            str(len(own)),
            f"{100 * sum(one.errors[at] for one, at in pairs) / words:.1f} %",
            share(one.intents[at] for one, at in pairs),
            share(one.wholes[at] for one, at in pairs),
        )
    yield "text", str(len(own)), "0", share(one.written[0] for one in own), share(one.written[1] for one in own)


def count_questions(own: Sequence[Recording], weights: Sequence[float], floor: float) -> tuple[str, str, str]:
    orders = [(one, ranked(one, weights)) for one in own]
    below = [(one, order) for one, order in orders if len(order) > 1 and order[0][1] < floor]
    others = [(one, order) for one, order in orders if not (len(order) > 1 and order[0][1] < floor)]
    return (
        f"{100 * len(below) / max(len(own), 1):.1f} %",
        share(one.intents[order[0][0]] for one, order in others),
        share(any(one.intents[at] for at, _ in order[:2]) for one, order in below),
    )


def share(found: Any) -> str:
    every = list(found)
    return f"{100 * sum(every) / max(len(every), 1):.1f} %"


if __name__ == "__main__":
    sys.exit(main())
