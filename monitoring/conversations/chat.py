"""Talks to a running assistant in the terminal, over Rasa's REST contract."""

import argparse
import http.client
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from knative.local.runs import NotThere
from monitoring.conversations.debugging import Debugger, debugger_of
from monitoring.conversations.rendering import render_reply
from shared.errors import Failure

TIMEOUT = 60.0


class NoAssistant(Exception):
    """Nothing answers, or what answers refuses."""


def say(port: int, sender: str, message: str) -> list[dict[str, Any]]:
    """What the assistant answers, as Rasa's REST channel shapes it; or NoAssistant with what to do."""
    headers = {"content-type": "application/json"}
    if token := os.environ.get("REST_TOKEN"):
        headers["authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        body = json.dumps({"sender": sender, "message": message})
        connection.request("POST", "/webhooks/rest/webhook", body, headers)
        answer = connection.getresponse()
        content = json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError) as exc:
        raise NoAssistant(f"no assistant answers on port {port} ({exc}); start one: task up PORT={port}") from exc
    finally:
        connection.close()
    if answer.status != 200:
        raise NoAssistant(f"the assistant answered {answer.status}: {content.get('error', content)}")
    return list(content)


def render_message(message: Mapping[str, Any], choices: list[str]) -> list[str]:
    """A reply as lines of text. Its buttons are numbered; their payloads are added to `choices`."""
    lines = render_reply({**message, "buttons": ()})
    for button in message.get("buttons", ()):
        choices.append(button["payload"])
        lines.append(f"  {len(choices)}) {button['title']}")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task chat", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument(
        "--sender", default=f"terminal-{secrets.token_hex(4)}", help="who you are; the same name goes on"
    )
    parser.add_argument("--debug", action="store_true", help="show what each stage made of a message, and why")
    parser.add_argument("--assistant", default=os.environ.get("ASSISTANT") or "default", help="with --debug: which")
    options = parser.parse_args(arguments)
    try:
        debugger = debugger_of(options.assistant, options.port) if options.debug else None
    except (NotThere, FileNotFoundError, Failure) as exc:
        print(exc, file=sys.stderr)
        return 1
    try:
        return _talk(options.port, options.sender, debugger)
    finally:
        if debugger is not None:
            debugger.close()


def _talk(port: int, sender: str, debugger: Debugger | None) -> int:
    interactive = sys.stdin.isatty()
    if interactive:
        print("Say something; a number picks a button; an empty line or Ctrl-D ends.")
    choices: list[str] = []
    while True:
        try:
            line = input("you: " if interactive else "").strip()
        except (EOFError, KeyboardInterrupt):
            print()
            return 0
        if not line:
            return 0
        if line.isdecimal() and 1 <= int(line) <= len(choices):
            line = choices[int(line) - 1]
        try:
            if debugger is None:
                messages: Sequence[Mapping[str, Any]] = say(port, sender, line)
            else:
                debugged = debugger.say(sender, line)
                messages = debugged.messages
                print("\n".join(f"     {text}" for text in debugged.lines))
        except (NoAssistant, NotThere, Failure) as exc:
            print(exc, file=sys.stderr)
            return 1
        choices.clear()
        for message in messages:
            for text in render_message(message, choices):
                print(f"bot: {text}")


if __name__ == "__main__":
    sys.exit(main())
