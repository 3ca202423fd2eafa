"""What an assistant with documents has without writing it: the intent `ask`, its entity, and the rules that answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.dialogue.names import ANSWER_QUESTION, ASK, NLU_FALLBACK

DOMAIN = f"""
intents:
  - {ASK}:
      use_entities: []
entities: [passage]
"""
RULE = f"""
  - rule: Answer from the documents
    steps:
      - intent: {ASK}
      - action: {ANSWER_QUESTION}
"""
IN_A_FORM = f"""
  - rule: Answer from the documents while {{form}} waits
    condition:
      - active_loop: {{form}}
    steps:
      - intent: {ASK}
      - action: {ANSWER_QUESTION}
      - action: {{form}}
      - active_loop: {{form}}
"""
FALLBACK = f"""
  - rule: Say that it is not in the documents
    steps:
      - intent: {NLU_FALLBACK}
      - action: {ANSWER_QUESTION}
"""
"""Where the project says nothing to what it does not understand, it would be silent."""


def write_rules(domains: Iterable[Mapping[str, Any]], training: Iterable[Mapping[str, Any]]) -> str | None:
    """The rules as YAML, one more for each form; None where the project has rules of its own for that intent."""
    domains, training = list(domains), list(training)
    if ASK in _list_intents(training, "rules"):
        return None
    forms = [name for document in domains for name in document.get("forms") or ()]
    told = _list_intents(training, "rules", "stories")
    silent = NLU_FALLBACK not in told and not any("utter_default" in (d.get("responses") or ()) for d in domains)
    return f"rules:{RULE}{FALLBACK if silent else ''}" + "".join(IN_A_FORM.format(form=form) for form in forms)


def _list_intents(training: Iterable[Mapping[str, Any]], *kinds: str) -> set[str]:
    """The intents that these kinds of training data have something to do for."""
    paths = (path for document in training for kind in kinds for path in document.get(kind) or ())
    steps = (step for path in paths if isinstance(path, Mapping) for step in path.get("steps") or ())
    return {str(step["intent"]) for step in steps if isinstance(step, Mapping) and "intent" in step}
