"""Wiring of the speech stage."""

import os
from pathlib import Path
from typing import Any

# numpy reads this when it is imported; one thread wakes faster and survives a fork.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from functions.speech.config import Config
from functions.speech.decoding import decode
from functions.speech.fetching import make_fetcher
from functions.speech.opening import open_recogniser
from functions.speech.stage import Speech
from functions.speech.voice import Voice
from functions.speech.voice_activity import VoiceActivity
from shared.config import read
from shared.outbound import Outbound
from shared.process import open_process
from shared.serving import Answer, Endpoint

PROCESS = open_process("speech", os.environ)
CONFIG = read(Config, os.environ)
STAGE = Speech(
    open_recogniser(CONFIG.model, CONFIG.language, Path(CONFIG.bundle), hashes=CONFIG.hashes),
    make_fetcher(Outbound(trace=PROCESS.tracer), CONFIG.delivery_url, CONFIG.fetch_timeout),
    decode,
    VoiceActivity(),
)
ENDPOINT = Endpoint(PROCESS, STAGE, routes={"POST /say": Voice(CONFIG.voice)})


def handle(request: Any) -> Answer:
    return ENDPOINT(request)
