"""The files of the chat page and the gateway's description, as a browser wants them: checked for changes, kept where
they cannot change."""

import hashlib
import html
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from shared.config import Misconfigured
from shared.serving import Answer, fail

HERE = os.path.dirname(__file__)
FOLDER = os.path.join(HERE, "page")
DESCRIPTION = os.path.join(HERE, "openapi.json")
SCRIPT = "text/javascript; charset=utf-8"
SCRIPTS = ("files", "client", "frame", "markdown", "messages", "store", "strings", "view", "voice", "chat", "widget")
"""Each after those that it imports."""
TYPES = {
    "chat.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
    **{f"{name}.js": SCRIPT for name in SCRIPTS},
}
WIDGET = ("title", "color", "theme", "logo", "position", "language", "start")
"""Settings that the bubble on a website needs before the page is asked for."""
POLICY = (
    # Everything is forbidden but the page's own files, its calls home, and images that replies refer to.
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' https: data: blob:; "
    "media-src https: blob:; base-uri 'none'; form-action 'none'; frame-ancestors "
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
}


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    content_type: str
    tag: str


VARY = "Accept"
"""By what the answer at `/` differs, which a cache between has to know."""


class Page:
    """The page and what belongs to it; read when it is first asked for."""

    def __init__(
        self,
        title: str,
        folder: str | os.PathLike[str] = FOLDER,
        *,
        listening: bool = False,
        uploads: bool = False,
        origins: Sequence[str] = (),
        settings: str = "",
    ) -> None:
        """`origins`: websites that may show the page in a frame; `settings`: what the assistant's page.yml says, in
        JSON. Raises Misconfigured where that is no JSON object."""
        self._title = title
        self._policy = POLICY + (" ".join(origins) or "'none'")
        self._settings = _read_object(settings)
        self._listening = listening
        """Whether the page offers a microphone."""
        self._uploads = uploads
        """Whether it takes files."""
        self._folder = folder

    def __call__(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """The file at `path`; 304 where the browser has it; 404 where there is none."""
        file = self._files.get(path)
        if file is None:
            return fail(404, "there is nothing at this path")
        # The page names its files with a version made of their content, so those never change under their name.
        lasting = query.get("v") == file.tag
        caching = {
            "etag": f'"{file.tag}"',
            "cache-control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        }
        if path == "/":
            # Whoever asks for something else than HTML is told which Rasa answers (functions.gateway.stage).
            caching["vary"] = VARY
        if f'"{file.tag}"' in headers.get("if-none-match", ""):
            return "", 304, caching
        policy = {"content-security-policy": self._policy}
        return file.content, 200, {"content-type": file.content_type, **policy, **HEADERS, **caching}

    def _write_defaults(self) -> bytes:
        return json.dumps({key: value for key, value in self._settings.items() if key in WIDGET}).encode()

    def _read(self, name: str) -> bytes:
        return _read_content(os.path.join(self._folder, name))

    @cached_property
    def _files(self) -> dict[str, File]:
        files: dict[str, File] = {}
        for name, kind in TYPES.items():
            content = self._read(name)
            if name == "widget.js":
                content = content.replace(b"const defaults = {};", b"const defaults = %s;" % self._write_defaults())
            for known, file in files.items():
                # A module is imported by one address everywhere, or there would be two of it.
                content = content.replace(f'".{known}"'.encode(), f'".{known}?v={file.tag}"'.encode())
            files[f"/{name}"] = _make_file(content, kind)
        index = self._read("index.html").decode().replace("{title}", html.escape(self._title))
        index = index.replace("{listening}", "yes" if self._listening else "no")
        index = index.replace("{uploads}", "yes" if self._uploads else "no")
        index = index.replace("{settings}", html.escape(json.dumps(self._settings), quote=True))
        index = index.replace("{lang}", html.escape(str(self._settings.get("language", "")), quote=True))
        for name in ("chat.css", "chat.js", "icon.svg"):
            index = index.replace(f'"{name}"', f'"{name}?v={files[f"/{name}"].tag}"')
        files["/openapi.json"] = _make_file(_read_content(DESCRIPTION), "application/json")
        return {"/": _make_file(index.encode(), "text/html; charset=utf-8"), **files}


def _read_object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Misconfigured('parley: CHAT_SETTINGS must be a JSON object, e.g. {"title": "Ann", "color": "#336699"}')
    return found


def _read_content(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _make_file(content: bytes, content_type: str) -> File:
    return File(content, content_type, hashlib.sha256(content).hexdigest()[:16])
