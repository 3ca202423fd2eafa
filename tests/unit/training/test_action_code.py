"""Action code of Rasa projects: what it needs comes along or is named, and what it lacks stops nothing else."""

import json
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from functions.actions.loading import load_code
from functions.actions.running import Runner
from functions.actions.stage import Actions
from model_artifacts.training.importing.__main__ import import_project
from model_artifacts.training.importing.code import read_needs
from model_artifacts.training.importing.page import render_page
from model_artifacts.training.importing.trying import try_loading
from shared.errors import Unavailable
from tests.unit.actions.events import completed, requested

DOMAIN = 'version: "3.1"\nintents: [greet]\nresponses:\n  utter_hi: [{text: Hi}]\nactions: [action_price]\n'
MESSAGE = {"text": "shops", "intent": {"name": "greet"}, "entities": [{"entity": "object_type", "value": "shop"}]}
RULES = "rules:\n- rule: greet\n  steps: [{intent: greet}, {action: utter_hi}]\n"
NLU = "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - good day\n"
ACTION = """
    from rasa_sdk import Action

    {imports}

    class Price(Action):
        def name(self):
            return "action_price"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text=str({value}))
            return []
"""


def project(folder: Path, **files: str) -> Path:
    """A project with these files more; `__` in a name stands for the folder's end."""
    written = {"domain.yml": DOMAIN, "data/rules.yml": RULES, "data/nlu.yml": NLU}
    for name, text in {**written, **{key.replace("__SLASH__", "/"): text for key, text in files.items()}}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    return folder


def bring(tmp_path: Path, files: dict[str, str]) -> tuple[Path, str]:
    """The imported assistant's folder, and its page once the code was tried."""
    source = project(tmp_path / "there", **files)
    into = tmp_path / "here"
    into.mkdir()
    imported = import_project(source, "shop", into, code=True)
    page = render_page(replace(imported, tried=try_loading(into / "shop")))
    return into / "shop", " ".join(page.split())


def action(imports: str = "", value: str = "7") -> str:
    return dedent(ACTION).format(imports=imports, value=value)


def test_a_sibling_package_comes_along_and_the_code_runs(tmp_path: Path) -> None:
    code = action("from pricing.table import look_up\nfrom pricing import currency", "look_up('tea') + currency.SIGN")
    assistant, page = bring(
        tmp_path,
        {
            "actions/__init__.py": "",
            "actions/actions.py": code,
            "pricing/__init__.py": "",
            "pricing/table.py": "from . import rounding\ndef look_up(name): return str(rounding.up(2.5))\n",
            "pricing/rounding.py": "import math\ndef up(value): return math.ceil(value)\n",
            "pricing/currency.py": "SIGN = '$'\n",
            "pricing/unused.py": "import nothing_like_this\n",
            "train_model.py": "import rasa\n",
        },
    )
    assert (assistant / "pricing" / "rounding.py").is_file()
    assert not (assistant / "train_model.py").exists()
    assert "the code needs of the project besides: pricing/__init__.py" in page
    assert "it loads, and has all of them" in page, page
    assert "CANNOT" not in page


def test_data_files_that_the_code_names_come_along_and_secrets_do_not(tmp_path: Path) -> None:
    code = action(
        "import os, json\nfrom pathlib import Path\nBASE = Path(__file__).parent.parent\n"
        "PRICES = json.load(open('data/prices.json'))\nROWS = open(os.path.join('tables', 'stock.csv')).read()\n"
        "MENU = (BASE / 'menus' / 'lunch.txt').read_text()\nKEY = os.path.join('keys', 'service.pem')\n"
        "TOKEN = os.environ.get('SHOP_TOKEN', '')",
        "PRICES['tea']",
    )
    assistant, page = bring(
        tmp_path,
        {
            "actions/actions.py": code,
            "data/prices.json": '{"tea": 3}',
            "tables/stock.csv": "tea,9\n",
            "menus/lunch.txt": "soup",
            "keys/service.pem": "secret",
        },
    )
    assert all((assistant / name).is_file() for name in ("data/prices.json", "tables/stock.csv", "menus/lunch.txt"))
    assert not (assistant / "keys").exists()
    assert "not copied, for it may hold secrets or is large: keys/service.pem" in page
    assert "SHOP_TOKEN from the environment: set them in model_artifacts/assistants/shop/.env" in page
    assert "it loads, and has all of them" in page, page
    assert (assistant / "actions" / "files.txt").read_text().split() == [
        "data/prices.json",
        "menus/lunch.txt",
        "tables/stock.csv",
    ]


@pytest.mark.parametrize(
    "where",
    ["actions/requirements-actions.txt", "actions/requirements.txt", "requirements-actions.txt", "requirements.txt"],
)
def test_requirements_are_read_where_projects_keep_them(tmp_path: Path, where: str) -> None:
    listed = "rasa-sdk==3.6.2\nrasa==3.6.21\nPyYAML>=5  # settings\n"
    assistant, page = bring(
        tmp_path, {"actions/actions.py": action("import yaml", "yaml.safe_load('3')"), where: listed}
    )
    assert (assistant / "actions" / "requirements.txt").read_text() == "PyYAML>=5\n"
    assert "it requires PyYAML>=5" in page
    assert "stands in no requirements" not in page


def test_a_package_that_nobody_requires_is_named_and_one_of_the_project_is_never_offered_to_pip(tmp_path: Path) -> None:
    needs = read_needs(
        project(
            tmp_path,
            **{
                "actions/actions.py": action("import weatherlib\nimport helpers\nfrom db import models"),
                "actions/helpers.py": "",
                "db/models.py": "import sqlite3\n",
                "requirements.txt": "helpers==1.0\ndb\n",
            },
        )
    )
    assert needs.packages == {"weatherlib": "actions/actions.py"}
    assert needs.requirements == ()
    assert needs.files == ("db/models.py",)


def test_an_import_of_a_file_that_is_missing_from_the_projects_own_package_offers_nothing_to_pip(
    tmp_path: Path,
) -> None:
    _, page = bring(
        tmp_path,
        {"actions/actions.py": action("from shopdb.gone import x"), "shopdb/__init__.py": "import shopdb.lost"},
    )
    assert "CANNOT BE LOADED: actions.actions: ModuleNotFoundError: No module named 'shopdb." in page, page
    assert "name the one that has it" not in page


def test_what_cannot_be_loaded_takes_along_nothing_else_and_says_why_when_it_is_asked_for(tmp_path: Path) -> None:
    other = action().replace("action_price", "action_other").replace("Price", "Other")
    files = {"actions/__init__.py": "", "actions/broken.py": action("import no_such_thing"), "actions/other.py": other}
    folder = project(tmp_path / "partly_broken", **files) / "actions"
    folder = folder.rename(folder.with_name("partly_broken_actions"))
    functions, mount = load_code(folder, {})
    assert mount is not None
    mounted = mount({})
    stage = Actions(functions.actions, mounted=mounted, runner=Runner(20))
    assert completed(stage(requested("action_other"))).responses[0]["text"] == "7"
    answer = completed(stage(requested("action_price")))
    assert answer.outcome == "failed"
    assert "No module named 'no_such_thing'" in str(answer.error)
    again = load_code(folder, {}, must=True)[1]
    assert again is not None
    with pytest.raises(Unavailable, match="no_such_thing"):
        again({})


def test_with_an_action_server_nothing_is_loaded_here(tmp_path: Path) -> None:
    folder = project(tmp_path, **{"actions/actions.py": action("raise SystemExit")}) / "actions"
    assert load_code(folder, {}, endpoint="http://127.0.0.1:9/webhook")[1] is None


@pytest.mark.parametrize(
    "files",
    [
        {"actions/__init__.py": "", "actions/actions.py": "# from rasa_sdk import Action\n#\n# class A(Action):\n"},
        {"actions/__init__.py": ""},
        {},
    ],
)
def test_a_project_as_rasa_init_leaves_it_is_complete(tmp_path: Path, files: dict[str, str]) -> None:
    assistant, page = bring(tmp_path, files)
    functions, mount = load_code(assistant / "actions", {})
    assert (functions.actions, mount) == ({}, None)
    assert "CANNOT" not in page


def test_a_knowledge_base_of_rasas_sdk_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": 0, "name": "Ivy", "town": "Bonn"}, {"id": 1, "name": "Moss", "town": "Kiel"}]
    code = """
        from rasa_sdk.knowledge_base.actions import ActionQueryKnowledgeBase
        from rasa_sdk.knowledge_base.storage import InMemoryKnowledgeBase

        class Shops(ActionQueryKnowledgeBase):
            def __init__(self):
                super().__init__(InMemoryKnowledgeBase("shops.json"))
    """
    folder = project(tmp_path / "asking", **{"actions/__init__.py": "", "actions/shops.py": dedent(code)}) / "actions"
    folder = folder.rename(folder.with_name("asking_actions"))
    (folder.parent / "shops.json").write_text(json.dumps({"shop": rows}))
    monkeypatch.chdir(folder.parent)
    mount = load_code(folder, {})[1]
    assert mount is not None
    mounted = mount({"slots": {}})
    assert mounted.broken == {}
    wanted = {
        "name": "action_query_knowledge_base",
        "slots": {"object_type": "shop", "attribute": None, "mention": None},
    }
    stage = Actions({}, mounted=mounted, runner=Runner(20))
    answer = completed(stage(requested(str(wanted["name"]), slots=wanted["slots"], latest_message=MESSAGE)))
    said = " ".join(str(response.get("text")) for response in answer.responses)
    assert answer.outcome == "done"
    assert "Ivy" in said
    assert "Moss" in said
    assert "knowledge_base_listed_objects" in [event.get("name") for event in answer.events]
