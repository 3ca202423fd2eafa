"""Rules that cannot work as written: more than one message, or an action that once sets a slot and once does not."""

from collections import defaultdict
from collections.abc import Sequence

from functions.dialogue.domain import Domain
from functions.dialogue.names import LISTEN, SNIPPET, UNSET
from model_artifacts.training.dialogue.paths import Path
from model_artifacts.training.dialogue.problems import Problems


def check_rules(paths: Sequence[Path], domain: Domain, problems: Problems, *, restrict: bool, complete: bool) -> None:
    """Note what is wrong with each rule."""
    if restrict:
        for path in paths:
            if sum(event["event"] == "user" for event in path.tracker.events) > 1:
                problems.add_error(
                    path.place,
                    f"the rule '{path.name}' has more than one message; rules are for one, write a story for more",
                )
    if complete:
        _check_complete(paths, domain, problems)


def _check_complete(paths: Sequence[Path], domain: Domain, problems: Problems) -> None:
    """An action that sets a slot or a form in one rule must say so in every rule that goes on after it."""
    slots, loops = _collect_effects(paths, domain)
    for path in paths:
        names = [step.previous for step in path.steps]
        for index, step in enumerate(path.steps):
            following = names[index + 1] if index + 1 < len(names) else LISTEN
            name = step.previous
            if name is None or SNIPPET in (name, following):
                continue
            missing = sorted(slots[name] - set(step.slots))
            if missing:
                problems.add_error(
                    path.place,
                    f"after '{name}' the rule '{path.name}' does not say what becomes of the slot "
                    f"{', '.join(missing)}, as other rules do; add `- slot_was_set:` there (`null` where it is not "
                    "set), or end the rule with `wait_for_user_input: false`",
                )
            if loops[name] and step.loop not in loops[name]:
                shown = ", ".join("null" if loop == UNSET else str(loop) for loop in sorted(loops[name], key=str))
                problems.add_error(
                    path.place,
                    f"after '{name}' the rule '{path.name}' does not say which form is active, as other rules do "
                    f"({shown}); add `- active_loop: ...` there, or end the rule with `wait_for_user_input: false`",
                )


def _collect_effects(paths: Sequence[Path], domain: Domain) -> tuple[dict[str, set[str]], dict[str, set[str | None]]]:
    """For each action the slots and loops that some rule names right after it."""
    slots: dict[str, set[str]] = defaultdict(set)
    loops: dict[str, set[str | None]] = defaultdict(set)
    for path in paths:
        action: str | None = None
        for event in path.tracker.events:
            match event["event"]:
                case "action":
                    action = event["name"]
                case "user":
                    action = None
                case "slot" if action is not None and event["name"] in domain.slots:
                    if domain.slots[event["name"]].influence:
                        slots[action].add(event["name"])
                case "active_loop" if action is not None:
                    loops[action].add(event["name"])
    return slots, loops
