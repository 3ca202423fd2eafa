"""The policies of config.yml, as far as they mean something here; the rest is named in a note."""

from dataclasses import dataclass
from typing import Any

from model_artifacts.training.dialogue.documents import Object, iterate_items
from model_artifacts.training.dialogue.problems import Place, Problems
from model_artifacts.training.dialogue.project import Project

RULES = "RulePolicy"
MEMOIZATION = ("MemoizationPolicy", "AugmentedMemoizationPolicy")
LEARNED = "TEDPolicy"
UNUSED = {
    "UnexpecTEDIntentPolicy": "unlikely intents are not looked for; rules for action_unlikely_intent never run",
    "EnterpriseSearchPolicy": "an assistant with a folder knowledge/ answers from its documents without it",
}
OLD = {
    "FormPolicy": "forms are handled by RulePolicy in Rasa 3.x",
    "MappingPolicy": "write a rule `- intent: x` `- action: y` for each triggered action",
    "FallbackPolicy": "use FallbackClassifier in the pipeline and core_fallback_threshold of RulePolicy",
    "TwoStageFallbackPolicy": "write a rule from nlu_fallback to action_two_stage_fallback",
}


CONFIG = Place("config.yml", 1)


@dataclass(frozen=True, slots=True)
class RuleOptions:
    priority: int = 4
    fallback: str | None = "action_default_fallback"
    threshold: float = 0.3
    nlu_confidence: bool = False
    restrict: bool = True
    check: bool = True
    place: Place = CONFIG


@dataclass(frozen=True, slots=True)
class MemoryOptions:
    name: str
    max_history: int | None = None
    priority: int = 3
    nlu_confidence: bool = False


@dataclass(frozen=True, slots=True)
class LearnedOptions:
    name: str = LEARNED
    max_history: int = 5
    priority: int = 1


@dataclass(frozen=True, slots=True)
class Options:
    """What config.yml says of the dialogue."""

    policies: tuple[RuleOptions | MemoryOptions, ...]
    """In the order of the file, which decides between equals."""
    learned: LearnedOptions | None = None
    """Where TEDPolicy is among the policies, or none is named, as in Rasa: what usually comes next is learned."""

    @property
    def rules(self) -> RuleOptions | None:
        return next((policy for policy in self.policies if isinstance(policy, RuleOptions)), None)


DEFAULT = (MemoryOptions("MemoizationPolicy", max_history=5), RuleOptions())
"""What Rasa uses where config.yml names no policies, besides the learned ones."""


def read_options(project: Project) -> Options:
    """The policies of `config.yml`, or Rasa's usual ones where it names none."""
    config, problems = project.config, project.problems
    if config is None:
        return Options(DEFAULT, LearnedOptions())
    policies: list[RuleOptions | MemoryOptions] = []
    learned: LearnedOptions | None = None
    for item, place in iterate_items(config, "policies", problems):
        policy = _read_policy(item, place, problems)
        if isinstance(policy, LearnedOptions):
            learned = policy
        elif policy is not None:
            policies.append(policy)
    if not config.get("policies"):
        policies, learned = list(DEFAULT), LearnedOptions()
    if not any(isinstance(policy, RuleOptions) for policy in policies) and config.get("policies"):
        problems.warn(
            config.locate("policies"), "RulePolicy is missing: rules and forms will not run; add `- name: RulePolicy`"
        )
    return Options(tuple(policies), learned)


def _read_policy(item: Any, place: Place, problems: Problems) -> RuleOptions | MemoryOptions | LearnedOptions | None:
    name = item.get("name") if isinstance(item, Object) else None
    if not isinstance(item, Object) or not isinstance(name, str):
        problems.add_error(place, "each policy begins with `- name: ...`")
        return None
    short = name.rsplit(".", 1)[-1]
    if short == RULES:
        fallback = str(item.get("core_fallback_action_name") or "action_default_fallback")
        return RuleOptions(
            priority=_read_whole_number(item, "priority", 4, problems) or 0,
            fallback=fallback if item.get("enable_fallback_prediction", True) else None,
            threshold=_read_number(item, "core_fallback_threshold", 0.3, problems),
            nlu_confidence=bool(item.get("use_nlu_confidence_as_score", False)),
            restrict=bool(item.get("restrict_rules", True)),
            check=bool(item.get("check_for_contradictions", True)),
            place=place,
        )
    if short in MEMOIZATION:
        return MemoryOptions(
            short,
            max_history=_read_whole_number(item, "max_history", None, problems),
            priority=_read_whole_number(item, "priority", 3, problems) or 0,
            nlu_confidence=bool(item.get("use_nlu_confidence_as_score", False)),
        )
    if short == LEARNED:
        return LearnedOptions(
            max_history=_read_whole_number(item, "max_history", 5, problems) or 5,
            priority=_read_whole_number(item, "priority", 1, problems) or 0,
        )
    if short in UNUSED:
        problems.note(place, f"{short} is not used: {UNUSED[short]}")
    elif short in OLD:
        problems.add_error(place, f"{short} is Rasa 1.x/2.x: {OLD[short]}")
    else:
        problems.note(place, f"the policy {name} is not used here")
    return None


def _read_number(item: Object, key: str, default: float, problems: Problems) -> float:
    value = item.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.add_error(item.locate(key), f"'{key}' must be a number, not {value!r}")
        return default
    return float(value)


def _read_whole_number(item: Object, key: str, default: int | None, problems: Problems) -> int | None:
    value = item.get(key, default)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
        problems.add_error(item.locate(key), f"'{key}' must be a whole number, not {value!r}")
        return default
    return value
