"""Talks with a running assistant, both ways in, and says what it answered and how long that took.

`--url` is the gateway's address: a cluster's, Cloud Run's, or that of `task up`. REST_TOKEN is sent where it is set.
"""

import argparse
import http.client
import json
import os
import secrets
import ssl
import sys
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from knative.local.assistants import find_assistant, list_typical_sentences

PATIENCE = 60.0


class Failed(Exception):
    """The assistant does not answer as it should; says what to look at."""


class Gateway:
    """The gateway at one address."""

    def __init__(self, url: str, host: str = "") -> None:
        parts = urlsplit(url if "//" in url else f"http://{url}")
        self._tls = parts.scheme == "https"
        self._netloc, self._path = parts.netloc, parts.path.rstrip("/")
        self._headers = {"content-type": "application/json"}
        if host:
            self._headers["host"] = host
        if token := os.environ.get("REST_TOKEN"):
            self._headers["authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and JSON, or Failed where there is none."""
        if self._tls:
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._netloc, timeout=PATIENCE, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(self._netloc, timeout=PATIENCE)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, self._path + path, text, self._headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content.strip().startswith((b"[", b"{")) else None
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise Failed(f"{method} {path}: {type(exc).__name__}: {exc}; is the assistant up (`task status`)?") from exc
        finally:
            connection.close()


def try_rest(gateway: Gateway, sayings: Sequence[str]) -> None:
    """A conversation over REST: each saying is answered."""
    sender = f"smoke-{secrets.token_hex(4)}"
    for saying in sayings:
        since = time.monotonic()
        status, said = gateway.ask("POST", "/webhooks/rest/webhook", {"sender": sender, "message": saying})
        if status in (401, 403):
            raise Failed(f"REST refuses us ({status}); set REST_TOKEN to the gateway's token")
        if status != 200 or not said:
            raise Failed(f"REST answered {status} {said} to {saying!r}; look at the logs of gateway, nlu and dialogue")
        _show("rest", saying, said, since)


def try_webchat(gateway: Gateway, sayings: Sequence[str]) -> None:
    """A conversation as the chat page has it: through the broker, and back out of delivery's outbox."""
    status, made = gateway.ask("POST", "/webhooks/webchat/conversations")
    if status != 201:
        raise Failed(f"the chat page gets no conversation: {status} {made}")
    conversation, after = made["conversation"], 0
    for saying in sayings:
        since = time.monotonic()
        body = {"conversation": conversation, "id": secrets.token_hex(8), "text": saying}
        status, taken = gateway.ask("POST", "/webhooks/webchat/webhook", body)
        if status != 202:
            raise Failed(f"the broker does not take messages: {status} {taken}; look at the Broker and BROKER_URL")
        said: list[dict[str, Any]] = []
        while not any(message.get("end") for message in said):
            if time.monotonic() - since > PATIENCE:
                raise Failed(f"no answer to {saying!r} in {PATIENCE:.0f} s; look at the Triggers and at dead letters")
            query = f"conversation={conversation}&after={after}&wait=10"
            status, new = gateway.ask("GET", f"/webhooks/webchat/messages?{query}")
            if status != 200:
                raise Failed(f"the answers cannot be fetched: {status} {new}; look at delivery")
            for entry in new["messages"]:
                after = max(after, int(entry["number"]))
                said.append(entry["message"])
        _show("web chat", saying, [message for message in said if not message.get("end")], since)


def _show(way: str, saying: str, said: Sequence[dict[str, Any]], since: float) -> None:
    texts = " / ".join(str(message.get("text") or "(no text)") for message in said)
    print(f"{way:9}{(time.monotonic() - since) * 1000:6.0f} ms  {saying} -> {texts[:110]}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task smoke", description=__doc__.partition("\n")[0])
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--host", default="", help="the Host header, where the address is the ingress itself")
    parser.add_argument("--assistant", default="default", help="whose typical sentences are said")
    parser.add_argument("--say", action="append", help="what to say instead (repeat for more)")
    parser.add_argument("--rest-only", action="store_true", help="do not use the broker")
    options = parser.parse_args(arguments)
    gateway = Gateway(options.url, options.host)
    try:
        sayings = options.say or ("hello", *list_typical_sentences(find_assistant(options.assistant) / "bundle"))
        try_rest(gateway, sayings)
        if not options.rest_only:
            try_webchat(gateway, sayings)
    except (Failed, FileNotFoundError) as exc:
        print(f"smoke: {exc}", file=sys.stderr)
        return 1
    print("the assistant answers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
