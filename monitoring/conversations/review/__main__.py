"""Serves the review page: `task review`; in a container PORT says where."""

import argparse
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from aiohttp import web

from functions.gateway.access import MIN_TOKEN, Access
from knative.local.ports import is_port_free
from knative.local.runs import NotThere, store_of
from knative.local.stages import find_place
from monitoring.conversations.review.app import Pages, build_application
from monitoring.conversations.review.config import Config
from monitoring.conversations.review.judging import domain_of
from monitoring.conversations.review.session import Sessions
from shared.bundle.manifest import read_bundle
from shared.config import Misconfigured, read
from shared.errors import Failure
from shared.process import open_process
from shared.stores.opening import open_store
from shared.stores.ports import Store


def access_of(config: Config) -> Access:
    """Who may, or Misconfigured: conversations are never open to everybody.

    A browser is connected to many machines, so nobody can tell by its connection that its person sits here. On this
    machine (`loopback`) the token is made at the start, and printed with the page's address.
    """
    if config.auth not in ("loopback", "token"):
        raise Misconfigured(f"parley: REVIEW_AUTH must be loopback or token, not {config.auth!r}")
    if config.auth == "loopback":
        return Access("token", secrets.token_urlsafe(24), ())
    if len(config.token) < MIN_TOKEN:
        raise Misconfigured(
            f"parley: REVIEW_AUTH=token needs REVIEW_TOKEN (or REVIEW_TOKEN_FILE), at least {MIN_TOKEN} characters"
        )
    return Access(config.auth, config.token, ())


def make_application(config: Config, access: Access, store: Store, assistant: Path | None = None) -> web.Application:
    """The page's server as these settings want it; with the `assistant` whose examples may be written."""
    sessions = Sessions(access)
    domain = domain_of(json.loads((Path(config.bundle) / "nlu.json").read_bytes()))
    pages = Pages(store, domain, personal=config.personal, keep_seconds=config.keep_days * 86400.0, assistant=assistant)
    # Browsers take such a cookie from https and from this machine (a port that kubectl forwards).
    return build_application(pages, sessions, secure=True)


def store_here(assistant: str) -> Store:
    """The store of the assistant's runs; the first message, or the first look, makes the file."""
    try:
        return store_of(assistant)
    except NotThere:
        return open_store(f"sqlite:{find_place(assistant, 0).directory / 'store.db'}")


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    parser = argparse.ArgumentParser(prog="task review", description=__doc__)
    parser.add_argument(
        "--assistant", default="", help="an assistant on this machine; otherwise STORE_URL and BUNDLE say"
    )
    parser.add_argument("--port", type=int, default=int(environ.get("PORT", "8095")))
    parser.add_argument("--host", default="")
    options = parser.parse_args(arguments)
    open_process("review", environ)
    config = read(Config, environ)
    folder: Path | None = None
    try:
        if options.assistant:
            folder = find_place(options.assistant, 0).assistant
            bundle = folder / "bundle"
            read_bundle(bundle, needs=("nlu.json",))
            config = read(Config, {"BUNDLE": str(bundle), **environ})
            store = store_here(options.assistant)
        else:
            store = open_store(config.store_url)
    except (Failure, FileNotFoundError) as exc:
        print(f"parley: {exc}", file=sys.stderr)
        return 1
    # The page of this machine is reached from this machine alone.
    host = options.host or ("0.0.0.0" if config.auth == "token" else "127.0.0.1")  # noqa: S104
    if not is_port_free(options.port):
        print(f"parley: port {options.port} is in use; choose another with PORT=", file=sys.stderr)
        return 1
    access = access_of(config)
    # What is behind the # is not sent: it is in no log of a proxy. The page signs in with it.
    token = f"#{access.token}" if config.auth == "loopback" else ""
    print(f"review page at http://{'localhost' if host == '127.0.0.1' else host}:{options.port}/{token}", flush=True)
    web.run_app(
        make_application(config, access, store, folder), host=host, port=options.port, print=None, access_log=None
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
