"""Says whether to promote a candidate bundle, with the numbers and their 95 % confidence intervals.

A shadow model read the same messages as the live one, so both are compared message by message. A canary answered a
share of the messages itself, so two groups are compared (`--canary`). What people corrected on the review page says
who was right where they differ (`--bundle`, with the candidate's directory). The numbers come from the observer of a
run on this machine, or from a Prometheus (`--prometheus URL --since 24h`). Every interval holds however often one
looks. Exit status: 0 promote, 1 do not, 2 too early to say, 3 no numbers, 4 roll back: people are served worse now.
With `--apply` the canary is taken its way (1, 10, 50, 100 % of the conversations) and back by itself.
"""

import argparse
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path

from functions.dialogue.record import message_of, read_turn
from knative.local.assistants import find_assistant
from knative.local.runs import NotThere, run_of, store_of
from monitoring.conversations.review.reading import UNSURE, list_reviews
from monitoring.rollout.analysis import Source, list_candidates, of_page, of_prometheus, read_arms, read_shadow
from monitoring.rollout.checks import (
    ENOUGH,
    Check,
    Reviewed,
    decide_verdict,
    of_canary,
    of_shadow,
    render_checks,
    step_verdict,
)
from monitoring.rollout.stepping import LAST, NOT_YET, STEPS, Way, roll_out, subtract_earlier
from shared.bundle.manifest import read_bundle
from shared.errors import Failure
from shared.stores.ports import Review


def _judge_shadow(source: Source, options: argparse.Namespace) -> int:
    pairs = [pair for pair in list_candidates(source) if options.candidate in ("", pair[1])]
    if not pairs:
        raise NotThere(
            "no candidate reads along: start one with `task up SHADOW=dir` and talk, or in a cluster with "
            "components/shadow-model; for a canary say --canary"
        )
    found = read_shadow(source, *pairs[0])
    reviewed = judge_reviews(options.assistant, options.bundle) if options.bundle else None
    print(f"candidate {found.candidate} beside {found.live}, on the same messages\n")
    checks = of_shadow(found, reviewed, options.enough, options.dependence)
    print("\n".join(render_checks(checks)))
    if found.flips:
        print("\n  other intents, the most frequent first:")
        print("\n".join(f"    {count:5.0f}  {old} -> {new}" for old, new, count in found.flips[:10]))
    return _end(checks)


def _judge_canary(source: Source, options: argparse.Namespace) -> int:
    status, text = judge_canary(source, options, options.percent, options.enough, decide_verdict)
    print(text)
    return status


def judge_canary(
    source: Source,
    options: argparse.Namespace,
    percent: float | None,
    enough: int,
    decide: Callable[[Sequence[Check]], tuple[int, str]],
) -> tuple[int, str]:
    """Status and text of a canary that was given this share; NotThere where the arms cannot be told apart."""
    found = read_arms(source, options.by)
    candidate = next((arm for arm in found if arm.name == options.candidate), None)
    if not options.candidate and len(found) == 2:
        candidate = found[1]
    others = [arm for arm in found if arm is not candidate and options.live in ("", arm.name)]
    if candidate is None or not others:
        names = ", ".join(f"{arm.name} ({arm.messages:.0f})" for arm in found) or "none"
        raise NotThere(f"name two of the {options.by}s with --live and --candidate; there are: {names}")
    live = others[0]
    checks = of_canary(live, candidate, enough, percent, options.dependence)
    status, sentence = decide(checks)
    head = f"canary {candidate.name} ({candidate.messages:.0f} messages) beside {live.name} ({live.messages:.0f})"
    return status, "\n".join([f"{head}\n", *render_checks(checks), f"\n{sentence}"])


def _apply(options: argparse.Namespace) -> int:
    """Take the canary its way: in a cluster (--env) with Prometheus' numbers, else that of the run on this machine."""

    def name_arms(live: str, candidate: str) -> None:
        # By their numbers they could not be told apart: at half of the conversations either may be the busier one.
        options.by, options.live, options.candidate = "revision", live, candidate

    if options.env:
        from knative.cluster.canary import CannotSplit, arms_of, split_stage

        if not options.prometheus:
            raise NotThere("in a cluster --apply needs --prometheus: pods are too many to be asked one by one")

        def split(percent: int) -> None:
            try:
                split_stage("nlu", percent, options.env)
                if percent in (step for step, _ in STEPS):
                    name_arms(*arms_of("nlu", options.env))
            except CannotSplit as exc:
                raise NotThere(str(exc)) from exc

        def begin() -> Callable[[], Source]:
            began = time.time()
            return lambda: of_prometheus(options.prometheus, f"{max(60, round(time.time() - began))}s")
    else:
        run = run_of(options.assistant, options.port)
        if run is None:
            raise NotThere(f"{options.assistant} does not run: start it with `task up CANARY=dir PERCENT=0`")

        def split(percent: int) -> None:
            split_run(run.addresses["activator"], percent)
            name_arms("live", "canary")

        def begin() -> Callable[[], Source]:
            before = _open_source(options)
            return lambda: subtract_earlier(_open_source(options), before)

    def judge(source: Source, percent: int, enough: int) -> tuple[int, str]:
        try:
            return judge_canary(source, options, percent, enough, decide_verdict if percent == LAST else step_verdict)
        except NotThere as exc:
            # Nobody said anything to one of the arms yet.
            return NOT_YET, str(exc)

    steps = [(percent, min(enough, options.enough)) for percent, enough in STEPS]
    return roll_out(Way(split, begin, judge), every=options.every, patience=options.patience, steps=steps)


def split_run(activator: str, percent: int) -> None:
    """Give the canary of a run on this machine another share; NotThere where there is none."""
    try:
        asked = urllib.request.Request(f"{activator}/split?percent={percent}", b"", method="POST")  # noqa: S310
        with urllib.request.urlopen(asked, timeout=10):  # noqa: S310 - the run's own address
            return
    except OSError as exc:
        raise NotThere("this run has no canary: start it with `task up CANARY=dir PERCENT=0`") from exc


def _end(checks: Sequence[Check]) -> int:
    status, sentence = decide_verdict(checks)
    print(f"\n{sentence}")
    return status


def judge_reviews(assistant: str, bundle: str) -> Reviewed:
    """How the candidate and the live bundles do on the messages of the store that people judged on the review page.

    The candidate reads what the person wrote; nothing of it is shown. Where a message was set aside, only a candidate
    that does not understand it either is right.
    """
    from functions.nlu.reading import open_reader

    reader = open_reader(read_bundle(Path(bundle)), components=find_assistant(assistant) / "components")
    total = 0
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    store, now = store_of(assistant), time.time()
    try:
        for review in list_reviews(store, now):
            turn = store.conversations.load(review.conversation, review.message, now).turn
            if turn is None:
                continue
            document = read_turn(turn.document, turn.id)
            message = message_of(document, review.conversation.partition(":")[2])
            understood = reader.read(message)
            new = understood.intent.name if understood.intent is not None else None
            total += 1
            if document.get("intent") != new:
                counts[_is_right(document.get("intent"), review), _is_right(new, review)] += 1
    finally:
        store.close()
    return Reviewed(total, counts[True, False], counts[False, True], counts[False, False])


def _is_right(intent: str | None, review: Review) -> bool:
    wanted = review.document.get("intent")
    return intent == wanted if wanted is not None else intent in (None, *UNSURE)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task rollout", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, help="of the run's gateway; otherwise the latest run")
    parser.add_argument("--metrics", default="", help="the observer's address, where it is not this machine's run")
    parser.add_argument("--prometheus", default="", help="ask this Prometheus instead of one observer")
    parser.add_argument("--since", default="24h", help="with --prometheus: how far back")
    parser.add_argument("--canary", action="store_true", help="compare bundles that answered different messages")
    parser.add_argument("--by", choices=("bundle", "revision"), default="bundle", help="with --canary: what differs")
    parser.add_argument("--live", default="", help="the live bundle or revision")
    parser.add_argument("--candidate", default="", help="the candidate's; where there is one choice it is found")
    parser.add_argument("--bundle", default="", help="the candidate's directory, to try it on what people corrected")
    parser.add_argument("--percent", type=float, help="with --canary: the share of the traffic that it was given")
    parser.add_argument(
        "--dependence",
        type=float,
        default=1.0,
        help="times that variances are larger because messages come in conversations; see monitoring/README.md",
    )
    parser.add_argument("--apply", action="store_true", help="take the canary its way: 1, 10, 50, 100 %%, or back")
    parser.add_argument("--env", default="", help="with --apply: dev or prod, a cluster's; otherwise the local run")
    parser.add_argument("--every", type=float, default=60.0, help="with --apply: seconds between two looks")
    parser.add_argument("--patience", type=float, default=86_400.0, help="with --apply: seconds that a step may take")
    parser.add_argument("--enough", type=int, default=ENOUGH, help="messages of each side that are asked for")
    options = parser.parse_args(arguments)
    try:
        if options.apply:
            return _apply(options)
        source = _open_source(options)
        return _judge_canary(source, options) if options.canary else _judge_shadow(source, options)
    except (NotThere, Failure) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 3


def _open_source(options: argparse.Namespace) -> Source:
    if options.prometheus:
        return of_prometheus(options.prometheus, options.since)
    if options.metrics:
        return of_page(options.metrics)
    run = run_of(options.assistant, options.port)
    if run is None:
        raise NotThere(
            f"{options.assistant} does not run: start it with `task up`, or give an address: --metrics or --prometheus"
        )
    return of_page(run.addresses["metrics"])


if __name__ == "__main__":
    sys.exit(main())
