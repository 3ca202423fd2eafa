"""Code written for Rasa's SDK runs here as it does on Rasa's own action server, which is the oracle."""

import http.client
import importlib.metadata
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from packaging.requirements import Requirement

from functions.actions.action_server import ActionServer
from functions.actions.fulfilment import Call
from functions.actions.loading import load_functions
from functions.actions.running import Runner
from functions.actions.sdk import Mounted, mount, uses_sdk
from functions.actions.stage import Actions
from knative.local.ports import find_free_ports
from knative.setup.__main__ import ROOT
from shared.errors import Unavailable
from shared.events.catalogue import ActionCompleted, ActionRequested
from shared.logs import JsonLines
from shared.outbound import Outbound
from tests.unit.actions.events import NOW, completed, requested

DOMAIN = {
    "version": "3.1",
    "intents": ["inform"],
    "entities": ["cuisine"],
    "slots": {"cuisine": {"type": "text", "mappings": []}, "people": {"type": "any", "mappings": []}},
    "forms": {"restaurant_form": {"required_slots": ["cuisine", "people"], "ignored_intents": []}},
    "responses": {"utter_ask_cuisine": [{"text": "Which?"}]},
    "actions": ["action_hello", "validate_restaurant_form"],
    "session_config": {},
}
CODE = {
    "__init__.py": "",
    "weather.py": """
        CITIES = {"oslo": "rain"}
    """,
    "actions.py": """
        import time
        from datetime import datetime, timezone

        from rasa_sdk import Action, ActionExecutionRejection, FormValidationAction, Tracker, ValidationAction
        from rasa_sdk.events import (ActiveLoop, AllSlotsReset, FollowupAction, ReminderScheduled, Restarted, SlotSet,
                                     UserUtteranceReverted)
        from rasa_sdk.executor import CollectingDispatcher

        from actions.weather import CITIES
        from .weather import CITIES as SAME


        class Hello(Action):
            def name(self):
                return "action_hello"

            def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain):
                name = tracker.get_slot("cuisine") or next(tracker.get_latest_entity_values("cuisine"), "nothing")
                dispatcher.utter_message(text=f"Hello {name} from {tracker.sender_id} {len(domain['responses'])}")
                dispatcher.utter_message(response="utter_ask_cuisine", people=3)
                dispatcher.utter_message(text="Pick", buttons=[{"title": "A", "payload": "/a"}], image="http://x/y.png")
                dispatcher.utter_message(json_message={"a": [1, None]}, attachment="file")
                at = datetime(2030, 1, 1, tzinfo=timezone.utc)
                reminder = ReminderScheduled("greet", at, name="r", kill_on_user_message=False)
                return [SlotSet("cuisine", "thai"), reminder, FollowupAction("action_listen"), AllSlotsReset(),
                        Restarted(), UserUtteranceReverted(), {"no": "event"}]


        class Later(Action):
            def name(self):
                return "action_async"

            async def run(self, dispatcher, tracker, domain):
                import asyncio
                await asyncio.sleep(0.01)
                dispatcher.utter_message(text=CITIES["oslo"] + SAME["oslo"] + str(tracker.latest_message["text"]))


        class Refuses(Action):
            def name(self):
                return "action_refuses"

            def run(self, dispatcher, tracker, domain):
                raise ActionExecutionRejection("action_refuses", "not now")


        class Breaks(Action):
            def name(self):
                return "action_breaks"

            def run(self, dispatcher, tracker, domain):
                raise RuntimeError("the person said: my secret")


        class Slow(Action):
            def name(self):
                return "action_slow"

            def run(self, dispatcher, tracker, domain):
                time.sleep(2)
                return []


        class ValidateRestaurant(FormValidationAction):
            def name(self):
                return "validate_restaurant_form"

            async def required_slots(self, domain_slots, dispatcher, tracker, domain):
                return domain_slots + ["seating"] if tracker.get_slot("cuisine") == "thai" else domain_slots

            def validate_cuisine(self, value, dispatcher, tracker, domain):
                if value in ("thai", "greek"):
                    return {"cuisine": value.title()}
                dispatcher.utter_message(response="utter_ask_cuisine")
                return {"cuisine": None}

            async def validate_people(self, value, dispatcher, tracker, domain):
                return {"people": int(value)}

            async def extract_seating(self, dispatcher, tracker, domain):
                return {"seating": "inside"} if "inside" in (tracker.latest_message.get("text") or "") else {}


        class ValidateMappings(ValidationAction):
            pass
    """,
}


def write(folder: Path, code: dict[str, str]) -> Path:
    for name, text in code.items():
        place = folder / "actions" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text))
    return folder / "actions"


def forget(name: str) -> None:
    """The package is loaded by its plain name, as another test's may be."""
    for module in [module for module in sys.modules if module == name or module.startswith(f"{name}.")]:
        del sys.modules[module]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = write(tmp_path_factory.mktemp("bot"), CODE)
    yield path
    forget("actions")
    sys.path.remove(str(path.parent))


@pytest.fixture(scope="module")
def mounted(folder: Path) -> Mounted:
    return mount(folder, DOMAIN)


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ActionServer]:
    """Rasa's own action server with the same code."""
    (port,) = find_free_ports(1)
    command = [sys.executable, "-W", "ignore", "-m", "rasa_sdk", "--actions", "actions", "-p", str(port)]
    process = subprocess.Popen(command, cwd=folder.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not _healthy(port):
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        outbound = Outbound()
        yield ActionServer(f"http://127.0.0.1:{port}/webhook", DOMAIN, outbound)
        outbound.close()
    finally:
        process.terminate()
        process.wait(20)


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def make_request(
    action: str, text: str = "thai please, inside", slots: object = None, *candidates: object
) -> ActionRequested:
    entities = [{"entity": "cuisine", "value": "greek"}]
    latest = {"text": text, "intent": {"name": "inform", "confidence": 0.9}, "entities": entities, "metadata": {}}
    events = [
        {"event": "action", "name": "action_listen", "timestamp": 1.0},
        {"event": "user", "text": text, "parse_data": latest, "timestamp": 2.0},
        *candidates,
    ]
    return ActionRequested(
        action=action,
        sender="ann",
        slots=slots or {"cuisine": None, "people": None},  # type: ignore[arg-type]
        latest_message=latest,
        events=tuple(events),
        active_loop={"name": "restaurant_form"},
        latest_action_name="action_listen",
    )


def candidate(name: str, value: object) -> object:
    return {"event": "slot", "name": name, "value": value, "timestamp": 3.0}


CASES = {
    "what an action says and changes": make_request("action_hello"),
    "slots": make_request("action_hello", "hi", {"cuisine": "thai"}),
    "an async action that returns nothing": make_request("action_async"),
    "a rejection": make_request("action_refuses"),
    "a valid value": make_request(
        "validate_restaurant_form", "thai", {"cuisine": "thai"}, candidate("cuisine", "thai")
    ),
    "an invalid value": make_request(
        "validate_restaurant_form", "fish", {"cuisine": "fish"}, candidate("cuisine", "fish")
    ),
    "two values": make_request(
        "validate_restaurant_form",
        "thai for 4, inside",
        {"cuisine": "thai", "people": "4"},
        candidate("cuisine", "thai"),
        candidate("people", "4"),
    ),
    "no value": make_request("validate_restaurant_form", "hello"),
    "slot mappings": make_request("action_validate_slot_mappings", "hello", None, candidate("cuisine", "thai")),
}


@pytest.mark.parametrize("case", CASES)
def test_it_answers_as_rasas_own_action_server(mounted: Mounted, server: ActionServer, case: str) -> None:
    data = CASES[case]
    call = Call(data.action, "ann", "rest:ann", "rest:m1", NOW)
    expected = server.run(call, data, 30.0)
    assert Runner().run(mounted.find_function(data), call, 30.0) == expected
    assert expected.outcome == ("rejected" if case == "a rejection" else "done")


def run(mounted: Mounted, action: str, **more: object) -> ActionCompleted:
    stage = Actions({}, mounted=mounted, runner=Runner(0.3), clock=lambda: NOW)
    return completed(stage(requested(action, latest_message={"text": "hi"}, **more)))


def test_one_that_breaks_is_failed_without_the_persons_words(
    mounted: Mounted, caplog: pytest.LogCaptureFixture
) -> None:
    answer = run(mounted, "action_breaks")
    assert answer.outcome == "failed"
    assert "RuntimeError" in str(answer.error)
    assert "secret" not in str(answer.error) + "".join(map(JsonLines().format, caplog.records))


def test_one_that_takes_too_long_is_given_up_and_holds_up_no_other(mounted: Mounted) -> None:
    started = time.monotonic()
    assert run(mounted, "action_slow").error == "action_slow gave no result within 0.3 s"
    assert run(mounted, "action_async").responses[0]["text"] == "rainrainhi"
    assert time.monotonic() - started < 2


def test_functions_come_first_then_the_classes_then_the_server(folder: Path, mounted: Mounted) -> None:
    assert load_functions(folder, {}).actions == {}
    stage = Actions({}, ActionServer("http://127.0.0.1:9/webhook", {}, Outbound()), mounted=mounted, clock=lambda: NOW)
    assert completed(stage(requested("action_async", latest_message={"text": "hi"}))).outcome == "done"
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        stage(requested("action_elsewhere"))


def test_a_folder_without_init_is_loaded_as_well(tmp_path: Path) -> None:
    code = CODE["actions.py"].replace("from actions.weather", "from bare_actions.weather")
    folder = write(tmp_path, {"weather.py": CODE["weather.py"], "actions.py": code}).rename(tmp_path / "bare_actions")
    try:
        assert mount(folder, DOMAIN).has("action_hello")
        assert load_functions(folder, {}).actions == {}
    finally:
        sys.path.remove(str(tmp_path))
        forget("bare_actions")


def test_only_code_that_imports_it_needs_it(tmp_path: Path) -> None:
    assert not uses_sdk(tmp_path / "nowhere")
    assert not uses_sdk(write(tmp_path / "a", {"__init__.py": '"""Not for rasa_sdk."""\n'}))
    assert uses_sdk(write(tmp_path / "b", {"deep/code.py": "if True:\n    from rasa_sdk.events import SlotSet\n"}))


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (
            "import rasa_sdk\nimport no_such_library\n",
            "No module named 'no_such_library'; it is a file of the project that was not copied, or a package",
        ),
        ("import rasa_sdk\nthis is no python\n", "SyntaxError"),
        ("import rasa_sdk\n1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_code_that_cannot_be_loaded_is_named_with_its_cause(tmp_path: Path, code: str, cause: str) -> None:
    folder = write(tmp_path, {"__init__.py": "", "broken.py": code})
    folder = folder.rename(tmp_path / "broken_actions")
    try:
        assert cause in mount(folder, DOMAIN).broken["broken_actions.broken"]
    finally:
        sys.path.remove(str(tmp_path))
        sys.path.remove(str(folder))
        forget("broken_actions")


def test_rasas_sdk_is_pinned_with_what_its_own_line_allows() -> None:
    pinned = dict(
        line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if line.count("==") == 1
    )
    names = {name.lower().replace("_", "-"): version.strip() for name, version in pinned.items()}
    for line in importlib.metadata.requires("rasa-sdk") or ():
        requirement = Requirement(line)
        version = names.get(requirement.name.lower().replace("_", "-"))
        if version is not None and (requirement.marker is None or requirement.marker.evaluate()):
            assert requirement.specifier.contains(version), line
