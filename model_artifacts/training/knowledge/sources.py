"""Where an assistant's documents come from: the files below knowledge/, and what knowledge/sources.yml names besides.

    link: https://docs.example.com/{path}     # where people read a file; {path} without its ending is {page}
    language: en
    files: ["../../docs/**/*.md"]             # beside those in the folder
    urls: ["https://www.example.com/opening-hours"]
    sitemaps: ["https://www.example.com/sitemap.xml"]

Pages are fetched when the assistant is compiled, never when it answers: https and http alone, robots.txt respected, a
bounded number and size, a deadline for each. The copy of the last time stands in for a page that does not answer.
"""

import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import urllib.robotparser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from model_artifacts.training.knowledge.blocks import Document, Unreadable
from model_artifacts.training.knowledge.formats import LARGEST, READERS, read_document

FOLDER = "knowledge"
SOURCES = "sources.yml"
AGENT = "ParleyKnowledge/1.0"
PAGES = 500
"""Fetched at most in all."""
SECONDS = 20.0
_LOCATION = re.compile(r"<loc>\s*([^<\s]+)\s*</loc>")
Fetch = Callable[[str], tuple[bytes, str]]
"""The bytes at a URL and their content type; raises OSError."""


@dataclass(frozen=True, slots=True)
class Sources:
    """knowledge/sources.yml."""

    link: str = ""
    language: str = ""
    files: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()


@dataclass(slots=True)
class Collected:
    """The documents that were found, and a sentence for each thing that is wrong."""

    documents: list[Document] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    language: str = ""


def has_knowledge(assistant: Path) -> bool:
    return (assistant / FOLDER).is_dir()


def collect_documents(assistant: Path, cache: Path, fetch: Fetch | None = None) -> Collected:
    """Everything that the sources hold. What cannot be read is named in `problems`, and the rest is taken."""
    folder = assistant / FOLDER
    collected = Collected()
    sources = read_sources(folder / SOURCES, collected.problems)
    collected.language = sources.language
    for path in _find_files(folder, sources, collected.problems):
        name = Path(os.path.relpath(path, folder)).as_posix()
        try:
            if path.stat().st_size > LARGEST:
                raise Unreadable(f"{name}: {path.stat().st_size / 1e6:.0f} MB; at most {LARGEST / 1e6:.0f} MB are read")
            document = read_document(name, path.read_bytes(), _link_of(sources.link, path, folder))
        except (Unreadable, OSError) as exc:
            collected.problems.append(f"{FOLDER}/{exc}" if isinstance(exc, Unreadable) else str(exc))
            continue
        collected.documents.append(_in_language(document, sources.language))
    if sources.urls or sources.sitemaps:
        pages = Pages(fetch or fetch_url, cache)
        for url in pages.list_urls(sources, collected.problems):
            try:
                collected.documents.append(_in_language(pages.read(url), sources.language))
            except Unreadable as exc:
                collected.problems.append(str(exc))
    return collected


def read_sources(path: Path, problems: list[str]) -> Sources:
    """sources.yml, or nothing where there is none; what it should not hold goes into `problems`."""
    if not path.exists():
        return Sources()
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        problems.append(f"{FOLDER}/{SOURCES}:{mark.line + 1 if mark else 1}: this is not YAML")
        return Sources()
    if not isinstance(found, dict):
        problems.append(f"{FOLDER}/{SOURCES}: write `files:`, `urls:`, `sitemaps:`, `link:` or `language:`")
        return Sources()
    known = {name: found[name] for name in Sources.__slots__ if name in found}
    problems.extend(f"{FOLDER}/{SOURCES}: unknown key `{key}`" for key in found if key not in known)
    texts = {key: str(value) for key, value in known.items() if key in ("link", "language")}
    lists = {key: tuple(map(str, _as_list(value))) for key, value in known.items() if key not in texts}
    return Sources(**texts, **lists)  # type: ignore[arg-type]


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _find_files(folder: Path, sources: Sources, problems: list[str]) -> Iterator[Path]:
    seen: set[Path] = set()
    found = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != SOURCES]
    for pattern in sources.files:
        more = sorted(_matching(folder, pattern))
        if not more:
            problems.append(f"{FOLDER}/{SOURCES}: no file is `{pattern}`")
        found += more
    for path in found:
        if path.resolve() in seen or path.name.startswith("."):
            continue
        seen.add(path.resolve())
        if path.suffix.lower().lstrip(".") in READERS:
            yield path
        else:
            problems.append(f"{FOLDER}/{path.name}: nothing here reads {path.suffix or 'a file without an ending'}")


def _matching(folder: Path, pattern: str) -> Iterator[Path]:
    """The files of a pattern that may climb out of the folder, as `../../docs/*.md` does."""
    base = folder
    parts = Path(pattern).parts
    while parts and parts[0] == "..":
        base, parts = base.parent, parts[1:]
    return (path for path in base.glob(str(Path(*parts))) if path.is_file()) if parts else iter(())


def _link_of(template: str, path: Path, folder: Path) -> str:
    if not template:
        return ""
    inside = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
    quoted = urllib.parse.quote(inside.as_posix())
    return template.replace("{path}", quoted).replace("{page}", quoted.rpartition(".")[0])


def _in_language(document: Document, language: str) -> Document:
    return document if document.language or not language else replace(document, language=language)


class Pages:
    """Pages of the web, fetched once and kept for the day that they do not answer."""

    def __init__(self, fetch: Fetch, cache: Path) -> None:
        self._fetch = fetch
        self._cache = cache
        self._robots: dict[str, urllib.robotparser.RobotFileParser] = {}

    def list_urls(self, sources: Sources, problems: list[str]) -> list[str]:
        """The pages that are named and those of the sitemaps, each once, at most PAGES."""
        urls = list(sources.urls)
        for sitemap in sources.sitemaps:
            try:
                content = self._get(sitemap)[0].decode("utf-8", "replace")
                urls += [location.replace("&amp;", "&") for location in _LOCATION.findall(content)]
            except Unreadable as exc:
                problems.append(str(exc))
        urls = list(dict.fromkeys(urls))
        if len(urls) > PAGES:
            problems.append(f"{FOLDER}/{SOURCES}: {len(urls)} pages; the first {PAGES} are read")
        return urls[:PAGES]

    def read(self, url: str) -> Document:
        """The document at a URL; Unreadable where it may not be read, or cannot."""
        content, kind = self._get(url)
        ending = next((end for end, name in _TYPES.items() if name in kind), "html")
        document = read_document(f"{url}#.{ending}", content, url)
        return replace(document, name=url)

    def _get(self, url: str) -> tuple[bytes, str]:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise Unreadable(f"{url}: only http and https are fetched")
        if not self._is_allowed(url):
            raise Unreadable(f"{url}: its site's robots.txt keeps {AGENT} from reading it")
        kept = self._cache / (re.sub(r"[^\w.-]", "_", url)[-150:] + ".page")
        try:
            content, kind = self._fetch(url)
        except (OSError, ValueError) as exc:
            if kept.exists():
                kind, _, content = kept.read_bytes().partition(b"\n")  # type: ignore[assignment]
                return content, kind.decode()  # type: ignore[attr-defined]
            raise Unreadable(f"{url}: it does not answer ({exc})") from exc
        self._cache.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(kind.encode() + b"\n" + content)
        return content, kind

    def _is_allowed(self, url: str) -> bool:
        parts = urllib.parse.urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            parser = urllib.robotparser.RobotFileParser()
            try:
                parser.parse(self._fetch(f"{site}/robots.txt")[0].decode("utf-8", "replace").splitlines())
            except (OSError, ValueError):
                # RFC 9309, 2.3.1.3: where there is none, everything is allowed.
                parser.parse([])
            self._robots[site] = parser
        return self._robots[site].can_fetch(AGENT, url)


_TYPES = {"pdf": "application/pdf", "md": "text/markdown", "txt": "text/plain", "docx": "wordprocessingml"}


def fetch_url(url: str) -> tuple[bytes, str]:
    """The bytes at a URL, at most LARGEST, within SECONDS in all; raises OSError."""
    request = urllib.request.Request(url, headers={"user-agent": AGENT})  # noqa: S310 - the scheme was checked
    end = time.monotonic() + SECONDS
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        content = bytearray()
        while piece := answer.read(65536):
            content += piece
            if len(content) > LARGEST:
                raise OSError(f"more than {LARGEST / 1e6:.0f} MB")
            if time.monotonic() > end:
                raise OSError(f"not done within {SECONDS:.0f} s")
        return bytes(content), str(answer.headers.get_content_type())
