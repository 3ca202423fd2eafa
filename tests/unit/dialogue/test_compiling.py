"""Projects that cannot be compiled: every mistake with its file, its line and what to do, all together."""

import json
import time
from pathlib import Path

import pytest

from model_artifacts.training.dialogue.__main__ import main
from model_artifacts.training.dialogue.compilation import compile_project, dump_dialogue
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.dialogue.validation import validate
from tests.unit.dialogue.talking import Talk, compiled, table, write_project

DOMAIN = """\
version: "3.1"
intents: [greet, bye]
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Bye}]
"""
RULES = """\
rules:
- rule: greet
  steps:
  - intent: greet
  - action: utter_greet
"""


def mistakes(**files: str) -> list[str]:
    with pytest.raises(Uncompilable) as caught:
        compiled(**{"domain": DOMAIN, **files})
    return [str(problem) for problem in caught.value.problems]


def warnings(**files: str) -> list[str]:
    project = compiled(**{"domain": DOMAIN, **files})
    return [str(problem) for problem in (*project.problems, *validate(project))]


def test_broken_yaml_is_named_with_its_line() -> None:
    (mistake,) = mistakes(rules="rules:\n- rule: x\n  steps: [\n")
    assert mistake.startswith("data/rules.yml:4: error: this is not YAML: ")


def test_a_tab_is_named() -> None:
    (mistake,) = mistakes(rules="rules:\n- rule: x\n\tsteps:\n")
    assert mistake.startswith("data/rules.yml:3: error: this is not YAML")


def test_a_key_that_stands_twice_is_named_with_both_lines() -> None:
    domain = DOMAIN + "  utter_greet: [{text: Hi}]\n"
    assert "the key 'utter_greet' stands here a second time (first in line 4)" in mistakes(domain=domain)[0]


def test_yaml_is_read_as_version_1_2_has_it() -> None:
    domain = DOMAIN + "slots:\n  on:\n    type: any\n    initial_value: yes\n    mappings: [{type: custom}]\n"
    slots = compiled(domain=domain).data["domain"]["slots"]
    assert slots["on"]["initial"] == "yes"


def test_all_mistakes_are_reported_together_in_the_order_of_the_files() -> None:
    rules = """\
rules:
- rule: a
  steps:
  - intent: greet
  - action: utter_hello
- rule: b
  steps:
  - intent: bye
  - action: action_none
  - action: some_form
  - jump: 1
"""
    assert mistakes(rules=rules) == [
        "data/rules.yml:5: error: there is no response 'utter_hello'; write it under `responses:` in the domain, "
        "or mend the name",
        "data/rules.yml:9: error: there is no action 'action_none'; add it under `actions:` in the domain, "
        "or mend the name",
        "data/rules.yml:10: error: there is no form or action 'some_form'; declare it under `forms:` in the domain, "
        "or mend the name",
        "data/rules.yml:11: error: there is no step 'jump'; use one of intent, action, slot_was_set, active_loop, or, "
        "checkpoint",
    ]


def test_names_that_the_domain_does_not_have_are_warnings_where_rasa_goes_on() -> None:
    rules = """\
rules:
- rule: a
  steps:
  - intent: greett
    entities: [place]
  - action: utter_greet
  - active_loop: some_form
  - slot_was_set: [{color: red}]
"""
    found = warnings(rules=rules)
    for text in (
        "data/rules.yml:4: warning: the intent 'greett' is not in the domain",
        "data/rules.yml:5: warning: the entity 'place' is not in the domain",
        "data/rules.yml:7: warning: there is no form 'some_form'",
        "data/rules.yml:8: warning: the slot 'color' is not in the domain",
    ):
        assert any(warning.startswith(text) for warning in found), (text, found)


def test_a_form_that_asks_for_a_slot_that_is_none_never_ends_and_is_an_error() -> None:
    (mistake,) = mistakes(domain=DOMAIN + "forms: {f: {required_slots: [dish]}}\n", rules=RULES)
    assert mistake.startswith("domain.yml:6: error: the form 'f' asks for the slot 'dish', which the domain does not")


def test_a_response_that_is_listed_and_not_written_is_an_error_where_it_is_used() -> None:
    domain = DOMAIN + "actions: [utter_nothing]\n"
    rules = RULES + "- rule: bye\n  steps: [{intent: bye}, {action: utter_nothing}]\n"
    assert mistakes(domain=domain, rules=rules) == [
        "domain.yml:6: error: the action 'utter_nothing' has no response; write it under `responses:`, "
        "or remove it here (where a server says it, NLG_ENDPOINT, write `utter_nothing: []`)"
    ]
    assert any("domain.yml:6: warning: the action 'utter_nothing'" in text for text in warnings(domain=domain))


def test_a_story_that_contradicts_a_rule_is_named_with_the_rule() -> None:
    stories = "stories:\n- story: other\n  steps:\n  - intent: greet\n  - action: utter_bye\n"
    (mistake,) = mistakes(rules=RULES, stories=stories)
    assert mistake == (
        "data/stories.yml:2: error: the story 'other' goes on with 'utter_bye', against the rule "
        "'greet (data/rules.yml:2)' with 'utter_greet'; make them agree, or tell them apart by an intent, a slot or a "
        "condition"
    )


def test_two_rules_that_contradict_each_other_are_both_named() -> None:
    rules = RULES + "- rule: greet too\n  steps:\n  - intent: greet\n  - action: utter_bye\n"
    found = mistakes(rules=rules)
    assert len(found) == 2
    assert found[0].startswith("data/rules.yml:2: error: the rule 'greet' goes on with 'utter_greet', against the rule")
    assert "'greet too (data/rules.yml:6)'" in found[0]


def test_contradictions_may_be_allowed() -> None:
    stories = "stories:\n- story: other\n  steps:\n  - intent: greet\n  - action: utter_bye\n"
    config = "policies:\n- name: RulePolicy\n  check_for_contradictions: false\n"
    assert Talk(table(domain=DOMAIN, rules=RULES, stories=stories, config=config)).say("/greet") == ["Hello"]


def test_a_rule_with_two_messages_is_told_to_be_a_story() -> None:
    rules = RULES + "  - intent: bye\n  - action: utter_bye\n"
    assert mistakes(rules=rules) == [
        "data/rules.yml:2: error: the rule 'greet' has more than one message; rules are for one, write a story for more"
    ]


def test_a_rule_that_leaves_open_what_becomes_of_a_form_is_named() -> None:
    domain = DOMAIN + "forms: {f: {required_slots: []}}\n"
    rules = RULES + (
        "- rule: start\n  steps:\n  - intent: bye\n  - action: f\n  - active_loop: f\n"
        "- rule: forgets\n  condition: [{active_loop: f}]\n  steps:\n  - action: f\n  - active_loop: null\n"
        "  - action: utter_bye\n"
        "- rule: incomplete\n  conversation_start: true\n  steps:\n  - intent: greet\n  - action: f\n"
        "  - action: utter_bye\n"
    )
    (mistake,) = mistakes(domain=domain, rules=rules)
    assert mistake.startswith("data/rules.yml:17: error: after 'f' the rule 'incomplete' does not say which form")


def test_checkpoints_that_go_in_circles_are_named() -> None:
    stories = """\
stories:
- story: a
  steps:
  - checkpoint: one
  - intent: greet
  - action: utter_greet
  - checkpoint: two
- story: b
  steps:
  - checkpoint: two
  - intent: bye
  - action: utter_bye
  - checkpoint: one
"""
    found = mistakes(stories=stories)
    assert "data/stories.yml:4: error: the checkpoint 'one' leads back to itself; end one of the stories" in found[0]
    assert found[1].startswith("data/stories.yml:10: error: the checkpoint 'two'")


def choices(steps: int, intents: str) -> str:
    return "".join(f"  - or: [{intents}]\n  - action: utter_greet\n" for _ in range(steps))


BOTH = "{intent: greet}, {intent: bye}"


def between(number: int) -> str:
    start = f"  - checkpoint: c{number}\n" if number else ""
    return f"- story: a{number}\n  steps:\n{start}{choices(2, BOTH)}  - checkpoint: c{number + 1}\n"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        # 2^40 paths, and as many that are all the same one.
        ({"stories": f"stories:\n- story: a\n  steps:\n{choices(40, BOTH)}"}, "data/stories.yml:2: error: the stories"),
        (
            {"stories": f"stories:\n- story: a\n  steps:\n{choices(40, '{intent: greet}, {intent: greet}')}"},
            "data/stories.yml:2: error: the stories",
        ),
        # Twelve checkpoints, four stories between each two.
        ({"stories": "stories:\n" + "".join(between(number) for number in range(12))}, ": error: the stories"),
        ({"rules": f"rules:\n- rule: a\n  steps:\n{choices(40, BOTH)}"}, "data/rules.yml:2: error: the rules"),
    ],
)  # fmt: skip
def test_choices_that_multiply_beyond_the_limit_are_refused_before_they_are_made(
    files: dict[str, str], said: str
) -> None:
    before = time.process_time()
    found = mistakes(**files)
    assert any(said in text and "describe more than 20000 paths; use fewer" in text for text in found), found
    # Made one by one, the limit alone would take longer.
    assert time.process_time() - before < 4


def test_a_checkpoint_that_leads_nowhere_is_a_warning() -> None:
    stories = (
        "stories:\n- story: a\n  steps:\n  - intent: greet\n  - action: utter_greet\n  - checkpoint: x\n"
        "- story: b\n  steps:\n  - checkpoint: y\n  - intent: bye\n  - action: utter_bye\n"
    )
    found = warnings(stories=stories)
    assert any("no story begins with the checkpoint 'x'" in text for text in found)
    assert any("no story ends with the checkpoint 'y', so 'b' is never reached" in text for text in found)


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("forms:\n- f\n", "a list of forms is Rasa 1.x"),
        ("forms:\n  f:\n    color:\n    - type: from_text\n", "Rasa 2.x syntax: list them under `required_slots:`"),
        ("forms:\n  f:\n    required_slots:\n      color:\n      - type: from_text\n", "`rasa data migrate`"),
        (
            "slots:\n  c:\n    type: text\n    auto_fill: true\n    mappings: []\n",
            "'auto_fill' of the slot 'c' is Rasa 2.x",
        ),
        ("slots:\n  c:\n    type: text\n", "the slot 'c' has no `mappings:` (Rasa 3.x asks for them)"),
        ("slots:\n  c:\n    type: unfeaturized\n    mappings: []\n", "make 'c' `type: any`"),
        ("slots:\n  c:\n    type: my.Slot\n    mappings: []\n", "use one of text, bool"),
        ("slots:\n  c:\n    type: any\n    influence_conversation: true\n    mappings: []\n", "cannot influence"),
        ("slots:\n  c:\n    type: text\n    mappings:\n    - type: from_entity\n", "needs `entity:`"),
        ("slots:\n  c:\n    type: text\n    mappings:\n    - type: magic\n", "use one of from_entity"),
        ("slots:\n  c: {type: float, min_value: 2, max_value: 1, mappings: []}\n", "min_value of the slot 'c'"),
        ("templates:\n  utter_x: [{text: x}]\n", "'templates' is Rasa 1.x"),
        ("session_config: {session_expiration_time: soon}\n", "must be minutes, 0 for never"),
        ("entities: [{city: }]\n", "the entity 'city' ends with ':' but has no options"),
    ],
)
def test_what_is_old_or_wrong_in_the_domain_is_named_with_what_to_do(domain: str, said: str) -> None:
    assert any(said in mistake and mistake.startswith("domain.yml:") for mistake in mistakes(domain=DOMAIN + domain))


@pytest.mark.parametrize(
    ("domain", "said"),
    [
        ("responses:\n  utter_x: Hello\n", "the response 'utter_x' has no variation"),
        ("responses:\n  utter_x: [Hello]\n", "write the variation of 'utter_x' as `- text: \"Hello\"`"),
        ("responses:\n  utter_x: [{txt: Hello}]\n", "a variation of 'utter_x' needs one of text"),
        ("intents: greet\n", "'intents' must be a list"),
        ("slots: [color]\n", "'slots' must hold names"),
        ("- a\n- b\n", "the file must hold keys"),
    ],
)
def test_what_is_no_domain_at_all_is_named(domain: str, said: str) -> None:
    assert any(said in mistake for mistake in mistakes(domain=domain))


@pytest.mark.parametrize(
    ("policies", "said"),
    [
        ("- name: FormPolicy\n", "FormPolicy is Rasa 1.x/2.x: forms are handled by RulePolicy"),
        ("- name: MemoizationPolicy\n  max_history: many\n", "'max_history' must be a whole number"),
        ("- name: RulePolicy\n  core_fallback_action_name: action_x\n", "core_fallback_action_name is 'action_x'"),
        ("- RulePolicy\n", "each policy begins with `- name: ...`"),
    ],
)
def test_what_is_wrong_in_the_configuration_is_named(policies: str, said: str) -> None:
    found = mistakes(config="policies:\n" + policies)
    assert any(said in mistake and mistake.startswith("config.yml:") for mistake in found)


def test_policies_without_meaning_here_are_named_in_a_note() -> None:
    config = "policies:\n- name: RulePolicy\n- name: UnexpecTEDIntentPolicy\n  epochs: 1\n"
    notes = [note for note in warnings(config=config, rules=RULES) if note.startswith("config.yml:3: note: Unexpec")]
    assert notes[0].endswith(
        "is not used: unlikely intents are not looked for; rules for action_unlikely_intent never run"
    )


def test_an_end_to_end_story_is_left_out_with_a_word_and_the_others_stay() -> None:
    stories = (
        "stories:\n- story: e2e\n  steps:\n  - user: hello\n  - bot: hi\n"
        "- story: fine\n  steps:\n  - intent: greet\n    user: hello\n  - action: utter_greet\n"
    )
    assert any(
        text.startswith("data/stories.yml:2: warning: the story 'e2e' is left out")
        for text in warnings(stories=stories)
    )
    assert Talk(table(domain=DOMAIN, stories=stories)).say("/greet") == ["Hello"]


def test_a_project_without_a_domain_or_without_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Uncompilable, match=r"domain\.yml:1: error: there is no domain"):
        compile_project(tmp_path / "empty")
    with pytest.raises(Uncompilable, match="there is no project directory nowhere"):
        compile_project(tmp_path / "nowhere")


def test_a_domain_may_be_a_folder_of_files(tmp_path: Path) -> None:
    project = write_project(tmp_path / "bot", rules=RULES)
    (project / "domain").mkdir()
    (project / "domain" / "one.yml").write_text("intents: [greet]\n")
    (project / "domain" / "two.yml").write_text("responses: {utter_greet: [{text: Hello}]}\n")
    assert compile_project(project).data["domain"]["responses"] == {"utter_greet": [{"text": "Hello"}]}


def test_what_is_unused_or_leads_nowhere_is_a_warning() -> None:
    domain = """\
version: "3.1"
intents: [greet, bye, lonely]
slots:
  empty: {type: text, mappings: []}
  asked: {type: text, mappings: [{type: from_text}]}
forms:
  f: {required_slots: [asked]}
responses:
  utter_greet: [{text: Hello}]
  utter_lonely: [{text: Nobody}]
"""
    rules = RULES + "- rule: dead end\n  steps:\n  - intent: bye\n"
    found = warnings(domain=domain, rules=rules)
    for text in (
        "domain.yml:2: warning: no rule, story or slot uses the intent 'lonely'",
        "domain.yml:4: warning: nothing fills the slot 'empty'",
        "domain.yml:7: error: the form 'f' has nothing to ask for 'asked' with, so it waits in silence; write utter",
        "domain.yml:7: warning: no rule or story starts the form 'f'",
        "domain.yml:10: warning: nothing says the response 'utter_lonely'",
        "data/rules.yml:8: warning: 'dead end' ends with a message that nothing answers",
    ):
        assert any(warning.startswith(text) for warning in found), (text, found)


def test_the_same_project_compiles_to_the_same_text() -> None:
    assert dump_dialogue(compiled(domain=DOMAIN, rules=RULES).data) == dump_dialogue(
        compiled(domain=DOMAIN, rules=RULES).data
    )


def test_the_command_writes_a_bundle_that_its_manifest_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules=RULES)
    bundle = tmp_path / "bundle"
    monkeypatch.setattr("sys.argv", ["dialogue", "--assistant", str(project), "--out", str(bundle)])
    assert main() == 0
    manifest = json.loads((bundle / "manifest.json").read_text())
    assert (manifest["assistant"], manifest["dialogue"]["rules"]) == ("bot", 1)
    assert set(manifest["files"]) == {"dialogue.json"}


def test_the_command_leaves_the_bundle_alone_where_the_project_has_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = write_project(tmp_path / "bot", domain=DOMAIN, rules="rules:\n- rule: x\n  steps: [{action: nope}]\n")
    bundle = tmp_path / "bundle"
    monkeypatch.setattr("sys.argv", ["dialogue", "--assistant", str(project), "--out", str(bundle), "--json"])
    assert main() == 1
    assert not bundle.exists()
    assert json.loads(capsys.readouterr().out)["line"] == 3


def test_intents_that_use_the_same_entities_share_them_in_memory() -> None:
    domain = "intents:\n- greet\n- bye:\n    use_entities: [name]\n- ask\nentities: [name, place]\n"
    used = table(domain=domain, rules="rules: []\n").domain.used_entities
    assert used["greet"] == {"name", "place"}
    assert used["greet"] is used["ask"]
    assert used["bye"] == {"name"}
