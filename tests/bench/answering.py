"""From the end of speech to the first word of the answer, through the chat page's way in and every stage, warm.

`python -m tests.bench.answering`: a sentence is recorded once by each of two voices; after three answers that are not
counted, each is sent several times. CPU is that of all stages together.
"""

import argparse
import http.client
import io
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from functions.speech.recognising import RATE, Sound
from knative.local.ports import find_free_ports
from tests.bench.processes import measure_cost
from tests.bench.table import Table
from tests.bench.voices import RECORDED, SYNTHETIC

SENTENCE = "what will the weather be like in paris tomorrow afternoon"
PATIENCE = 120.0
WARM = 3


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.answering", description=__doc__)
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args(arguments)
    table = Table("end of speech to the answer", ("voice", "seconds", "wall s", "least", "CPU s of all stages"))
    with running() as (port, pid):
        opened = ask(port, "POST", "/webhooks/webchat/conversations", b"{}", "application/json")
        after = 0
        for voice in (RECORDED[1], SYNTHETIC[4]):
            sound, measured = voice.says(SENTENCE), []
            for run in range(options.runs + WARM):
                before, since = measure_cost(pid).cpu, time.perf_counter()
                where = f"conversation={opened['conversation']}"
                ask(
                    port, "POST", f"/webhooks/webchat/webhook?{where}&id={uuid.uuid4().hex}", as_wav(sound), "audio/wav"
                )
                texts: list[str] = []
                while not texts:
                    found = ask(port, "GET", f"/webhooks/webchat/messages?{where}&after={after}&wait=20")["messages"]
                    after = max((after, *(one["number"] for one in found)))
                    texts = [one["message"]["text"] for one in found if one["message"].get("text")]
                wall = time.perf_counter() - since
                # What comes behind the answer (the observer's part) is over then.
                time.sleep(0.3)
                if run >= WARM:
                    measured.append((wall, measure_cost(pid).cpu - before))
            walls, cpus = zip(*measured, strict=True)
            median = statistics.median
            row = (median(walls), min(walls), median(cpus))
            table.add(voice.name, f"{sound.seconds:.1f}", *(f"{one:.2f}" for one in row))
    print(table)
    return 0


@contextmanager
def running() -> Iterator[tuple[int, int]]:
    """`task up` of the default assistant: its port, and the process above its stages."""
    (port,) = find_free_ports(1)
    with tempfile.TemporaryFile() as log:
        command = [sys.executable, "-m", "knative.local.up", "--assistant", "default", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        try:
            end = time.monotonic() + PATIENCE
            while b"(9 of 9)" not in read_whole(log):
                if time.monotonic() > end or process.poll() is not None:
                    raise SystemExit(read_whole(log).decode(errors="replace"))
                time.sleep(0.1)
            yield port, process.pid
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def read_whole(log: Any) -> bytes:
    return Path(f"/proc/self/fd/{log.fileno()}").read_bytes()


def ask(port: int, method: str, path: str, body: bytes | None = None, kind: str = "") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"content-type": kind} if kind else {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    if answer.status >= 400:
        raise SystemExit(f"{path.partition('?')[0]} answered {answer.status}: {content.decode(errors='replace')}")
    return json.loads(content or b"{}")


def as_wav(sound: Sound) -> bytes:
    whole = io.BytesIO()
    with wave.open(whole, "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(sound.samples)
    return whole.getvalue()


if __name__ == "__main__":
    sys.exit(main())
