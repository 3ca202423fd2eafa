"""A module that is put off is the module itself as soon as anybody needs it."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from functions.runtime import precompiled
from functions.runtime.lazy_modules import RARE

ROOT = Path(__file__).resolve().parents[3]


def run(code: str, environ: Mapping[str, str] | None = None) -> str:
    begin = "import sys\nfrom functions.runtime.lazy_modules import import_lazily, LazyModule\nimport_lazily()\n"
    command = [sys.executable, "-S", "-c", begin + code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **(environ or {})})
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
assert type(held) is LazyModule
import {name} as again
first = {{'inspect': 'signature', 'hashlib': 'sha256', 'hmac': 'compare_digest', 'secrets': 'token_hex',
          'base64': 'b64encode', 'ipaddress': 'ip_address', 'uuid': 'uuid4', 'traceback': 'format_exc',
          'html': 'escape', 'urllib.parse': 'quote'}}[{name!r}]
assert callable(getattr(held, first))
assert getattr(held, first) is getattr(sys.modules[{name!r}], first)
assert type(sys.modules[{name!r}]) is not LazyModule
assert not hasattr(held, 'no_such_name')
print('same')
"""
    assert run(code) == "same"


def test_names_imported_at_once_are_there_at_once() -> None:
    assert run("from hashlib import sha256\nfrom urllib.parse import quote\nprint(quote('a b'))") == "a%20b"


def test_paths_leave_addresses_until_they_are_asked_for_one() -> None:
    code = (
        "from pathlib import Path\nprint(type(sys.modules['urllib.parse']) is LazyModule)\n"
        "print(Path('/a b').as_uri(), type(sys.modules['urllib.parse']) is LazyModule)"
    )
    assert run(code).split() == ["True", "file:///a%20b", "False"]


def test_times_are_the_same() -> None:
    code = (
        "import datetime, copy, time, pickle\nfrom datetime import UTC, date, timedelta\n"
        "at = datetime.datetime(2026, 3, 29, 1, tzinfo=UTC)\n"
        "assert pickle.loads(pickle.dumps(at)) == copy.deepcopy(at) == at\n"
        "assert datetime.datetime.strptime('2026-03-29', '%Y-%m-%d').date() == at.date() == date(2026, 3, 29)\n"
        "print((at + timedelta(days=1)).isoformat(), type(at).__module__)"
    )
    assert run(code) == "2026-03-30T01:00:00+00:00 datetime"


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


@pytest.mark.parametrize("stage", ["gateway", "nlu", "dialogue", "actions", "delivery", "dead_letter"])
def test_no_stage_imports_at_its_start_what_costs_it_more_than_its_own_code(stage: str, tmp_path: Path) -> None:
    """What these are for comes later, or never; `shared.logs`, `shared.outbound` and others say how."""
    costly = {"logging", "http.client", "ssl", "email", "numpy", "onnxruntime", "asyncio", "inspect", "_hashlib"}
    costly |= {"google", "grpc", "flask", "requests"}
    precompiled.record(tmp_path / "compiled", [])
    code = f"""
from functions.runtime import precompiled
precompiled.use({str(tmp_path / "compiled")!r})
import importlib
from pathlib import Path
for name in precompiled.modules_of({stage!r}, Path('functions')):
    importlib.import_module(name)
import functions.runtime.server
print(sorted(name for name in sys.modules if name in {costly!r} and type(sys.modules[name]) is not LazyModule))
"""
    packages = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    assert run(code, {"PYTHONPATH": packages}) == "[]"


def test_an_interpreter_that_imports_lazily_is_told_the_same_names() -> None:
    code = """
import functions.runtime.lazy_modules as lazy
told = {}
sys.set_lazy_imports_filter = lambda wanted: told.update(wanted=wanted)
sys.set_lazy_imports = lambda mode: told.update(mode=mode)
for name in lazy.RARE:
    sys.modules.pop(name, None)
lazy.import_lazily()
every = [*lazy.RARE, "json", "urllib", "shared.logs"]
assert [name for name in every if told["wanted"]("dataclasses", name, None)] == list(lazy.RARE)
print(told["mode"], any(name in sys.modules for name in lazy.RARE))
"""
    # It does so itself: nothing stands in for them.
    assert run(code) == "all False"
