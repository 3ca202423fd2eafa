"""A module that is put off is the module itself as soon as anybody needs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from functions.postponed import RARE

ROOT = Path(__file__).resolve().parents[3]


def run(code: str) -> str:
    begin = "import sys\nfrom functions.postponed import postpone, Postponed\npostpone()\n"
    done = subprocess.run([sys.executable, "-S", "-c", begin + code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_is_loaded_before_it_is_needed() -> None:
    code = (
        "import inspect, hashlib, urllib.parse\nfrom urllib import parse\nprint('ast' in sys.modules, 'hmac' in vars())"
    )
    assert run(code) == "False False"


@pytest.mark.parametrize("name", RARE)
def test_it_becomes_itself_for_whoever_holds_it_already(name: str) -> None:
    code = f"""
held = sys.modules[{name!r}]
assert type(held) is Postponed
import {name} as again
first = {{'inspect': 'signature', 'hashlib': 'sha256', 'hmac': 'compare_digest', 'secrets': 'token_hex',
          'base64': 'b64encode', 'ipaddress': 'ip_address', 'uuid': 'uuid4', 'traceback': 'format_exc',
          'html': 'escape', 'urllib.parse': 'quote'}}[{name!r}]
assert callable(getattr(held, first))
assert getattr(held, first) is getattr(sys.modules[{name!r}], first)
assert type(sys.modules[{name!r}]) is not Postponed
assert not hasattr(held, 'no_such_name')
print('same')
"""
    assert run(code) == "same"


def test_names_imported_at_once_are_there_at_once() -> None:
    assert run("from hashlib import sha256\nfrom urllib.parse import quote\nprint(quote('a b'))") == "a%20b"


def test_many_threads_may_need_it_at_the_same_time() -> None:
    code = """
import threading, urllib.parse, inspect
gate, wrong = threading.Barrier(8), []
def need():
    gate.wait()
    try:
        assert inspect.signature(need) is not None and urllib.parse.quote('a b') == 'a%20b'
    except Exception as exc:
        wrong.append(exc)
threads = [threading.Thread(target=need) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(wrong)
"""
    for _ in range(3):
        assert run(code) == "[]"
