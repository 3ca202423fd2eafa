"""The next bundle of an assistant that is being edited: what changed, what follows from it, and what it did."""

import hashlib
import json
import runpy
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.nlu.knowledge import FILES as DOCUMENTS
from model_artifacts.training.dialogue.compilation import POLICY, Compiled, dump_dialogue
from model_artifacts.training.dialogue.problems import Problem
from model_artifacts.training.dialogue.writing import FILE as DIALOGUE
from model_artifacts.training.dialogue.writing import write_files
from model_artifacts.training.knowledge.bundling import NotInstalled
from model_artifacts.training.live.documents import Files, compile_documents, keep_documents, list_files
from model_artifacts.training.live.relearning import Encoded, Score, can_go_on, link_file, relearn
from model_artifacts.training.nlu.assistant import Assistant, compute_fingerprint
from model_artifacts.training.nlu.packing import write_pieces
from model_artifacts.training.validating.project import check_project
from shared.bundle.manifest import read_bundle, write_manifest
from shared.events.wire import JSON

STAGE_OF = {
    "dialogue.json": ("dialogue", "actions", "nlu"),
    POLICY: ("dialogue",),
    "model.onnx": ("nlu",),
    "nlu.json": ("nlu",),
    "tables.bin": ("nlu",),
    **dict.fromkeys(DOCUMENTS, ("nlu",)),
}
"""Who reads which file of a bundle; any other is read by actions."""
NLU_FILES = ("model.onnx", "nlu.json", "tables.bin")
LEARNED = ("base", "_encoded", "_examples", "_counts", "_facts", "_pages", "_policy", "_score")
"""What an update that fails leaves as it was."""
SHOWN = 3


class Mistaken(Exception):
    """The sources have errors; the message names them, one a line. The running assistant stays as it is."""


@dataclass(frozen=True, slots=True)
class Update:
    """A bundle that was made, or none where nothing changed."""

    bundle: Path | None
    stages: tuple[str, ...] = ()
    """Who is to start anew to read it."""
    changed: str = ""
    """What the author changed, in words."""
    score: str = ""
    """What it did to the validation score; empty where nothing was learned."""
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class Updater:
    """Makes bundle after bundle from the sources of one assistant."""

    source: Path
    base: Path
    """The bundle that the run began with."""
    folder: Path
    """Where bundles are made, and what was read is remembered."""
    live: Path = field(init=False)
    """The newest bundle."""
    before: Path | None = None
    """The one before it."""
    _number: int = 0
    _examples: str = ""
    _counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _facts: Mapping[str, Any] = field(default_factory=dict)
    _pages: Files = frozenset()
    _policy: str = ""
    _score: Score | None = None
    _encoded: Encoded | None = None
    _warned: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.live = self.base
        shutil.rmtree(self.folder / "bundles", ignore_errors=True)

    def begin(self) -> None:
        """Take the sources as they are for those that the base bundle was made of; Mistaken where they have errors."""
        compiled, assistant, warnings = self._check()
        facts = read_bundle(self.base, needs=()).manifest.nlu
        # What was edited since the bundle was made is learned; a bundle that does not say what it was made of counts
        # as made of what is there.
        known = str(facts.get("sources") or "")
        self._examples, self._counts = known or compute_fingerprint(assistant), _count_examples(assistant)
        self._facts, self._pages = facts, list_files(self.source)
        self._policy = _stories_of(compiled)
        self._warned = frozenset(map(str, warnings))
        judged = facts.get("validation") or {}
        if judged.get("examples"):
            self._score = Score(round(judged.get("intent_accuracy", 0.0) * judged["examples"]), judged["examples"])

    def update(self) -> Update:
        """Bring the bundle up to date with the sources, or raise Mistaken, having changed nothing."""
        compiled, assistant, warnings = self._check()
        self._number += 1
        known = {name: getattr(self, name) for name in LEARNED}
        making = self.folder / "bundles" / str(self._number)
        making.mkdir(parents=True)
        changed: list[str] = []
        try:
            dialogue = self._dialogue(compiled, making, changed)
            score = self._nlu(assistant, making, changed)
            told = self._documents(making, known["base"], changed)
            self._rest(making)
            before = read_bundle(self.live, needs=()).manifest
            manifest = write_manifest(
                making, self.source.name, data=before.data, nlu=self._facts, dialogue={**before.dialogue, **dialogue}
            )
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            for name, value in known.items():
                setattr(self, name, value)
            raise
        different = [name for name, file in manifest.files.items() if before.files.get(name) != file]
        stages = {stage for name in different for stage in STAGE_OF.get(name, ("actions",))}
        new = (*told, *(str(one) for one in warnings if str(one) not in self._warned))
        self._warned = frozenset(map(str, warnings))
        if not stages:
            shutil.rmtree(making)
            return Update(None, warnings=new)
        # The one before is still in the hands of stages that are about to end; the one before that in nobody's.
        shutil.rmtree(self.folder / "bundles" / str(self._number - 2), ignore_errors=True)
        self.before, self.live = self.live, making
        return Update(making, tuple(sorted(stages)), "; ".join(changed) or "the bundle", score, new)

    def _check(self) -> tuple[Compiled, Assistant, Sequence[Problem]]:
        checked = check_project(self.source)
        errors = [problem for problem in checked.problems if problem.severity == "error"]
        if errors or checked.compiled is None or checked.assistant is None:
            raise Mistaken("\n".join(map(str, errors)) or "the assistant cannot be read")
        return checked.compiled, checked.assistant, [one for one in checked.problems if one.severity == "warning"]

    def _dialogue(self, compiled: Compiled, making: Path, changed: list[str]) -> dict[str, JSON]:
        before = json.loads((self.live / DIALOGUE).read_bytes())
        stories = _stories_of(compiled)
        if stories == self._policy and (self.live / POLICY).is_file():
            # The learned policy follows from the stories alone; learning it takes most of the time.
            (making / DIALOGUE).write_text(dump_dialogue(compiled.data), encoding="utf-8")
            link_file(self.live / POLICY, making / POLICY)
            facts: dict[str, JSON] = {}
        else:
            facts = {str(key): value for key, value in write_files(compiled, making).items()}
        self._policy = stories
        changed += _differences(before, json.loads((making / DIALOGUE).read_bytes()))
        return facts

    def _nlu(self, assistant: Assistant, making: Path, changed: list[str]) -> str:
        found = compute_fingerprint(assistant)
        if found == self._examples:
            for name in (*NLU_FILES, "model.bin", "tokenizer.json"):
                link_file(self.live / name, making / name)
            write_pieces(making)
            return ""
        changed += _example_changes(self._counts, counts := _count_examples(assistant))
        before = self._score
        if can_go_on(assistant, self.base):
            if self._encoded is None:
                self._encoded = Encoded(self.base, self.folder / "encoded.npz")
            self._score = relearn(assistant, self.base, making, self._encoded)
        else:
            changed.append("what is new is learned from the start, which takes longer")
            self._score = self._train(making)
        self._examples, self._counts = found, counts
        return f"intents {before} -> {self._score}" if before is not None else f"intents {self._score}"

    def _train(self, making: Path) -> Score:
        """Quick training, where an entity is new to the bundle; later edits go on from its bundle."""
        from model_artifacts.training.nlu.compiling import Options, compile_nlu

        made = compile_nlu(self.source, making, Options(quick=True))
        self.base, self._encoded = making.with_name(f"{making.name}.learned"), None
        shutil.copytree(making, self.base)
        (self.folder / "encoded.npz").unlink(missing_ok=True)
        self._facts = made.nlu
        judged = made.nlu["validation"]
        return Score(round(judged.get("intent_accuracy", 0.0) * judged["examples"]), judged["examples"])

    def _documents(self, making: Path, base: Path, changed: list[str]) -> list[str]:
        """The documents beside the network that was just put there, and what is to be said of those that are new.
        `base`: what the network before was made of, whose questions they read."""
        found = list_files(self.source)
        if found == self._pages and base == self.base:
            keep_documents(self.live, making)
            return []
        try:
            told = compile_documents(self.source, making, self._facts)
        except NotInstalled as exc:
            raise Mistaken(str(exc)) from exc
        if found != self._pages:
            changed.append("documents")
        self._pages = found
        return told

    def _rest(self, making: Path) -> None:
        """What no edit of YAML changes; a catalogue is built anew, which takes no time."""
        builder = self.source / "catalogue" / "build.py"
        if builder.is_file():
            names = runpy.run_path(str(builder))
            try:
                names["build_catalogue"](builder.parent, making / names["NAME"])
            except names["Faulty"] as exc:
                raise Mistaken(str(exc)) from exc
        for file in self.live.iterdir():
            # Golden predictions are of the bundle that was trained.
            kept = file.name not in ("manifest.json", "golden.jsonl", POLICY, *DOCUMENTS)
            if kept and not (making / file.name).exists():
                link_file(file, making / file.name)


def _count_examples(assistant: Assistant) -> Counter[tuple[str, str]]:
    return Counter((example.intent, example.text) for example in assistant.nlu.examples)


def _stories_of(compiled: Compiled) -> str:
    """What the learned policy follows from: the stories, and the names of the domain."""
    domain = {key: value for key, value in compiled.data["domain"].items() if key not in ("responses", "phrases")}
    told = [(story.name, story.is_rule, [repr(step) for step in story.steps]) for story in compiled.stories]
    return hashlib.sha256(repr((domain, told, compiled.options)).encode()).hexdigest()


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """What is different between two dialogues, in a few words for each kind of thing."""
    entities = set(before["domain"]["entities"]), set(after["domain"]["entities"])
    yield from _name_changes("entity", entities[1] - entities[0], entities[0] - entities[1], set())
    for key, what in (("responses", "response"), ("slots", "slot"), ("forms", "form"), ("intents", "intent")):
        old, new = dict(before["domain"].get(key) or {}), dict(after["domain"].get(key) or {})
        if key == "intents":
            # Each uses an entity that came or went, which is told of already.
            both = entities[0] & entities[1]
            old, new = ({name: both & set(used) for name, used in intents.items()} for intents in (old, new))
        changed = {name for name in new if name in old and new[name] != old[name]}
        yield from _name_changes(what, set(new) - set(old), set(old) - set(new), changed)
    old_actions, new_actions = set(before["domain"]["actions"]), set(after["domain"]["actions"])
    yield from _name_changes("action", new_actions - old_actions, old_actions - new_actions, set())
    if any(before.get(key) != after.get(key) for key in ("rules", "policies", "sources", "hidden", "rule_only")):
        yield "rules and stories"
    if before["domain"].get("session") != after["domain"].get("session"):
        yield "the session"


def _name_changes(what: str, added: set[str], gone: set[str], changed: set[str]) -> Iterator[str]:
    for names, how in ((changed, "changed"), (added, "new"), (gone, "gone")):
        if names:
            shown = ", ".join(sorted(names)[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
            yield f"{what} {shown} {how}"


def _example_changes(before: Counter[tuple[str, str]], after: Counter[tuple[str, str]]) -> list[str]:
    """`+1 example of greet`, for each intent."""
    more, fewer = Counter(intent for intent, _ in after - before), Counter(intent for intent, _ in before - after)
    told = []
    for intent in sorted({*more, *fewer})[:SHOWN]:
        signs = [f"{sign}{count}" for sign, count in (("+", more[intent]), ("-", fewer[intent])) if count]
        told.append(f"{' '.join(signs)} example{'s' if more[intent] + fewer[intent] > 1 else ''} of {intent}")
    return told or ["marks, tables or thresholds"]
