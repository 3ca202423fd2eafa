"""What all tests share: fixed randomness, and which of them `task test` leaves to `task test:all`."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("fixed")

HERE = Path(__file__).parent
# Task hands on what stands in .env; tests are about what the code does without anybody's settings.
for _line in (HERE.parent / ".env").read_text().splitlines() if (HERE.parent / ".env").is_file() else ():
    os.environ.pop(_line.partition("=")[0].strip(), None)

LONG = {
    # Whole assistants, browsers, images, chaos, upgrades, fuzzing, real Prometheus and kubectl, published material.
    *(HERE / name for name in ("attack", "bench", "e2e", "extra", "fuzz", "images", "manifests", "monitoring")),
    # Drawing, PyTorch, and the libraries of platforms and specifications that ours are held against.
    HERE / "unit" / "evaluation",
    HERE / "unit" / "training" / "test_full.py",
    HERE / "unit" / "training" / "test_action_code.py",
    HERE / "unit" / "gateway" / "test_openapi.py",
    HERE / "unit" / "channels" / "test_oracles.py",
    HERE / "unit" / "actions" / "test_sdk.py",
}
"""Left out where neither `--all` nor a path is given, as is every test that is marked `slow`."""
BRIEF = {HERE / "e2e" / "test_first_assistant.py"}
"""And what of these is not left out."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="also what takes long or needs more than Python")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The folders that take long; not their own __init__.py, so that the short ones within are still found."""
    if not _briefly(config) or collection_path.is_dir() or collection_path in BRIEF:
        return None
    return True if LONG & {collection_path, *collection_path.parents} else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _briefly(config):
        return
    long = [item for item in items if item.get_closest_marker("slow")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Each test begins where the run began: the stage of actions goes to its project's folder when it is imported."""
    os.chdir(item.config.invocation_params.dir)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """A process of pytest-xdist is handed folders, whoever named them."""
    node.workerinput["briefly"] = _briefly(node.config)


def _briefly(config: pytest.Config) -> bool:
    """Who names a file or a folder gets all of it."""
    if hasattr(config, "workerinput"):
        return bool(config.workerinput["briefly"])
    return not config.getoption("all") and config.args_source is not pytest.Config.ArgsSource.ARGS
