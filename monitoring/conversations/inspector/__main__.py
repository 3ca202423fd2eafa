"""Serves the inspector of an assistant that runs on this machine: `task inspect`."""

import argparse
import json
import secrets
import sys
from collections.abc import Sequence

from aiohttp import web

from knative.local.ports import is_port_free
from knative.local.runs import NotThere
from knative.local.stages import find_place
from monitoring.conversations.debugging import debugger_of
from monitoring.conversations.inspector.app import Inspector, build_application
from monitoring.conversations.review.__main__ import store_here
from shared.errors import Failure


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task inspect", description=__doc__)
    parser.add_argument("--assistant", default="default")
    parser.add_argument("--of", type=int, default=8080, help="the port of the running assistant")
    parser.add_argument("--port", type=int, default=8096, help="of the page")
    options = parser.parse_args(arguments)
    try:
        folder = find_place(options.assistant, options.of).assistant
        domain = json.loads((folder / "bundle" / "nlu.json").read_bytes())["domain"]
        debugger, store = debugger_of(options.assistant, options.of), store_here(options.assistant)
    except (NotThere, Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    if not is_port_free(options.port):
        print(f"parley: port {options.port} is in use; choose another with PAGE_PORT=", file=sys.stderr)
        return 1
    token = secrets.token_urlsafe(24)
    # What is behind the # is sent to nobody; the page shows it with each of its calls.
    print(f"inspector at http://localhost:{options.port}/#{token}", flush=True)
    app = build_application(Inspector(folder, debugger, store, domain), token)
    web.run_app(app, host="127.0.0.1", port=options.port, print=None, access_log=None)
    return 0


if __name__ == "__main__":
    sys.exit(main())
