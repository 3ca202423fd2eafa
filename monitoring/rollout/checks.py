"""The questions that a candidate has to pass, each with its numbers: pure functions of what was measured."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from monitoring.rollout.analysis import Arm, Shadowed
from monitoring.rollout.intervals import (
    Histogram,
    Interval,
    estimate_difference,
    estimate_mean,
    estimate_mean_difference,
    estimate_paired_difference,
    is_mismatch,
    share,
)

MESSAGES = "messages"
ENOUGH = 300
"""Messages; with fewer, a share of 5 % is known to no better than 2.5 points."""
MARGIN = 0.02
"""How much larger the share of what is not understood may be, at worst."""
AGREEMENT = 0.95
"""At least so many intents are the same, where nobody said who is right about the others."""
SLOWER = 2.0
"""The candidate may take so many times as long on average,"""
SLOWER_SECONDS = 0.01
"""or so much longer; one message in a hundred may take that much longer, too."""
HANGS, SLOW, HUNG = 10.0, 0.01, 0.001
"""Of a hundred messages one may be as slow as that, of a thousand one may take ten times as long as the live bundle's
slowest. A share that is not certainly larger is a machine that was busy."""
JUDGED = 30
"""Messages on which both differ that people have to judge, before their word counts."""
OTHER_INTENTS = 0.15
"""Of all messages at most so many may be given other intents than the live bundle gives (total variation)."""
A_CONVERSATION = 8.0
"""Messages of a conversation, whose arm is drawn once (the sample ratio is checked on draws)."""
WORSE = 0.02
"""So many more people, of a hundred messages, may meet each trouble."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question, its answer, and the numbers behind it."""

    about: str
    numbers: str
    passed: bool | None
    """None: too early to say."""
    why: str = ""
    hurts: bool = False
    """People who were given the candidate are served worse: it goes back, not only no further."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What people said of messages that both read."""

    messages: int
    """All of them, those on which both agree as well."""
    only_live: int
    """Messages that only the live bundle understood rightly."""
    only_candidate: int
    neither: int
    """Messages on which they differ and both are wrong."""

    @property
    def flips(self) -> int:
        """Messages on which they differ."""
        return self.only_live + self.only_candidate + self.neither


def of_shadow(found: Shadowed, reviewed: Reviewed | None, enough: int = ENOUGH, dependence: float = 1.0) -> list[Check]:
    """The checks of a candidate that read along."""
    number = found.messages
    agreement = share(found.same_intents, number)
    low_confidence = estimate_paired_difference(
        found.low_confidence.get("candidate", 0.0), found.low_confidence.get("live", 0.0), number, dependence=dependence
    )
    checks = [
        _check_number(number, enough),
        Check("failures", f"{found.failures:.0f} messages could not be read", found.failures == 0, "it breaks"),
        _check_agreement(agreement, reviewed),
        _check_low_confidence(
            low_confidence,
            f"{_format_percent(_part(found, 'candidate'))} against {_format_percent(_part(found, 'live'))}",
        ),
        _check_times(found.times["live"], found.times["candidate"]),
    ]
    confidence = estimate_mean(found.confidence)
    checks.append(Check("confidence", f"where both agree {_format_signed(confidence)}", True))
    entities = share(found.same_all, number)
    checks.append(Check("entities", f"intent and all entities the same in {_format_interval(entities)}", True))
    if asked := sum(found.answers.values()):
        answers = share(found.answers.get("same", 0.0), asked)
        checks.append(
            Check("documents", f"of {asked:.0f} questions to them the same answer in {_format_interval(answers)}", True)
        )
    return checks + ([_check_reviewed(reviewed)] if reviewed is not None else [])


def of_canary(
    live: Arm, candidate: Arm, enough: int = ENOUGH, percent: float | None = None, dependence: float = 1.0
) -> list[Check]:
    """The checks of a candidate that answered a share of the messages itself, `percent` of them where that is known."""
    low_confidence = estimate_difference(
        candidate.low_confidence, candidate.messages, live.low_confidence, live.messages, dependence=dependence
    )
    parts = (_divide(candidate.low_confidence, candidate.messages), _divide(live.low_confidence, live.messages))
    confidence = estimate_mean_difference(candidate.confidence, live.confidence)
    return [
        _check_number(min(live.messages, candidate.messages), enough),
        _ratio_of_arms(live, candidate, percent),
        replace(
            _check_low_confidence(low_confidence, f"{_format_percent(parts[0])} against {_format_percent(parts[1])}"),
            hurts=True,
        ),
        _other_intents(live, candidate),
        *_check_troubles(live, candidate, dependence),
        _check_times(live.times, candidate.times),
        Check("confidence", f"mean {_format_signed(confidence)}", True),
    ]


def _ratio_of_arms(live: Arm, candidate: Arm, percent: float | None) -> Check:
    """A candidate that breaks answers nobody: what it was given is tried again and counts for the live one."""
    had = _divide(candidate.messages, candidate.messages + live.messages)
    if percent is None:
        why = "say with --percent what share the candidate was given: of one that breaks, messages are missing"
        return Check("share", f"{_format_percent(had)} of the messages", None, why)
    # Conversations were split, not messages: of a long one all messages are on one side.
    draws = candidate.messages / A_CONVERSATION, live.messages / A_CONVERSATION
    missing = is_mismatch(*draws, percent / 100) and had < percent / 100
    why = "it answered fewer messages than it was given: it breaks, or the arms were not counted over the same time"
    return Check(
        "share", f"{_format_percent(had)} of the messages, {percent:g} % were given", not missing, why, hurts=True
    )


def _other_intents(live: Arm, candidate: Arm) -> Check:
    if not live.intents or not candidate.intents:
        return Check("intents", "not known", None, "how often each intent was understood is not known")
    names = {*live.intents, *candidate.intents}
    apart = sum(abs(_part_of(live, name) - _part_of(candidate, name)) for name in names) / 2
    # What two samples of the same differ in by chance, about: half the sum of the standard errors.
    number = 1 / live.messages + 1 / candidate.messages
    chance = sum(math.sqrt(_part_of(live, name) * number) for name in names) / 2
    if apart <= OTHER_INTENTS:
        return Check("intents", f"{_format_percent(apart)} of the messages have other intents", True)
    sure = apart - chance > OTHER_INTENTS
    why = f"more than {OTHER_INTENTS:.0%} of the messages are understood as something else than before"
    return Check(
        "intents",
        f"{_format_percent(apart)} of the messages have other intents",
        False if sure else None,
        why,
        hurts=True,
    )


def _part_of(arm: Arm, intent: str) -> float:
    return _divide(arm.intents.get(intent, 0.0), sum(arm.intents.values()))


def _check_troubles(live: Arm, candidate: Arm, dependence: float) -> Iterator[Check]:
    for name in sorted({*live.troubles, *candidate.troubles}):
        found = estimate_difference(
            min(candidate.troubles.get(name, 0.0), candidate.messages), candidate.messages,
            min(live.troubles.get(name, 0.0), live.messages), live.messages, dependence=dependence,
        )  # fmt: skip
        passed = True if found.high <= WORSE else (None if found.low <= WORSE else False)
        # Few messages say little of what is rare; a trouble is only held against it where it may be frequent.
        passed = True if passed is None and found.value <= 0 else passed
        yield Check(name, f"a difference of {_format_points(found)}", passed, f"more of the people {name}", hurts=True)


def decide_verdict(checks: Sequence[Check]) -> tuple[int, str]:
    """Exit status and sentence."""
    if failed := [check for check in checks if check.passed is False]:
        if any(check.hurts for check in failed):
            return 4, f"ROLL BACK: {'; '.join(check.why or check.about for check in failed)}"
        return 1, f"DO NOT PROMOTE: {'; '.join(check.why or check.about for check in failed)}"
    if early := [check for check in checks if check.passed is None]:
        return 2, f"TOO EARLY TO SAY: {'; '.join(check.why or check.about for check in early)}"
    return 0, "PROMOTE: nothing that was asked speaks against it"


def step_verdict(checks: Sequence[Check]) -> tuple[int, str]:
    """Exit status and sentence of a step that is not the last: it is passed with enough messages and nothing against
    it. What is still uncertain about them the next one, with more messages, tells."""
    if any(check.passed is False or (check.about == MESSAGES and not check.passed) for check in checks):
        return decide_verdict(checks)
    return 0, "GO ON: nothing speaks against it so far"


def _check_number(number: float, enough: int) -> Check:
    return Check(MESSAGES, f"{number:.0f}", True if number >= enough else None, f"{enough} messages are asked for")


def _check_agreement(agreement: Interval, reviewed: Reviewed | None) -> Check:
    numbers = f"the same intent in {_format_interval(agreement)}"
    if reviewed is not None and reviewed.flips >= JUDGED:
        return Check("agreement", numbers, True)
    if agreement.low >= AGREEMENT:
        return Check("agreement", numbers, True)
    why = (
        f"they may differ in more than {1 - AGREEMENT:.0%}, and people judged fewer than {JUDGED} of the messages on "
        "which they do: correct some of these on the review page, then give --bundle"
    )
    return Check("agreement", numbers, None, why)


def _check_low_confidence(found: Interval, parts: str) -> Check:
    numbers = f"{parts}, a difference of {_format_points(found)}"
    if found.high <= MARGIN:
        return Check("not understood", numbers, True)
    # Where even the best case is worse than allowed, more messages would not help.
    early = found.low <= MARGIN
    why = (
        f"it may leave {MARGIN * 100:.0f} points more of the messages without being understood"
        if early
        else (f"it leaves more than {MARGIN * 100:.0f} points more of the messages without being understood")
    )
    return Check("not understood", numbers, None if early else False, why)


def _check_times(live: Histogram, candidate: Histogram) -> Check:
    if not live.total or not candidate.total:
        return Check("time", "not measured", None, "no message was timed with both warm")
    one, other = live.compute_moments()[0], candidate.compute_moments()[0]
    most, before = candidate.find_quantile(0.95) * 1000, live.find_quantile(0.95) * 1000
    numbers = f"mean {other * 1000:.1f} ms against {one * 1000:.1f}, 95 % within {most:.1f} ms against {before:.1f}"
    tails = live.find_quantile(0.99), candidate.find_quantile(0.99)
    numbers += f", 99 % within {tails[1] * 1000:.1f} ms against {tails[0] * 1000:.1f}"
    allowed = _allow(one) - one
    hung = share(_count_beyond(candidate, HANGS * max(_find_slowest(live), SLOWER_SECONDS)), candidate.total).low > HUNG
    slow = other > one + allowed and estimate_mean_difference(candidate, live).low > allowed
    if hung or slow or share(_count_beyond(candidate, _allow(tails[0])), candidate.total).low > SLOW:
        return Check("time", numbers, False, f"it takes more than {SLOWER:g} times as long")
    quick = other <= one + allowed and tails[1] <= _allow(tails[0])
    return Check("time", numbers, True if quick else None, f"it may take more than {SLOWER:g} times as long")


def _allow(seconds: float) -> float:
    return max(seconds * SLOWER, seconds + SLOWER_SECONDS)


def _count_beyond(times: Histogram, seconds: float) -> float:
    """Messages that took longer, as evenly spread within their bucket as quantiles take them."""
    beyond, low = 0.0, times.least
    for bound in sorted(times.buckets):
        high = bound if math.isfinite(bound) else max(times.most, low)
        part = 1.0 if low >= seconds else max(0.0, high - seconds) / (high - low)
        beyond += times.buckets[bound] * part
        low = high
    return beyond


def _find_slowest(times: Histogram) -> float:
    """The upper bound of the slowest message's bucket, in seconds."""
    return max((min(bound, times.most) for bound, number in times.buckets.items() if number), default=0.0)


def _check_reviewed(found: Reviewed) -> Check:
    right = estimate_paired_difference(found.only_candidate, found.only_live, found.messages)
    numbers = (
        f"{found.messages} messages that people judged: only the candidate is right in {found.only_candidate}, only "
        f"the live one in {found.only_live}, neither in {found.neither}; a difference of {_format_points(right)}"
    )
    if right.low >= -MARGIN:
        return Check("reviewed", numbers, True)
    if right.high < 0:
        return Check("reviewed", numbers, False, "people say that it understands less")
    return Check("reviewed", numbers, None, "too few messages were judged to say that it understands no less")


def _part(found: Shadowed, who: str) -> float:
    return _divide(found.low_confidence.get("both", 0.0) + found.low_confidence.get(who, 0.0), found.messages)


def _divide(count: float, total: float) -> float:
    return count / total if total else math.nan


def _format_percent(value: float) -> str:
    return f"{value * 100:.1f} %"


def _format_interval(value: Interval) -> str:
    return f"{_format_percent(value.value)} ({value.low * 100:.1f} to {value.high * 100:.1f})"


def _format_points(value: Interval) -> str:
    return f"{value.value * 100:+.1f} points ({value.low * 100:+.1f} to {value.high * 100:+.1f})"


def _format_signed(value: Interval) -> str:
    return f"{value.value:+.3f} ({value.low:+.3f} to {value.high:+.3f})"


def render_checks(checks: Sequence[Check]) -> Iterator[str]:
    marks = {True: "ok", False: "NO", None: "?"}
    for check in checks:
        yield f"  {marks[check.passed]:<3} {check.about:<15} {check.numbers}"
