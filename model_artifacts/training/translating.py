"""`task translate`: what is not yet said in a language, as a file to fill in, or filled in from a translator's table.

`domain/responses.de.yml` holds the German variations of all responses; what stands in it stays, comments as well, and
what is missing is added at its end. An empty text counts as not translated: the first language is said then.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml

from model_artifacts.training.dialogue.compilation import compile_project
from model_artifacts.training.dialogue.problems import Uncompilable
from model_artifacts.training.dialogue.translations import find_untranslated
from model_artifacts.training.languages import NAMES, UnknownLanguage, base_of, read_languages
from shared.events.wire import JSON

OPEN = re.compile(r'^(?P<before>\s*(?:- )?(?:text|title): )""(?P<comment>\s+# (?P<source>".*"))\s*$')
"""A line that waits for its translation; the comment has the original."""


class Refused(SystemExit):
    """What was asked for cannot be done; the message says what to do instead."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="task translate", description=__doc__)
    parser.add_argument("--assistant", type=Path, required=True, help="a folder with domain.yml and config.yml")
    parser.add_argument("--to", required=True, help="a language that config.yml names, e.g. de")
    parser.add_argument("--file", type=Path, help="a translator's table: CSV (source,translation) or YAML of the same")
    parser.add_argument("--table", type=Path, help="write what is open as such a table")
    options = parser.parse_args(arguments)
    code = _check(options.assistant, base_of(options.to))
    told = read_table(options.file) if options.file is not None else {}
    path = options.assistant / "domain" / f"responses.{code}.yml"
    added, filled, left = translate(options.assistant, code, told)
    if options.table is not None:
        write_table(options.table, left)
    print(f"{path}: {added} responses added, {filled} texts filled in, {len(left)} open")
    return 0


def translate(assistant: Path, code: str, told: Mapping[str, str]) -> tuple[int, int, list[str]]:
    """Bring the file of a language up to date: responses added, texts filled in, and the sources of those open."""
    path = assistant / "domain" / f"responses.{code}.yml"
    text = path.read_text(encoding="utf-8") if path.is_file() else _head(code)
    if not _ends_in_responses(text):
        raise Refused(f"{path}: `responses:` must be the last key of the file, so that more can be added below it")
    try:
        data = compile_project(assistant).data["domain"]["responses"]
    except Uncompilable as exc:
        raise Refused("\n".join(map(str, exc.problems))) from exc
    known = set((yaml.safe_load(text) or {}).get("responses") or {})
    missing = [name for name in find_untranslated(data, code) if name not in known]
    text = text.rstrip("\n") + "\n" + "".join(_skeleton(name, data[name], code) for name in missing)
    lines, filled, left = [], 0, []
    for line in text.splitlines():
        match = OPEN.match(line)
        source = json.loads(match["source"]) if match is not None else ""
        if match is not None and told.get(source):
            line = f"{match['before']}{_quote(told[source])}"
            filled += 1
        elif match is not None:
            left.append(source)
        lines.append(line)
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(missing), filled, list(dict.fromkeys(left))


def read_table(path: Path) -> dict[str, str]:
    """Source -> translation."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise Refused(f"{path} cannot be read as UTF-8 text: {exc}") from exc
    if path.suffix in (".yml", ".yaml"):
        try:
            loaded = yaml.safe_load(text)
        except yaml.YAMLError as exc:
            raise Refused(f"{path} is no YAML: {exc}") from exc
        if not isinstance(loaded, dict):
            raise Refused(f"{path} must hold `source: translation` lines")
        return {str(source): str(said) for source, said in loaded.items() if said}
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    if not rows or not {"source", "translation"} <= set(rows[0]):
        raise Refused(f"{path} must be CSV with the columns source and translation; `-- --table {path}` writes one")
    return {row["source"]: row["translation"] for row in rows if row["translation"]}


def write_table(path: Path, sources: Sequence[str]) -> None:
    """The sources as a table with an empty column."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "translation"))
        writer.writerows((source, "") for source in sources)


def _check(assistant: Path, code: str) -> str:
    try:
        config = yaml.safe_load((assistant / "config.yml").read_text(encoding="utf-8")) or {}
        languages = [base_of(one) for one in read_languages(config)]
    except FileNotFoundError as exc:
        raise Refused(f"{assistant} has no config.yml; is it an assistant?") from exc
    except (UnknownLanguage, yaml.YAMLError) as exc:
        raise Refused(f"{assistant / 'config.yml'}: {exc}") from exc
    if code not in languages[1:]:
        named = ", ".join((*languages, code))
        raise Refused(
            f"{code} is the language of the examples"
            if code == languages[0]
            else f"config.yml does not name {code}; write `languages: [{named}]` there first"
        )
    return code


def _head(code: str) -> str:
    title = f"# {NAMES[code]}: what the responses say in it (`task translate` adds what is missing)."
    return f'{title}\nversion: "3.1"\n\nresponses:\n'


def _ends_in_responses(text: str) -> bool:
    keys = [line for line in text.splitlines() if re.match(r"^\w", line)]
    return bool(keys) and keys[-1].startswith("responses:")


def _skeleton(name: str, variations: Sequence[Mapping[str, JSON]], code: str) -> str:
    return f"  {name}:\n" + "".join(
        "\n".join(_lines(variation, code)) + "\n" for variation in variations if "language" not in variation
    )


def _lines(variation: Mapping[str, JSON], code: str) -> Iterator[str]:
    yield f'    - text: ""  # {_quote(str(variation.get("text") or ""))}'
    yield f"      language: {code}"
    for key in ("channel", "condition", "image", "attachment", "custom", "metadata"):
        if variation.get(key) is not None:
            yield f"      {key}: {json.dumps(variation[key], ensure_ascii=False)}"
    for key in ("buttons", "quick_replies"):
        if variation.get(key):
            yield f"      {key}:"
            for button in variation[key]:
                yield f'        - title: ""  # {_quote(str(button.get("title") or ""))}'
                for other, value in button.items():
                    if other != "title":
                        yield f"          {other}: {json.dumps(value, ensure_ascii=False)}"


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
