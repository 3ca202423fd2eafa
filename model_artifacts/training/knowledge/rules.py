"""What an assistant with documents has without writing it: the intent `ask`, its entity, and the rules that answer."""

from collections.abc import Iterable, Mapping
from typing import Any

from functions.dialogue.names import ANSWER_QUESTION, ASK

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


def write_rules(domains: Iterable[Mapping[str, Any]], training: Iterable[Mapping[str, Any]]) -> str | None:
    """The rules as YAML, one more for each form; None where the project has rules of its own for that intent."""
    for document in training:
        for rule in document.get("rules") or ():
            steps = rule.get("steps") if isinstance(rule, Mapping) else None
            if any(isinstance(step, Mapping) and step.get("intent") == ASK for step in steps or ()):
                return None
    forms = [name for document in domains for name in document.get("forms") or ()]
    return f"rules:{RULE}" + "".join(IN_A_FORM.format(form=form) for form in forms)
