"""Tries a messaging platform without an account: signed webhooks in, what would have been sent back shown and checked.

Starts the assistant with made-up accounts and a stand-in for the platforms' send APIs, unless it is told a gateway's
port; that gateway must then run with the settings that `--environment` prints.
"""

import argparse
import contextlib
import http.client
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knative.local.ports import find_free_ports
from knative.local.stages import ROOT
from knative.platforms import catalogue
from knative.platforms.port import Found, Webhook
from knative.platforms.standin import Standin, run_stand_in
from shared.channels.names import PLATFORMS

STANDIN_PORT = 8099
QUIET = 1.5
"""Seconds without a further message after which a turn counts as answered."""
PATIENCE = 20.0
SCRIPT = ("hi", "what can you do?", "what is the weather in Berlin?")


class CannotSimulate(Exception):
    """No gateway answers, or the assistant does not start."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task simulate", description=__doc__)
    parser.add_argument("--channel", choices=(*PLATFORMS, "all"), default="slack")
    parser.add_argument("--text", action="append", help="what the person says; repeat it for more (a short script)")
    parser.add_argument("--press", action="append", default=[], help="a button's payload, pressed after the texts")
    parser.add_argument("--gateway", type=int, help="the port of a gateway that runs already")
    parser.add_argument("--standin", type=int, help=f"the stand-in's port (with --gateway {STANDIN_PORT})")
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--environment", action="store_true", help="print the settings for such a gateway, and end")
    options = parser.parse_args(arguments)
    port = options.standin or (STANDIN_PORT if options.gateway or options.environment else 0)
    if options.environment:
        for name, value in catalogue.build_environment(f"http://127.0.0.1:{port}").items():
            print(f"export {name}={shlex.quote(value)}")
        return 0
    channels = PLATFORMS if options.channel == "all" else (options.channel,)
    try:
        with run_stand_in(port) as standin, _run_gateway(options, standin) as gateway:
            print(f"stand-in for the platforms on {standin.url}, gateway on port {gateway}")
            results = [
                Simulation(name, gateway, standin).play(options.text or SCRIPT, options.press) for name in channels
            ]
    except (CannotSimulate, OSError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    return 0 if all(results) else 1


@contextlib.contextmanager
def _run_gateway(options: argparse.Namespace, standin: Standin) -> Iterator[int]:
    """The port of a gateway that uses the stand-in."""
    if options.gateway:
        yield options.gateway
        return
    (port,) = find_free_ports(1)
    with tempfile.TemporaryDirectory(prefix="parley-simulate-") as home:
        settings = {**catalogue.build_environment(standin.url), "PARLEY_HOME": home, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "knative.local.up", "--assistant", options.assistant, "--port", str(port)]
        with (Path(home) / "output.txt").open("wb") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, **settings}, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            _await(process, Path(home), options.assistant, port)
            yield port
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            process.wait(60)


def _await(process: "subprocess.Popen[bytes]", home: Path, assistant: str, port: int) -> None:
    """Until the assistant's run file is there."""
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        if (home / assistant / str(port) / "run.json").exists():
            return
        time.sleep(0.05)
    raise CannotSimulate(f"the assistant did not start:\n{(home / 'output.txt').read_text(errors='replace')[-2000:]}")


@dataclass(slots=True)
class Simulation:
    """One person on one platform."""

    platform: str
    gateway: int
    standin: Standin
    number: int = 0

    def play(self, texts: Sequence[str], payloads: Sequence[str]) -> bool:
        """Say the texts, press the buttons, repeat the last webhook, send it unsigned; whether all was as it should."""
        print(f"\n== {self.platform}")
        self.number = int(time.time())
        name, address = self.platform, self.standin.url
        said = [(f"you › {text}", catalogue.write_text(name, text, self._count_on(), address)) for text in texts]
        for payload in payloads:
            said.append((f"you › [{payload}]", catalogue.press_button(name, payload, self._count_on(), address)))
        results = [self._say(line, webhook) for line, webhook in said]
        _, last = said[-1]
        before = len(self.standin.seen)
        again = [self._post(last, signed=True)[0] for _ in range(2)]
        time.sleep(QUIET)
        doubled = len(self.standin.seen) - before
        unsigned, _ = self._post(last, signed=False)
        print(f"the same webhook twice more: {again[0]}, {again[1]}, {doubled} further messages")
        print(f"the webhook without a signature: {unsigned}")
        return all(results) and doubled == 0 and unsigned in (401, 403)

    def _count_on(self) -> int:
        self.number += 1
        return self.number

    def _say(self, line: str, webhook: Webhook) -> bool:
        print(line)
        before = len(self.standin.seen)
        started = time.perf_counter()
        status, body = self._post(webhook, signed=True)
        print(f"  gateway answered {status} in {(time.perf_counter() - started) * 1000:.0f} ms")
        if status != 200:
            return False
        answered = catalogue.find_stand_in(self.platform).answered
        sent = self._wait_for_answers(before) if answered is None else [_describe_answer(answered(body))]
        for call in sent:
            print(f"  ← {call['path']}")
            for shown in call["shown"]:
                print("    " + shown.replace("\n", "\n    "))
            for mistake in call["mistakes"]:
                print(f"    ! {self.platform} would refuse this: {mistake}")
        if not sent:
            print(f"  ! nothing came back within {PATIENCE:.0f} s; is the gateway run with these settings?")
        return bool(sent) and not any(call["mistakes"] for call in sent)

    def _wait_for_answers(self, before: int) -> list[Mapping[str, Sequence[str]]]:
        """What was sent since, once nothing more came for a while."""
        end, count, quiet = time.monotonic() + PATIENCE, before, time.monotonic()
        while time.monotonic() < end:
            if len(self.standin.seen) > count:
                count, quiet = len(self.standin.seen), time.monotonic()
            if count > before and time.monotonic() - quiet > QUIET:
                break
            time.sleep(0.02)
        return list(self.standin.seen[before:])

    def _post(self, webhook: Webhook, *, signed: bool) -> tuple[int, bytes]:
        path = f"/webhooks/{self.platform}/webhook"
        headers = {"content-type": webhook.content_type}
        if signed:
            url = f"http://127.0.0.1:{self.gateway}{path}"
            headers = dict(
                catalogue.sign_webhook(self.platform, webhook.body, url, time.time(), content_type=webhook.content_type)
            )
        connection = http.client.HTTPConnection("127.0.0.1", self.gateway, timeout=30)
        try:
            connection.request("POST", path, webhook.body, headers)
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as exc:
            raise CannotSimulate(f"no gateway answers on port {self.gateway} ({exc})") from exc
        finally:
            connection.close()
        if answer.status >= 400 and signed:
            with contextlib.suppress(ValueError, AttributeError):
                print(f"  ! {json.loads(body).get('error')}")
        return answer.status, body


def _describe_answer(found: Found) -> Mapping[str, Any]:
    """What the webhook's own answer says, as the stand-in keeps what was sent."""
    kinds = list(found)
    told = {kind: [words for one, words in kinds if one == kind] for kind in ("mistake", "shown")}
    return {"path": "the webhook's answer", "shown": told["shown"], "mistakes": told["mistake"]}


if __name__ == "__main__":
    sys.exit(main())
