"""The compiler: a Rasa project goes in, dialogue.json comes out, or every error that keeps it from that."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath

from functions.dialogue.domain import Domain
from functions.dialogue.names import SNIPPET
from functions.dialogue.table import FORMAT
from functions.dialogue.tracker import Event
from model_artifacts.training.dialogue.completeness import check_rules
from model_artifacts.training.dialogue.contradictions import walk
from model_artifacts.training.dialogue.domain import read_domain, write_domain
from model_artifacts.training.dialogue.draft import Draft
from model_artifacts.training.dialogue.paths import Path, list_rule_paths, list_story_paths
from model_artifacts.training.dialogue.policies import MemoryOptions, Options, RuleOptions, read_options
from model_artifacts.training.dialogue.problems import Problem
from model_artifacts.training.dialogue.project import Project, read_project
from model_artifacts.training.dialogue.responses import check_responses
from model_artifacts.training.dialogue.stories import Happens, Story, read_stories
from model_artifacts.training.dialogue.tables import (
    Example,
    Sources,
    draft_markers,
    draft_rules,
    find_rule_only,
    list_rule_examples,
    list_story_examples,
    write_memory,
)
from shared.events.wire import JSON

POLICY = "policy.json"
"""The file of the bundle with the network of the learned policy."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A project that has been compiled, with what was noticed on the way."""

    data: Mapping[str, JSON]
    """What dialogue.json holds."""
    problems: tuple[Problem, ...]
    """Warnings and notes; errors are raised."""
    draft: Draft
    options: Options
    stories: tuple[Story, ...]
    paths: tuple[Path, ...]
    """The ways through the stories, which the learned policy learns from."""


def compile_dialogue(project: FilePath) -> Mapping[str, JSON]:
    """What dialogue.json of the project at this path holds; Uncompilable with every error where it has any."""
    return compile_project(project).data


def compile_project(path: FilePath) -> Compiled:
    """The `dialogue.json` of an assistant's files; raises Uncompilable with every mistake, each with file and line."""
    project = read_project(path)
    # What else would be said of a file that is no YAML follows from that.
    project.problems.raise_errors()
    draft = read_domain(project)
    options = read_options(project)
    stories = read_stories(project, draft)
    problems = project.problems
    _check_fallback(options, draft, project)
    check_responses(draft, {event["name"] for event in _events(stories) if event["event"] == "action"}, problems)
    # What follows walks through stories and trusts their names.
    problems.raise_errors()
    data, paths = _compile(project, draft, options, stories)
    problems.raise_errors()
    return Compiled(data, problems.all, draft, options, tuple(stories), tuple(paths))


def dump_dialogue(data: Mapping[str, JSON]) -> str:
    """The text of dialogue.json; the same data gives the same text."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"


def _events(stories: Sequence[Story]) -> Iterator[Event]:
    for story in stories:
        for step in story.steps:
            if isinstance(step, Happens):
                yield from step.events


def _check_fallback(options: Options, draft: Draft, project: Project) -> None:
    rules = options.rules
    if rules is not None and rules.fallback is not None and rules.fallback not in draft.known_actions:
        project.problems.add_error(
            rules.place,
            f"core_fallback_action_name is '{rules.fallback}', which the domain does not have; add it under `actions:`",
        )


def _compile(
    project: Project, draft: Draft, options: Options, stories: Sequence[Story]
) -> tuple[dict[str, JSON], Sequence[Path]]:
    problems = project.problems
    domain_data = write_domain(draft)
    domain = Domain.from_json(domain_data)
    fill = draft.entities_fill_slots
    by_rules = list_rule_paths(
        [story for story in stories if story.is_rule], domain, problems, entities_fill_slots=fill
    )
    by_stories = list_story_paths(
        [story for story in stories if not story.is_rule], domain, problems, entities_fill_slots=fill
    )
    problems.raise_errors()
    sources = Sources()
    data: dict[str, JSON] = {"format": FORMAT, "assistant": project.name, "domain": domain_data}
    data |= _compile_rules(by_rules, by_stories, domain, options, project, sources)
    data["policies"] = [_compile_policy(policy, by_stories, sources) for policy in options.policies]
    if options.learned is not None and any(event["event"] == "user" for event in _list_events(by_stories)):
        data["learned"] = {
            "name": options.learned.name,
            "file": POLICY,
            "max_history": options.learned.max_history,
            "priority": options.learned.priority,
        }
    data["sources"] = sources.names
    return data, by_stories


def _list_events(paths: Sequence[Path]) -> Iterator[Event]:
    for path in paths:
        yield from path.tracker.applied


def _compile_rules(
    by_rules: Sequence[Path],
    by_stories: Sequence[Path],
    domain: Domain,
    options: Options,
    project: Project,
    sources: Sources,
) -> dict[str, JSON]:
    rules = options.rules
    if rules is None:
        return {"rules": [], "markers": [], "hidden": [], "rule_only": {"slots": [], "loops": []}}
    problems = project.problems
    check_rules(by_rules, domain, problems, restrict=rules.restrict, complete=rules.check)
    examples = list(list_rule_examples(by_rules))
    told = list(list_story_examples(by_stories, None))
    drafts = draft_rules(examples, domain)
    markers = draft_markers([*examples, *told], domain)
    hidden: set[str] = set()
    only: dict[str, JSON] = {"slots": [], "loops": []}
    if rules.check:
        walked = walk(drafts, markers, by_rules, by_stories, domain, rules, problems)
        drafts, hidden = walked.rules, walked.hidden
        known = find_rule_only(examples, told)
        only = {"slots": sorted(known.slots), "loops": sorted(known.loops)}
    return {
        "rules": [draft.json(sources) for draft in drafts],
        "markers": [draft.json(sources) for draft in markers],
        "hidden": sorted(hidden),
        "rule_only": only,
    }


def _compile_policy(
    policy: RuleOptions | MemoryOptions, by_stories: Sequence[Path], sources: Sources
) -> dict[str, JSON]:
    if isinstance(policy, RuleOptions):
        return {
            "kind": "rules",
            "priority": policy.priority,
            "fallback": policy.fallback,
            "threshold": policy.threshold,
            "nlu_confidence": policy.nlu_confidence,
        }
    examples: list[Example] = list(list_story_examples(by_stories, policy.max_history))
    return {
        "kind": "memoization",
        "name": policy.name,
        "max_history": policy.max_history,
        "augmented": policy.name.startswith("Augmented"),
        "priority": policy.priority,
        "nlu_confidence": policy.nlu_confidence,
        "longest": max((len(example.steps) for example in examples), default=0),
        "memory": write_memory((example for example in examples if example.action != SNIPPET), sources),
    }
