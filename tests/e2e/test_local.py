"""Behind a plain proxy on this machine nobody uses REST, whatever their headers say."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from knative.local.ports import find_free_ports
from tests.contract.test_local_peers import HAPROXY, NGINX, listens, running
from tests.e2e.conftest import ROOT

ASK = """
import http.client, sys
port, method, path, *headers = sys.argv[1:]
connection = http.client.HTTPConnection("127.0.0.1", int(port))
body = '{"sender": "me", "message": "hello"}' if method == "POST" else None
connection.request(method, path, body, dict(header.split("=") for header in headers))
print(connection.getresponse().status)
"""
REST = ("POST", "/webhooks/rest/webhook")
SERVERS = {
    "functions-framework": [
        *(sys.executable, "-m", "functions_framework", "--target", "handle", "--host", "127.0.0.1"),
        *("--source", str(ROOT / "functions" / "gateway" / "main.py"), "--port"),
    ],
    "image": [sys.executable, "-m", "functions.runtime.serve"],
}


@contextmanager
def serving(name: str, home: Path) -> Iterator[int]:
    (port,) = find_free_ports(1)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PARLEY_HOME": str(home), "LOG_LEVEL": "error"}
    if name == "image":
        environ |= {"STAGE": "gateway", "HOST": "127.0.0.1", "PORT": str(port)}
    command = SERVERS[name] if name == "image" else [*SERVERS[name], str(port)]
    with pytest.MonkeyPatch.context() as patch:
        for key in list(os.environ):
            patch.delenv(key)
        for key, value in environ.items():
            patch.setenv(key, value)
        patch.chdir(ROOT)
        with running(command, lambda: listens(port)):
            yield port


def ask(port: int, what: tuple[str, str], **headers: str) -> int:
    """What a program on this machine is answered that does nothing else."""
    named = [f"{key.replace('_', '-')}={value}" for key, value in headers.items()]
    program = [sys.executable, "-c", ASK, str(port), *what, *named]
    done = subprocess.run(program, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@contextmanager
def proxied(kind: str, port: int, folder: Path) -> Iterator[int]:
    program = shutil.which(kind, path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip(f"{kind} is not here; apt-get install nginx-light haproxy")
    (listen,) = find_free_ports(1)
    config = folder / f"{kind}.conf"
    if kind == "nginx":
        config.write_text(NGINX.format(folder=folder, listen=f"127.0.0.1:{listen}", port=port, more=""))
        command = [program, "-p", str(folder), "-c", str(config)]
    else:
        config.write_text(HAPROXY.format(mode="http", listen=f"127.0.0.1:{listen}", port=port))
        command = [program, "-f", str(config)]
    with running(command, lambda: listens(listen)):
        yield listen


@pytest.mark.parametrize("kind", ["nginx", "haproxy"])
@pytest.mark.parametrize("server", SERVERS)
def test_behind_a_plain_proxy_nobody_is_local(server: str, kind: str, tmp_path: Path) -> None:
    with serving(server, tmp_path) as port:
        # Local programs get through to where the gateway would ask nlu, of which nobody told it.
        assert ask(port, REST) == 503
        with proxied(kind, port, tmp_path) as listen:
            assert ask(listen, REST) == 401
            assert ask(listen, REST, host=f"localhost:{port}") == 401
            assert ask(listen, REST, host="127.0.0.1:8080", x_parley_local="1") == 401
        assert ask(port, REST, host="evil.example") == 401
        assert ask(port, REST, x_forwarded_for="127.0.0.1") == 401
