"""Who is local is said by the process at the other end, and by no header: behind real proxies nobody is.

nginx and haproxy come from Debian (`apt-get install nginx-light haproxy`); without them their cases are skipped, and
proxies of our own of the same kinds are tried in any case.
"""

import http.client
import http.server
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import pytest

from functions.gateway.local_peer import LocalPeers
from knative.local.ports import find_free_ports

pytestmark = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="only Linux says who holds a connection")

CLIENT = """
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
connection.request("GET", "/", headers={"host": "localhost:8080"})
print(connection.getresponse().status)
"""
NGINX = """
daemon off; worker_processes 1; pid {folder}/pid; error_log stderr; events {{}}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
        uwsgi_temp_path {folder}; scgi_temp_path {folder};
        server {{ listen {listen}; location / {{ proxy_pass http://127.0.0.1:{port}; {more} }} }} }}
"""
HAPROXY = """
defaults
  mode {mode}
  timeout connect 5s
  timeout client 5s
  timeout server 5s
listen all
  bind {listen}
  server one 127.0.0.1:{port}
"""
RELAY = """
import os, socket, sys, threading
kind, listen, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
listener = socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET)
listener.bind(listen if kind == "unix" else ("127.0.0.1", int(listen)))
listener.listen()
print("ready", flush=True)
def pump(one, other):
    while data := one.recv(65536): other.sendall(data)
    other.shutdown(socket.SHUT_WR)
while True:
    client, _ = listener.accept()
    if kind == "forked":
        # As inetd and socat do: the child that serves does not listen.
        if os.fork(): client.close(); continue
        listener.close()
    upstream = socket.create_connection(("127.0.0.1", port))
    threading.Thread(target=pump, args=(client, upstream), daemon=True).start()
    pump(upstream, client)
    if kind == "forked": os._exit(0)
    client.close()
"""

WAITING = """
import socket, sys
client = socket.socket()
client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
client.bind(("127.0.0.1", int(sys.argv[1])))
client.connect(("127.0.0.1", int(sys.argv[2])))
client.recv(1)
"""
"""Says nothing from a port of its choice, until it is hung up on."""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server that answers 200 to local programs, and 401 to all others."""
    peers = LocalPeers(clock=lambda: 0.0)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            peers._kept.clear()
            self.send_response(200 if peers(*self.client_address[:2]) else 401)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """A test's output is its failures."""

    found = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.daemon_threads = True
    thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield found.server_port
    found.shutdown()
    found.server_close()
    thread.join()


def ask(port: int) -> int:
    """What a program on this machine is answered that has nothing else to do."""
    done = subprocess.run([sys.executable, "-c", CLIENT, str(port)], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@contextmanager
def running(command: list[str], ready: Callable[[], bool]) -> Iterator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 20
        while not ready():
            assert process.poll() is None, command
            assert time.monotonic() < end, command
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def test_a_program_that_speaks_for_itself_is_local(server: int) -> None:
    assert ask(server) == 200
    if shutil.which("curl"):
        command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", f"localhost:{server}/"]
        assert subprocess.run(command, capture_output=True, text=True, timeout=20).stdout == "200"


@pytest.mark.parametrize("kind", ["tcp", "forked", "unix"])
def test_a_process_that_serves_others_is_not(server: int, kind: str, tmp_path: Path) -> None:
    (port,) = find_free_ports(1)
    listen = str(tmp_path / "socket") if kind == "unix" else str(port)
    path = tmp_path / "socket"
    command = [sys.executable, "-c", RELAY, kind, listen, str(server)]
    with running(command, lambda: path.exists() if kind == "unix" else listens(port)):
        family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
        with closing(socket.socket(family)) as client:
            client.connect(listen if kind == "unix" else ("127.0.0.1", port))
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.0 401")


def test_a_process_that_listens_is_not_though_it_speaks_for_itself(server: int) -> None:
    """It may be a proxy that has read its client's request and lost the client: nobody can tell."""
    with closing(socket.create_server(("127.0.0.1", 0))):
        connection = http.client.HTTPConnection("127.0.0.1", server)
        connection.request("GET", "/")
        assert connection.getresponse().status == 401
        connection.close()


@pytest.mark.parametrize("more", ["", "proxy_set_header Host localhost:8080;", "proxy_http_version 1.1;"])
def test_behind_nginx_nobody_is_local(server: int, more: str, tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("nginx is not here; apt-get install nginx-light")
    (listen,) = find_free_ports(1)
    config = tmp_path / "nginx.conf"
    config.write_text(NGINX.format(folder=tmp_path, listen=f"127.0.0.1:{listen}", port=server, more=more))
    with running([nginx, "-p", str(tmp_path), "-c", str(config)], lambda: listens(listen)):
        assert ask(listen) == 401
        assert ask(server) == 200


@pytest.mark.parametrize("mode", ["http", "tcp"])
def test_behind_haproxy_nobody_is_local(server: int, mode: str, tmp_path: Path) -> None:
    haproxy = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if haproxy is None:
        pytest.skip("haproxy is not here; apt-get install haproxy")
    (listen,) = find_free_ports(1)
    config = tmp_path / "haproxy.cfg"
    config.write_text(HAPROXY.format(mode=mode, listen=f"127.0.0.1:{listen}", port=server))
    with running([haproxy, "-f", str(config)], lambda: listens(listen)):
        assert ask(listen) == 401


def test_a_connection_that_nobody_holds_is_nobodys(tmp_path: Path) -> None:
    assert not LocalPeers()("127.0.0.1", 1)
    assert not LocalPeers(tmp_path)("127.0.0.1", 1)


def test_a_port_that_a_server_beside_it_uses_for_another_connection_refuses_nobody() -> None:
    peers = LocalPeers()
    with ExitStack() as stack:
        listening = [stack.enter_context(socket.socket()) for _ in range(3)]
        for each in listening:
            each.bind(("127.0.0.1", 0))
            each.listen()
        # This process serves, and its own connection to the second server has the port that the client has here.
        asked, elsewhere, port_giver = listening
        shared = port_giver.getsockname()[1]
        port_giver.close()
        own = stack.enter_context(socket.socket())
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", shared))
        own.connect(elsewhere.getsockname())
        client = subprocess.Popen([sys.executable, "-c", WAITING, str(shared), str(asked.getsockname()[1])])
        accepted, address = asked.accept()
        try:
            assert address[1] == shared
            assert peers(*address)
        finally:
            accepted.close()
            assert client.wait(20) == 0
