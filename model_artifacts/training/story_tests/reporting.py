"""Results of test stories as people and CI read them: differences as YAML, and JUnit's XML."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as xml

from model_artifacts.training.story_tests.results import Result, Step

JUNIT = "junit.xml"
FAILED = "failed_test_stories.yml"


def as_story(result: Result) -> str:
    """The story with what went another way behind each line, as Rasa writes its failed test stories."""
    lines = [f"- story: {result.story.name} ({result.story.place})", "  steps:"]
    # A message is one step of two lines: what was said, and its intent.
    indent = "  - "
    for step in result.steps:
        comment = f"  # predicted: {step.got}" if step.got is not None else ""
        if step.kind == "user":
            lines.append(f"  - user: |-{comment}")
            lines += [f"      {line}" for line in step.expected.splitlines() or [""]]
            indent = "    "
            continue
        lines.append(f"{indent if step.kind == 'intent' else '  - '}{_write_line(step)}{comment}")
        indent = "  - "
    return "\n".join(lines)


def _write_line(step: Step) -> str:
    if step.kind == "slot_was_set":
        return f"slot_was_set: [{{{step.expected}}}]"
    return f"{step.kind}: {step.expected}"


def render_results(way: str, results: Sequence[Result]) -> Iterator[str]:
    """What a person needs to see of these results: the stories that differ, and why some were not held."""
    for result in results:
        if result.differs:
            yield f"{way}: differs"
            yield as_story(result)
            yield ""
    reasons: dict[str, list[str]] = {}
    for result in results:
        if result.not_held is not None:
            reasons.setdefault(result.not_held, []).append(result.story.name)
    for reason, names in reasons.items():
        yield f"{way}: not held to the end ({len(names)}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
        yield f"  {reason}"


def write(out: Path, assistant: str, ways: Sequence[tuple[str, Sequence[Result]]]) -> None:
    """Write junit.xml, and failed_test_stories.yml where there are any, into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    root = xml.Element("testsuites", name=assistant)
    for way, results in ways:
        root.append(_write_suite(f"{assistant}: {way}", results))
    xml.indent(root)
    xml.ElementTree(root).write(out / JUNIT, encoding="utf-8", xml_declaration=True)
    failed = [as_story(result) for _, results in ways for result in results if result.differs]
    (out / FAILED).unlink(missing_ok=True)
    if failed:
        (out / FAILED).write_text('version: "3.1"\nstories:\n' + "\n".join(failed) + "\n", encoding="utf-8")


def _write_suite(name: str, results: Sequence[Result]) -> xml.Element:
    counts = {
        "tests": len(results),
        "failures": sum(result.differs for result in results),
        "errors": 0,
        "skipped": sum(result.not_held is not None and not result.differs for result in results),
    }
    seconds = sum(result.seconds for result in results)
    suite = xml.Element(
        "testsuite", {"name": name, "time": f"{seconds:.3f}", **{key: str(count) for key, count in counts.items()}}
    )
    for result in results:
        place = result.story.place
        case = xml.SubElement(
            suite,
            "testcase",
            name=_clean_text(result.story.name),
            classname=place.file.removesuffix(".yml").replace("/", "."),
            file=place.file,
            line=str(place.line),
            time=f"{result.seconds:.3f}",
        )
        first = next((step for step in result.steps if step.got is not None), None)
        if first is not None:
            message = f"{first.kind}: {first.expected}; predicted: {first.got}"
            xml.SubElement(case, "failure", message=_clean_text(message), type="difference").text = _clean_text(
                as_story(result)
            )
        elif result.not_held is not None:
            xml.SubElement(case, "skipped", message=_clean_text(result.not_held))
    return suite


def _clean_text(text: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in text if letter in "\t\n\r" or letter >= " ")
