"""The compiled dialogue in memory: the domain, the policies and what each rule and story is called."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.dialogue.domain import Domain
from functions.dialogue.features import RuleOnly
from functions.dialogue.learned import LearnedPolicy
from functions.dialogue.memoization import MemoizationPolicy, Memory
from functions.dialogue.policies import Policy
from functions.dialogue.rules import Rule, RulePolicy, Rules, RuleStep
from functions.dialogue.state import KEEP
from shared.errors import Unavailable
from shared.events.wire import JSON

FORMAT = 1


@dataclass(frozen=True)
class Table:
    """What one bundle decides with."""

    domain: Domain
    policies: Sequence[Policy]
    learned: Policy | None = None
    """Asked where the others do not know what to do."""
    bundle: str | None = None
    keep: int = KEEP
    """Events of a conversation that are kept, at least."""
    looks_back: int = 0
    """Steps that a rule or a story looks back, at most: so many are kept, however many events they are."""
    generated: bool = False
    """A server says the responses of actions and forms; the domain's own are said where it fails."""


FileReader = Callable[[str], bytes]
"""Gives the content of another file of the bundle."""


def read_table(text: str | bytes, bundle: str | None = None, file: FileReader | None = None) -> Table:
    """The table of a dialogue.json, or Unavailable where this code does not read it.

    Without `file` there is no learned policy: where no rule and no story fits, the fallback answers.
    """
    data = json.loads(text)
    if data.get("format") != FORMAT:
        raise Unavailable(
            f"dialogue.json has format {data.get('format')}, this code reads {FORMAT}; "
            "compile the assistant with `task train`"
        )
    return table_of(data, bundle, file)


def table_of(data: Mapping[str, JSON], bundle: str | None = None, file: FileReader | None = None) -> Table:
    """What a `dialogue.json` decides by; without `file`, which reads the bundle's others, nothing learned."""
    # Rules look back too: the longest of them has so many steps, and a marker of a form two.
    rules = max((len(rule["steps"]) for part in ("rules", "markers") for rule in data[part]), default=0)
    learned = data["learned"]["max_history"] if "learned" in data else 0
    longest = max(rules, learned, *(policy.get("longest") or 0 for policy in data["policies"]))
    return Table(
        domain=Domain.from_json(data["domain"]),
        policies=tuple(_make_policy(policy, data) for policy in data["policies"]),
        learned=_read_learned(data, file) if file is not None and "learned" in data else None,
        bundle=bundle,
        looks_back=longest,
    )


def _make_policy(policy: Mapping[str, JSON], data: Mapping[str, JSON]) -> Policy:
    if policy["kind"] == "rules":
        return RulePolicy(
            Rules(_make_rule(rule, data["sources"]) for rule in data["rules"]),
            Rules(_make_rule(marker, data["sources"]) for marker in data["markers"]),
            priority=policy["priority"],
            fallback=policy["fallback"],
            threshold=policy["threshold"],
            nlu_confidence=policy["nlu_confidence"],
            hidden=frozenset(data["hidden"]),
        )
    memory = policy["memory"]
    return MemoizationPolicy(
        Memory(memory["steps"], memory["table"], memory["actions"], data["sources"]),
        _rule_only(data),
        name=policy["name"],
        max_history=policy["max_history"],
        augmented=policy["augmented"],
        priority=policy["priority"],
        nlu_confidence=policy["nlu_confidence"],
    )


def _read_learned(data: Mapping[str, JSON], file: FileReader) -> Policy:
    learned = data["learned"]
    if learned["file"].endswith(".onnx"):
        raise Unavailable("the learned policy of this bundle is an ONNX file of an older Parley; run `task compile`")
    return LearnedPolicy(
        lambda: file(learned["file"]),
        _rule_only(data),
        name=learned["name"],
        max_history=learned["max_history"],
        priority=learned["priority"],
    )


def _rule_only(data: Mapping[str, JSON]) -> RuleOnly:
    return RuleOnly(frozenset(data["rule_only"]["slots"]), frozenset(data["rule_only"]["loops"]))


def _make_rule(rule: Mapping[str, JSON], sources: Sequence[str]) -> Rule:
    return Rule(
        tuple(_make_step(step) for step in rule["steps"]),
        rule["action"],
        rule["weight"],
        sources[rule["source"]],
        bool(rule.get("hidden")),
    )


def _make_step(step: Mapping[str, Any]) -> RuleStep:
    entities = step.get("entities")
    return RuleStep(
        previous=step.get("previous"),
        intent=step.get("intent"),
        text=step.get("text"),
        entities=tuple(entities) if entities is not None else None,
        slots=step.get("slots", {}),
        loop=step.get("loop"),
    )
