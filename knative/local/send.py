"""Sends one event to a stage that runs alone, and prints what it answers."""

import argparse
import http.client
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from knative.local.broker.events import is_event, parse, read_event, to_message
from knative.local.stages import ROOT, STAGES
from shared.errors import Rejected


def find_sample(stage: str) -> Path:
    """The stage's sample: a CloudEvent in JSON format; for the gateway, which takes none, a REST message."""
    return ROOT / "functions" / stage / "sample.json"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task send", description=__doc__)
    parser.add_argument("--stage", required=True, choices=STAGES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--event", type=Path, help="a CloudEvent in JSON format; the stage's sample otherwise")
    options = parser.parse_args(arguments)
    source = options.event or find_sample(options.stage)
    try:
        body = source.read_bytes()
    except OSError as exc:
        print(f"{source} cannot be read: {exc.strerror}", file=sys.stderr)
        return 1
    headers, path = {"content-type": "application/json"}, "/webhooks/rest/webhook"
    if options.stage != "gateway":
        try:
            (headers, body), path = to_message(read_event(body)), "/"
        except Rejected as exc:
            print(f"{source}: {exc}", file=sys.stderr)
            return 1
    connection = http.client.HTTPConnection("127.0.0.1", options.port, timeout=60)
    try:
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException) as exc:
        print(
            f"no stage answers on port {options.port} ({exc}); start it: "
            f"task run STAGE={options.stage} PORT={options.port}",
            file=sys.stderr,
        )
        return 1
    finally:
        connection.close()
    print(f"{answer.status} {answer.reason}")
    found = dict(answer.getheaders())
    if is_event(found):
        for name, value in parse(found, content).attributes.items():
            print(f"{name}: {value}")
    if content:
        try:
            print(json.dumps(json.loads(content), ensure_ascii=False, indent=2))
        except ValueError:
            print(content.decode(errors="replace"))
    return 0 if answer.status < 400 else 1


if __name__ == "__main__":
    sys.exit(main())
