"""What simulated people met, in words; and a failing conversation as a test story."""

from collections.abc import Iterator
from statistics import median

import yaml

from functions.dialogue.names import LISTEN, SESSION_START
from model_artifacts.training.people.invariants import Turn
from model_artifacts.training.people.material import Material
from model_artifacts.training.people.running import Held, Report


def render_report(report: Report, material: Material) -> Iterator[str]:
    """The report, line by line."""
    for held in report.broken:
        if held.broken is not None:
            yield f"BROKEN, seed {held.seed}: {held.broken.name}: {held.broken.detail}"
        yield from (f"    {line}" for turn in held.shrunk for line in _turn(turn))
    for held in report.dead_ends[:10]:
        yield f"not reached in {len(held.turns)} turns, seed {held.seed}: {held.goal.kind} {held.goal.intent}"
        yield from (f"    {line}" for turn in held.turns[-4:] for line in _turn(turn))
    reached, wanted = sum(report.reached.values()), sum(report.wanted.values())
    rate = report.turns / max(report.seconds, 1e-9)
    yield f"{report.conversations} conversations, {report.turns} turns, {rate:.0f} turns a CPU-second"
    yield f"goals reached: {reached} of {wanted} ({100 * reached / max(wanted, 1):.1f} %)"
    if report.needed:
        yield f"turns needed: {median(report.needed):.0f} in the middle, {max(report.needed)} at most"
    for intent, count in sorted(report.wanted.items()):
        if report.reached[intent] < count:
            yield f"  {intent}: {report.reached[intent]} of {count}"
    yield f"broken invariants: {len(report.broken)}; dead ends: {len(report.dead_ends)}"
    unsaid = sorted(set(material.table.domain.responses) - report.said)
    if unsaid:
        yield f"responses that nobody met: {', '.join(unsaid)}"


def story_of(held: Held) -> str:
    """The shrunk conversation as a test story: put right what should have happened, and it is one."""
    steps: list[dict[str, object]] = []
    for said, heard in held.shrunk or held.turns:
        user = next((event for event in heard.events if event["event"] == "user"), None)
        intent = (user["parse_data"].get("intent") or {}).get("name") if user is not None else None
        steps.append({"user": said.text, "intent": intent})
        for event in heard.events:
            if event["event"] == "action" and event.get("name") not in (LISTEN, SESSION_START):
                steps.append({"action": event["name"]})
            elif event["event"] == "active_loop":
                steps.append({"active_loop": event.get("name")})
    why = held.broken.name if held.broken is not None else "the goal is not reached"
    return yaml.safe_dump(
        [{"story": f"seed {held.seed}: {why}", "steps": steps}], sort_keys=False, allow_unicode=True, width=110
    )


def _turn(turn: Turn) -> Iterator[str]:
    said, heard = turn
    yield f"person ({said.act}): {said.text}"
    for reply in heard.replies:
        choices = " | ".join(button.title for button in reply.buttons)
        text = (reply.text or "").replace("\n", " / ")
        yield f"assistant: {text[:160]}" + (f" [{choices}]" if choices else "")
