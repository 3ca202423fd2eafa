"""One message's way through the stages, with times: read from the log lines that each stage writes about each event.

The lines come from a run on this machine (the file that `task up` keeps), from a cluster (`--env`, with kubectl), or
from any file or pipe of JSON lines (`--logs`), such as what Cloud Logging or Loki exported.
"""

import argparse
import json
import os
import subprocess
import sys
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from knative.local.logs import LOG, find_older_log
from knative.local.runs import NotThere
from knative.local.stages import find_place

NAMESPACES = {"dev": "parley-dev", "prod": "parley"}


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did with one event, once."""

    began: float
    """Seconds since 1970."""
    milliseconds: float
    stage: str
    event: str
    type: str
    message: str
    conversation: str
    trace: str
    status: int
    cold: bool
    cause: str

    @property
    def ended(self) -> float:
        return self.began + self.milliseconds / 1000


def list_steps(lines: Iterable[str]) -> Iterator[Step]:
    """The steps that log lines tell of; what is no such line is passed over."""
    for line in lines:
        # `kubectl logs --prefix` and others write where a line comes from before it.
        begin = line.find('{"')
        try:
            found = json.loads(line[begin:]) if begin >= 0 else {}
            # Cloud Logging and Loki's clients wrap a line.
            found = found.get("jsonPayload") or found if isinstance(found, dict) else {}
            if "event" not in found or "stage" not in found or "milliseconds" not in found:
                continue
            took = float(found["milliseconds"])
            yield Step(
                began=datetime.fromisoformat(found["time"]).timestamp() - took / 1000,
                milliseconds=took,
                stage=str(found["stage"]),
                event=str(found["event"]),
                type=str(found.get("type", "")),
                message=str(found.get("message_id", "")),
                conversation=str(found.get("conversation", "")),
                trace=str(found.get("trace_id") or found.get("trace") or ""),
                status=int(found.get("status", 0)),
                cold=bool(found.get("cold")),
                cause=str(found.get("cause", "")),
            )
        except (ValueError, TypeError, RecursionError):
            continue


def select_steps(found: Iterable[Step], wanted: str) -> list[Step]:
    """The steps of one message, as they began; it is named by its id, by the id of an event of it, or of its trace."""
    every = list(found)
    messages = {step.message for step in every if wanted in (step.message, step.event, step.trace)}
    if not messages and wanted == "last":
        # The last that began: what somebody just said.
        gateway = [step for step in every if step.stage == "gateway"] or every
        messages = {max(gateway, key=lambda step: step.began).message} if gateway else set()
    return sorted((step for step in every if step.message in messages), key=lambda step: step.began)


def render_steps(found: Sequence[Step]) -> Iterator[str]:
    """The steps as a table."""
    first = found[0]
    yield f"message {first.message}  conversation {first.conversation}  trace {first.trace or 'none'}"
    yield ""
    yield f"{'at ms':>9} {'waited':>8} {'took ms':>9}  {'stage':<12}{'status':<8}what"
    reached = first.began
    for step in found:
        wait = (step.began - reached) * 1000
        waited = f"{wait:.1f}" if wait > 0.05 and step is not first else ""
        at = (step.began - first.began) * 1000
        notes = [step.type.removeprefix("dev.parley.")]
        notes += ["just started"] if step.cold else []
        notes += [step.cause] if step.cause else []
        status = f"{step.status or '':<8}"
        yield f"{at:9.1f} {waited:>8} {step.milliseconds:9.1f}  {step.stage:<12}{status}{'; '.join(notes)}"
        # A walk's gateway lasts as long as all that it waits for.
        if step.stage != "gateway" or len(found) == 1:
            reached = max(reached, step.ended)
    end = max(step.ended for step in found)
    inside = sum(step.milliseconds for step in found if step.stage != "gateway")
    total = (end - first.began) * 1000
    yield ""
    outside = max(0.0, total - inside)
    yield f"{total:.1f} ms in all, {inside:.1f} in the stages, {outside:.1f} in gateway, network and broker"


def link_to_grafana(grafana: str, trace: str, began: float) -> str:
    """Where Grafana shows the trace; its data source is that of compose.yaml (`parley-tempo`)."""
    panes = {
        "t": {
            "datasource": "parley-tempo",
            "queries": [{"refId": "A", "queryType": "traceql", "query": trace}],
            "range": {"from": str(round((began - 3600) * 1000)), "to": str(round((began + 3600) * 1000))},
        }
    }
    query = urllib.parse.urlencode({"schemaVersion": 1, "orgId": 1, "panes": json.dumps(panes, separators=(",", ":"))})
    return f"{grafana.rstrip('/')}/explore?{query}"


def read_run(assistant: str, port: int | None) -> Iterator[str]:
    """The lines that the runs of an assistant kept, the latest run first where no port is named."""
    directory = find_place(assistant, 0).directory
    found = list(directory.glob(f"*/{LOG}")) if port is None else [directory / str(port) / LOG]
    files = sorted((path for path in found if path.exists()), key=lambda path: path.stat().st_mtime)
    if not files:
        raise NotThere(f"{assistant} has no log yet in {directory}: start it with `task up`, and say something")
    for path in files:
        for part in (find_older_log(path), path):
            if part.exists():
                with part.open(encoding="utf-8") as lines:
                    yield from lines


def read_cluster(env: str, since: str) -> Iterator[str]:
    """The lines of the pods that are there; of those that are gone only the cluster's own log store knows."""
    namespace = NAMESPACES.get(env, env)
    command = ["kubectl", "logs", "--namespace", namespace, "--selector", "serving.knative.dev/service"]
    command += ["--container", "user-container", "--tail=-1", "--max-log-requests=64", f"--since={since}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise NotThere(f"kubectl cannot be asked: {exc}") from exc
    if asked.returncode:
        raise NotThere(f"kubectl logs: {asked.stderr.strip()}")
    yield from asked.stdout.splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task trace", description=__doc__)
    parser.add_argument("message", help="id of a message, of one of its events, or of its trace; or `last`")
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--port", type=int, help="of the run's gateway; otherwise all runs of the assistant")
    parser.add_argument("--env", default="", help="dev or prod: ask the pods of a cluster")
    parser.add_argument("--since", default="1h", help="with --env: how far back")
    parser.add_argument(
        "--grafana", default=os.environ.get("GRAFANA_URL", ""), help="also print where this Grafana shows the trace"
    )
    parser.add_argument("--logs", default="", help="a file of JSON lines, or - for a pipe")
    options = parser.parse_args(arguments)
    try:
        if options.logs == "-":
            lines: Iterable[str] = sys.stdin
        elif options.logs:
            lines = Path(options.logs).read_text(encoding="utf-8", errors="replace").splitlines()
        else:
            lines = (
                read_cluster(options.env, options.since) if options.env else read_run(options.assistant, options.port)
            )
        found = select_steps(list_steps(lines), options.message)
    except (NotThere, OSError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    if not found:
        print(
            f"parley: no line tells of {options.message!r}. `task history CONVERSATION=...` shows the ids of messages, "
            "`task trace MESSAGE=last` the latest one.",
            file=sys.stderr,
        )
        return 1
    print("\n".join(render_steps(found)))
    trace = next((step.trace for step in found if step.trace), "")
    if options.grafana and trace:
        print(f"\n{link_to_grafana(options.grafana, trace, found[0].began)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
