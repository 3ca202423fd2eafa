"""Stages that are forked: ready at once, ended in order, with their words told and their end noticed."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from knative.local import served
from knative.local.activator.forked import CannotFork, Forker
from knative.local.activator.instance import Command, Instance, NotStarted
from knative.local.stages import ASSISTANTS, Place, build_environment

Told = list[str]


def forked(
    home: Path, act: Callable[[Forker, Instance, Told], Awaitable[None]], stage: str = "delivery", **settings: str
) -> None:
    """Do this with a stage that was just asked for."""

    async def run() -> None:
        forker = Forker([stage], {**os.environ, "PYTHONUNBUFFERED": "1", **served.build_environment(stage, {})})
        await forker.start()
        told: Told = []
        given = {"PATH": os.environ["PATH"], "STORE_URL": f"sqlite:{home / 'store.db'}", **settings}
        environ = served.build_environment(stage, build_environment(stage, Place(home, home, home), {}, given))
        instance = Instance(stage, Command(served.build_command(), environ, forker), told.append)
        try:
            await act(forker, instance, told)
        finally:
            await instance.stop()
            await forker.stop()

    asyncio.run(run())


async def healthy(instance: Instance) -> bool:
    session = await instance.open_session()
    async with session.get(f"http://127.0.0.1:{instance.port}/healthz") as answer:
        return answer.status == 200


async def ended(instance: Instance) -> None:
    while not instance.ended:
        await asyncio.sleep(0.01)


def test_a_forked_stage_answers_and_ends_in_order(tmp_path: Path) -> None:
    async def act(_: Forker, instance: Instance, told: Told) -> None:
        assert await healthy(instance)
        assert instance.ready
        pid = instance.pid
        assert pid is not None
        assert f"(process {pid})" in told[-1]
        await instance.stop()
        assert instance.ended
        assert not Path(f"/proc/{pid}").exists()

    forked(tmp_path, act)


def test_each_fork_has_its_own_environment_and_begins_anew(tmp_path: Path) -> None:
    async def act(forker: Forker, instance: Instance, told: Told) -> None:
        assert await healthy(instance)
        given = {"PATH": os.environ["PATH"], "STORE_URL": f"sqlite:{tmp_path / 'other.db'}"}
        environ = served.build_environment(
            "delivery", build_environment("delivery", Place(tmp_path, tmp_path, tmp_path), {}, given)
        )
        other = Instance("other", Command(served.build_command(), environ, forker), told.append)
        session = await other.open_session()
        for name, one in (("store", instance), ("other", other)):
            async with session.get(f"http://127.0.0.1:{one.port}/outbox/webchat:me?after=0&wait=0") as answer:
                assert answer.status == 200
            assert (tmp_path / f"{name}.db").exists()
        assert instance.pid != other.pid
        await other.stop()

    forked(tmp_path, act)


def test_a_stage_that_cannot_start_says_why(tmp_path: Path) -> None:
    async def act(_: Forker, instance: Instance, told: Told) -> None:
        with pytest.raises(NotStarted, match="ended with exit code 1 before it was ready"):
            await instance.open_session()
        assert any("unknown scheme 'nowhere'" in line for line in told), told
        assert instance.ended

    forked(tmp_path, act, STORE_URL="nowhere:")


def test_a_stage_that_is_killed_is_noticed_and_another_can_be_forked(tmp_path: Path) -> None:
    async def act(forker: Forker, instance: Instance, told: Told) -> None:
        assert await healthy(instance)
        assert instance.pid is not None
        os.kill(instance.pid, signal.SIGKILL)
        await asyncio.wait_for(ended(instance), 60)
        again = Instance("again", instance._command, told.append)
        assert await healthy(again)
        await again.stop()

    forked(tmp_path, act)


def test_the_end_of_the_process_that_forks_ends_its_stages(tmp_path: Path) -> None:
    async def act(forker: Forker, instance: Instance, _: Told) -> None:
        assert await healthy(instance)
        pid = instance.pid
        await forker.stop()
        while Path(f"/proc/{pid}").exists():
            await asyncio.sleep(0.01)

    forked(tmp_path, act)


def test_nothing_is_forked_after_its_end_and_the_request_is_told(tmp_path: Path) -> None:
    async def act(forker: Forker, instance: Instance, told: Told) -> None:
        assert await healthy(instance)
        await forker.stop()
        late = Instance("late", instance._command, told.append)
        with pytest.raises(NotStarted, match="has ended"):
            await late.open_session()

    forked(tmp_path, act)


def test_who_forks_has_one_thread_and_has_loaded_no_model(tmp_path: Path) -> None:
    """A fork has the thread that made it and no other: what another one held would be held for ever."""

    async def act(forker: Forker, instance: Instance, _: Told) -> None:
        assert await healthy(instance)
        parent = Path(f"/proc/{forker.pid}")
        assert "Threads:\t1\n" in (parent / "status").read_text()
        assert "libonnxruntime" not in (parent / "maps").read_text()

    forked(tmp_path, act, stage="nlu", BUNDLE=str(ASSISTANTS / "default" / "bundle"))


def test_what_ends_at_its_start_is_told() -> None:
    async def run() -> None:
        with pytest.raises(CannotFork):
            await Forker(["delivery"], {"PYTHONPATH": "/nowhere", "PATH": os.environ["PATH"]}).start()

    asyncio.run(run())
