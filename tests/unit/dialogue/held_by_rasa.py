"""Makes the gold.json of a project: what Rasa 3.6.21 itself answers to the messages of its walk.json.

    python3.10 -m venv rasa && rasa/bin/pip install 'rasa==3.6.21' 'setuptools<81'
    rasa/bin/python tests/unit/dialogue/held_by_rasa.py tests/unit/dialogue/projects/helpdesk ...

Rasa runs on Python 3.10 and is in no requirements file; no test runs this.
"""

import asyncio
import copy
import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.model_training import train
from rasa.shared.core.events import deserialise_events
from rasa.utils.endpoints import EndpointConfig

CALLED: list[str] = []
STUBS: dict[str, Any] = {}


async def answer(self: Any, output_channel: Any, nlg: Any, tracker: Any, domain: Any) -> list[Any]:
    """In the place of the action server: what walk.json has for the action."""
    CALLED.append(self.name())
    # Rasa takes responses apart while it says them.
    stub = copy.deepcopy(STUBS.get(self.name(), {}))
    if stub.get("reject"):
        raise ActionExecutionRejection(self.name())
    said = await self._utter_responses(stub.get("responses", []), output_channel, nlg, tracker)
    return [*said, *deserialise_events(stub.get("events", []))]


def conversations(walk: Mapping[str, Any]) -> Iterator[list[str]]:
    """Those that stand there, and random walks over the messages."""
    yield from walk["custom"]
    chosen = random.Random(walk["seed"])
    for _ in range(walk["conversations"]):
        yield [chosen.choice(walk["messages"]) for _ in range(walk["turns"])]


async def hold(project: Path) -> None:
    walk = json.loads((project / "walk.json").read_text())
    STUBS.clear()
    STUBS.update(walk["actions"])
    domain = project / "domain.yml"
    trained = train(
        domain=str(domain if domain.exists() else project / "domain"),
        config=str(project / "config.yml"),
        training_files=[str(project / "data")],
        output=tempfile.mkdtemp(),
        force_training=True,
    )
    agent = Agent.load(trained.model, action_endpoint=EndpointConfig(url="http://localhost:1/webhook"))
    held = []
    for number, messages in enumerate(conversations(walk)):
        turns = []
        for text in messages:
            # Which variation of a response is said hangs on this.
            np.random.seed(0)
            CALLED.clear()
            channel = CollectingOutputChannel()
            await agent.handle_message(UserMessage(text, channel, f"c{number}", input_channel="rest"))
            said = [
                {key: part for key, part in message.items() if key != "recipient_id" and part is not None}
                for message in channel.messages
            ]
            turns.append({"message": text, "messages": said, "custom_actions_called": list(CALLED)})
        held.append(f'{{"source": "walk {number}", "turns": [\n' + ",\n".join(map(_line, turns)) + "\n]}")
    text = '{"rasa": "3.6.21", "conversations": [\n' + ",\n".join(held) + "\n]}\n"
    (project / "gold.json").write_text(text, encoding="utf-8")


def _line(turn: Mapping[str, Any]) -> str:
    return json.dumps(turn, ensure_ascii=False)


if __name__ == "__main__":
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    RemoteAction.run = answer
    for folder in sys.argv[1:]:
        asyncio.run(hold(Path(folder).resolve()))
