"""How well the assistant is understood when it is spoken to: held-out examples, said by espeak-ng's voices, over noise,
and by voices that were made from recordings of people, where they are installed.

Nothing was chosen on these examples: the recogniser's language is compiled from the others, and its weights and
thresholds were chosen on a part of those, which was left out of the language for that.
"""

import argparse
import json
import math
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from functions.nlu.hearing import Hearing
from functions.nlu.interpretation import value_of
from functions.nlu.model import Model, load_model
from functions.nlu.spoken import list_spoken_words
from functions.nlu.understanding import Understanding, understand
from functions.speech.opening import open_recogniser
from functions.speech.preparing import convert_to_floats
from functions.speech.recognising import RATE, Hypothesis, NotTranscribed, Recogniser, Sound
from functions.speech.voice_activity import VoiceActivity
from model_artifacts.training.nlu.assistant import read_assistant
from model_artifacts.training.nlu.reading import Example
from shared.events.catalogue import MessageReceived
from tests.bench.table import Table
from tests.bench.voices import RECORDED, SYNTHETIC, Voice, missing

SPOKEN_PART = VoiceActivity()
ROOT = Path(__file__).resolve().parents[2]
REFUSED = ("nlu_fallback", "out_of_scope")
START = (
    "import resource, io; from functions.speech.main import STAGE; from shared.events.http import decode;"
    "body = open('functions/speech/sample.json', 'rb').read();"
    "STAGE(decode({'content-type': 'application/cloudevents+json'}, body));"
    "used = resource.getrusage(resource.RUSAGE_SELF);"
    # Not ru_maxrss, which a process has from the one that started it.
    "most = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')];"
    "print(used.ru_utime + used.ru_stime, *most)"
)


@dataclass
class Score:
    """What came of one voice or one level of noise."""

    sentences: int = 0
    errors: int = 0
    words: int = 0
    intents: int = 0
    whole: int = 0
    """Intent and all entities right."""
    refused: int = 0
    """Answered with a request to say it again."""
    seconds: float = 0.0
    spent: float = 0.0
    by_text: Counter[str] = field(default_factory=Counter)

    def row(self, name: str) -> list[str]:
        def share(number: float) -> str:
            return f"{100 * number / max(self.sentences, 1):.1f} %"

        return [
            name,
            str(self.sentences),
            f"{100 * self.errors / max(self.words, 1):.1f} %",
            f"{share(self.intents)} / {share(self.by_text['intents'])}",
            f"{share(self.whole)} / {share(self.by_text['whole'])}",
            share(self.refused),
            f"{self.spent / max(self.seconds, 1e-9):.2f}",
        ]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task bench:speech", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--model", default="", help="a folder as SPEECH_MODEL names it")
    parser.add_argument("--sentences", type=int, default=10_000, help="at most this many")
    parser.add_argument("--noise", type=float, nargs="*", default=[20.0, 10.0, 5.0], help="signal to noise in dB")
    parser.add_argument("--words", action="store_true", help="show what was said and what was heard")
    options = parser.parse_args(arguments)
    source = ROOT / "model_artifacts" / "assistants" / options.assistant
    recogniser = open_recogniser(options.model, "en", source / "bundle", hashes=True)
    if recogniser is None:
        print("the bundle has no language to listen in; run `task compile`", file=sys.stderr)
        return 1
    model, hearing = load_model(source / "bundle"), Hearing(source / "bundle")
    examples = read_assistant(source).held_out[: options.sentences]
    columns = ("", "sentences", "word errors", "intent: speech / text", "intent and slots: speech / text")
    table = Table(f"Held-out sentences, heard by {recogniser.name}", (*columns, "asked again", "x real time"))
    spoken_by = Speakers(SYNTHETIC, [voice.says(text) for voice, text in turns(SYNTHETIC, examples)])
    for noise in (None, *options.noise):
        listen(recogniser, model, hearing, examples, spoken_by, table, "clean", noise, words=options.words)
    if lacking := missing(RECORDED):
        print(f"voices made from recordings of people are left out: {', '.join(lacking)} is not installed")
    else:
        spoken_by = Speakers(RECORDED, [voice.says(text) for voice, text in turns(RECORDED, examples)])
        name = "clean, from recordings"
        listen(recogniser, model, hearing, examples, spoken_by, table, name, words=options.words)
    print(table)
    print(f"memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    if not options.model:
        starts = sorted(cold_starts(5))
        print(f"stage, start to first answer: {median(cpu for cpu, _ in starts):.2f} CPU-s, {starts[0][1]:.0f} MB")
    return 0


@dataclass(frozen=True, slots=True)
class Speakers:
    voices: tuple[Voice, ...]
    recordings: Sequence[Sound]
    """Of the sentences, each said by the next voice."""


def turns(voices: tuple[Voice, ...], examples: Sequence[Example]) -> Iterator[tuple[Voice, str]]:
    return ((voices[at % len(voices)], example.text) for at, example in enumerate(examples))


def listen(
    recogniser: Recogniser,
    model: Model,
    hearing: Hearing,
    examples: Sequence[Example],
    speakers: Speakers,
    table: Table,
    name: str,
    noise: float | None = None,
    *,
    words: bool = False,
) -> None:
    """Adds what came of the sentences to the table: of all of them and, without noise, of each voice."""
    total, each = Score(), {voice.name: Score() for voice in speakers.voices}
    for at, (example, recording) in enumerate(zip(examples, speakers.recordings, strict=True)):
        scores = (total, each[speakers.voices[at % len(speakers.voices)].name])
        hypotheses = hear(recogniser, recording if noise is None else noisy(recording, noise, at), *scores)
        heard = choose_text(hypotheses, hearing, model)
        if words:
            print(f"{example.text} | {heard}")
        judge(model, example, heard, scores)
    table.add(*total.row(name if noise is None else f"{noise:g} dB"))
    if noise is None:
        for voice, score in each.items():
            table.add(*score.row(f"clean, {voice}"))


def noisy(sound: Sound, decibels: float, seed: int) -> Sound:
    """The sound with half a second before and after, all of it under white noise so much weaker than the speech."""
    samples = convert_to_floats(sound)
    loud = samples[np.abs(samples) > 0.01 * np.abs(samples).max()]
    power = float(np.mean(np.square(loud)))
    padded = np.pad(samples, RATE // 2)
    noise = np.random.default_rng(seed).standard_normal(len(padded)) * math.sqrt(power / 10 ** (decibels / 10))
    mixed = 0.7 * (padded + noise)
    return Sound((np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes())


def choose_text(hypotheses: tuple[Hypothesis, ...], hearing: Hearing, model: Model) -> str:
    """The text that nlu takes, which is empty where the person was asked again."""
    if not hypotheses:
        return ""
    message = MessageReceived(hypotheses[0].text, "bench", hypotheses=hypotheses)
    return hearing.choose(message, lambda text: understand(model, text, None))[0].text


def hear(recogniser: Recogniser, sound: Sound, *scores: Score) -> tuple[Hypothesis, ...]:
    """What is passed on; nothing where the person is asked again."""
    began = time.process_time()
    try:
        hypotheses = recogniser.recognise(SPOKEN_PART(sound))
    except NotTranscribed:
        hypotheses = ()
    spent = time.process_time() - began
    sure = bool(hypotheses) and hypotheses[0].confidence >= recogniser.least
    for score in scores:
        score.seconds += sound.seconds
        score.spent += spent
        score.refused += not sure
    return hypotheses if sure else ()


def judge(model: Model, example: Example, heard: str, scores: Sequence[Score]) -> None:
    by_text, by_speech = understand(model, example.text, None), understand(model, heard, None)
    wanted = {
        (one.entity, value_of(model.specification, one.entity, example.text[one.start : one.end], None).casefold())
        for one in example.annotations
    }
    for score in scores:
        score.sentences += 1
        reference = list_spoken_words(example.text)
        score.errors += distance(reference, list_spoken_words(heard))
        score.words += len(reference)
        score.intents += right(by_speech, example)
        score.whole += right(by_speech, example) and entities(by_speech) == wanted
        score.by_text["intents"] += right(by_text, example)
        score.by_text["whole"] += right(by_text, example) and entities(by_text) == wanted


def right(understanding: Understanding, example: Example) -> bool:
    """Whether the intent is the one of the example; what is out of scope may be refused in either way."""
    found = understanding.intent.name if understanding.intent is not None else ""
    return found == example.intent or (example.intent in REFUSED and found in REFUSED)


def entities(understanding: Understanding) -> set[tuple[str, str]]:
    return {(entity.entity, str(entity.value).casefold()) for entity in understanding.entities}


def distance(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Words to exchange, add and take away (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(reference, start=1):
        before, row[0] = row[0], number
        for at, other in enumerate(heard, start=1):
            before, row[at] = row[at], min(row[at] + 1, row[at - 1] + 1, before + (word != other))
    return row[-1]


def cold_starts(times: int) -> Iterator[tuple[float, float]]:
    """CPU seconds and memory in MB of processes that start the stage and answer its sample."""
    for _ in range(times):
        environ: dict[str, Any] = {**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "error"}
        command = [sys.executable, "-c", START]
        done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True, timeout=120)
        cpu, memory = json.loads(f"[{done.stdout.decode().strip().replace(' ', ',')}]")
        yield cpu, memory / 1024


if __name__ == "__main__":
    sys.exit(main())
