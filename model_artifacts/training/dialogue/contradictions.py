"""Whether rules and stories agree: each is walked through, and what the rules say is compared with what it says.

The walk also finds which rules stories know of; the turns that only rules decide are hidden from the memory of stories.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from functions.dialogue.domain import Domain
from functions.dialogue.events import make_action_rejected
from functions.dialogue.features import Step, step_of
from functions.dialogue.names import DEFAULT_ACTION_OF_INTENT, LISTEN, SNIPPET
from functions.dialogue.rules import Rule, RulePolicy, Rules
from functions.dialogue.tracker import Tracker
from model_artifacts.training.dialogue.paths import UNPREDICTABLE, Path
from model_artifacts.training.dialogue.policies import RuleOptions
from model_artifacts.training.dialogue.problems import Problems
from model_artifacts.training.dialogue.tables import RuleDraft, cut_snippet, write_rule_key


@dataclass(slots=True)
class Walked:
    """What walking all paths through the rules showed."""

    rules: list[RuleDraft]
    hidden: set[str] = field(default_factory=set)
    """Default intents and loops that no story knows of."""


def walk(
    drafts: Sequence[RuleDraft],
    markers: Sequence[RuleDraft],
    rule_paths: Sequence[Path],
    story_paths: Sequence[Path],
    domain: Domain,
    options: RuleOptions,
    problems: Problems,
) -> Walked:
    """Compare rules with rules and stories; contradictions become problems that name both sides."""
    walker = _Walker(list(drafts), markers, domain, options)
    for path in rule_paths:
        walker.collect(path)
    for path in (*story_paths, *rule_paths):
        for text in walker.contradictions(path):
            problems.add_error(path.place, text)
    decisive = walker.decisive
    for draft in walker.drafts:
        draft.hidden = draft.key in decisive and draft.key not in walker.used
    always = {f"intent {intent}" for intent in DEFAULT_ACTION_OF_INTENT}
    loops = {f"{kind} {form}" for form in domain.forms for kind in ("loop", "listen")}
    hidden = (always | loops | {key for key in decisive if not key.startswith("[")}) - walker.used
    return Walked(walker.drafts, hidden)


class _Walker:
    def __init__(
        self, drafts: list[RuleDraft], markers: Sequence[RuleDraft], domain: Domain, options: RuleOptions
    ) -> None:
        self.drafts = drafts
        self.used: set[str] = set()
        """Keys of what decides in a story, as the story has it."""
        self._markers = Rules(Rule(draft.steps, draft.action, draft.weight, draft.source) for draft in markers)
        self._domain = domain
        self._options = options
        self._says: dict[str, set[tuple[str, str]]] = defaultdict(set)
        """Key of what decides -> the rules that it decides for, with the action that each goes on with."""
        self._index()

    def _index(self) -> None:
        self._draft_of: dict[int, RuleDraft] = {}
        rules = []
        for draft in self.drafts:
            rule = Rule(draft.steps, draft.action, draft.weight, draft.source)
            self._draft_of[id(rule)] = draft
            rules.append(rule)
        self._rules = Rules(rules)
        options = self._options
        self._policy = RulePolicy(self._rules, self._markers, fallback=options.fallback, threshold=options.threshold)

    @property
    def decisive(self) -> set[str]:
        """Keys of what decides in a rule."""
        return set(self._says)

    def collect(self, path: Path) -> None:
        """Remember what decides each action of a rule, and that this rule says so."""
        for tracker, steps, action in _list_decisions(path, self._domain):
            predicted, key = self._predict_action(tracker, steps, action, path)
            if key.startswith("["):
                self._says[key].add((path.source, action))
            else:
                # A form or a default intent decides: it is itself what a story may contradict.
                self._says[key].add((key, predicted or action))

    def contradictions(self, path: Path) -> Iterator[str]:
        for tracker, steps, action in _list_decisions(path, self._domain):
            predicted, key = self._predict_action(tracker, steps, action, path)
            if predicted == action and not path.is_rule:
                self.used.add(key)
            if predicted is None or predicted == action or self._gives_way(key, predicted, path):
                continue
            others = sorted({source for source, said in self._says[key] if said != action})
            if others:
                kind = "rule" if path.is_rule else "story"
                fallback = predicted == self._options.fallback
                yield (
                    f"the {kind} '{path.name}' goes on with '{action}', against {_name_sources(others)}"
                    + ("" if fallback else f" with '{predicted}'")
                    + "; make them agree, or tell them apart by an intent, a slot or a condition"
                )

    def _gives_way(self, key: str, predicted: str, path: Path) -> bool:
        """A rule that only says to listen gives way to a story, where a longer rule goes on from the same place."""
        if path.is_rule or predicted != LISTEN or key.count('"prev_action"') > 1:
            return False
        draft = next((draft for draft in self.drafts if draft.key == key), None)
        if draft is None or not any(other.key.startswith(key[:-2]) for other in self.drafts if other is not draft):
            return False
        self.drafts.remove(draft)
        self._index()
        return True

    def _predict_action(
        self, tracker: Tracker, steps: Sequence[Step], action: str, path: Path
    ) -> tuple[str | None, str]:
        predicted, key = self._predict(tracker, steps, path)
        loop = tracker.live.loop_name
        if loop is not None and predicted == loop != action:
            # The happy path of a form comes first, but a story may be off it.
            tracker.add(make_action_rejected(loop))
            predicted, key = self._predict(tracker, steps, path)
        return predicted, key

    def _predict(self, tracker: Tracker, steps: Sequence[Step], path: Path) -> tuple[str | None, str]:
        """The action that the rules say, and the key of what says so; stories may do what no rule knows of."""
        early = self._policy.predict_before_rules(tracker)
        if early is not None:
            if not early.no_user:
                return early.action, f"intent {tracker.intent}"
            loop = tracker.live.loop_name
            return early.action, f"{'loop' if early.action == loop else 'listen'} {loop}"
        fitting = self._rules.find_fitting(steps)
        if not fitting and not path.is_rule:
            return None, ""
        key = self._draft_of[id(fitting[0])].key if fitting else write_rule_key(cut_snippet(steps), self._domain)
        prediction = self._policy.predict_by_rules(tracker, steps)
        if prediction.source == "no rule fits":
            return ((prediction.action or LISTEN) if path.is_rule else None), key
        return prediction.action, key


def _list_decisions(path: Path, domain: Domain) -> Iterator[tuple[Tracker, Sequence[Step], str]]:
    """The conversation before each action that can be told from it, its steps, and the action."""
    tracker = Tracker(domain)
    steps = [step_of(domain, tracker.live)]
    unpredictable = True
    for event in path.tracker.applied:
        if event["event"] == "action":
            if event["name"] == SNIPPET:
                unpredictable = True
            elif unpredictable or event.get(UNPREDICTABLE):
                unpredictable = False
            else:
                yield tracker, steps, event["name"]
        tracker.add(event)
        step = step_of(domain, tracker.live)
        if event["event"] == "action":
            steps.append(step)
        else:
            steps[-1] = step


def _name_sources(sources: Sequence[str]) -> str:
    named = [f"the rule '{source}'" if "(" in source else f"the rule of every form ('{source}')" for source in sources]
    return " and ".join(named[:3]) + (" and others" if len(named) > 3 else "")
