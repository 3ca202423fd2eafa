"""`python -m model_artifacts.training.nlu.refreshing`: brings what is not learned up to date, without training.

Synonyms, lookups, regexes, thresholds, normalisation and the domain come from the assistant's sources as they are now;
the network stays. What is new to the network, an intent or an entity, needs training.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from functions.nlu.intent import FALLBACK
from functions.nlu.model import load_model
from functions.nlu.tables import FILE as TABLES
from model_artifacts.training.nlu.assistant import Assistant, read_assistant
from model_artifacts.training.nlu.bundling import read_settings, write_json
from model_artifacts.training.nlu.encoder import DEFAULT
from model_artifacts.training.nlu.evaluation import measure_held_out
from model_artifacts.training.nlu.everyday import list_everyday_examples
from model_artifacts.training.nlu.glossing import read_glossaries
from model_artifacts.training.nlu.packing import write_pieces
from model_artifacts.training.nlu.reading import InvalidData
from model_artifacts.training.nlu.tables import make_lookups
from model_artifacts.training.nlu.unsure import find_unsure
from model_artifacts.training.nlu.verify import rewrite
from shared.bundle.manifest import read_bundle, write_manifest
from shared.errors import Unavailable


def refresh(source: Path, bundle: Path) -> None:
    """Write nlu.json, golden predictions and manifest anew, or raise InvalidData where training is needed."""
    assistant = read_assistant(source)
    manifest = read_bundle(bundle).manifest
    raw: dict[str, Any] = json.loads((bundle / "nlu.json").read_bytes())
    _refuse_what_is_new(assistant, raw)
    chosen = {name: raw["thresholds"][name] for name in ("energy", "against") if name in raw["thresholds"]}
    marked = {label["entity"] for label in raw["labels"]}
    # These may be no longer there: tables lie beside it, and languages and components are named where there are some.
    for key in ("lookups", "languages", "components", "translations"):
        raw.pop(key, None)
    raw.update(read_settings(assistant, marked))
    tokenizer = Tokenizer.from_str((bundle / "tokenizer.json").read_text(encoding="utf-8"))
    write_pieces(bundle)
    glossaries = read_glossaries(assistant.languages)
    (bundle / TABLES).write_bytes(make_lookups(assistant.nlu, marked, tokenizer, glossaries).tables.to_bytes())
    raw["thresholds"] |= chosen
    write_json(bundle / "nlu.json", raw | {"examples": {}})
    raw["examples"] = find_unsure(load_model(bundle), (*assistant.nlu.examples, *list_everyday_examples(assistant)))
    write_json(bundle / "nlu.json", raw)
    if assistant.multilingual and manifest.nlu.get("encoder") == DEFAULT.name:
        others = ", ".join(assistant.languages[1:] or assistant.languages)
        print(f"note: the bundle's network knows English alone; {others} are understood after `task train`")
    facts = {**manifest.nlu, "languages": list(assistant.languages)}
    facts |= measure_held_out(load_model(bundle), assistant.held_out)
    write_manifest(bundle, manifest.assistant, data=manifest.data, nlu=facts, dialogue=manifest.dialogue)
    rewrite(bundle)


def _refuse_what_is_new(assistant: Assistant, raw: dict[str, Any]) -> None:
    intents = {example.intent for example in assistant.nlu.examples}
    marked = {a.entity for example in assistant.nlu.examples for a in example.annotations}
    new = sorted(intents ^ (set(raw["intents"]) - ({FALLBACK} - intents)))
    new += sorted(marked - {label["entity"] for label in raw["labels"]})
    if new:
        raise InvalidData(f"the model does not know {', '.join(new)} as the examples do; run `task train`")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True)
    source = parser.parse_args(arguments).assistant
    try:
        refresh(source, source / "bundle")
    except (InvalidData, Unavailable) as exc:
        raise SystemExit(str(exc)) from exc
    print(f"{source / 'bundle'} is up to date")


if __name__ == "__main__":
    main(sys.argv[1:])
