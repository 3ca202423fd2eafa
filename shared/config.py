"""Settings: read once from the environment, in `main.py`, into a frozen dataclass whose fields describe themselves."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")
MISSING = object()


class Misconfigured(SystemExit):
    """The environment does not make a configuration; leaves the process with a sentence for each mistake."""


def setting(name: str, default: Any = MISSING, *, doc: str, secret: bool = False) -> Any:
    """A field of a Config: the environment variable `name`; without a default it must be set.

    A secret may also be given as a file: `NAME_FILE` holds its path, as Kubernetes and Docker mount them.
    """
    metadata = {"env": name, "doc": doc, "secret": secret}
    if default is MISSING:
        return dataclasses.field(metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def read(cls: type[T], environ: Mapping[str, str]) -> T:
    """A `cls` from the environment, or Misconfigured with every mistake. Empty variables count as unset."""
    hints = get_type_hints(cls)
    values, mistakes = {}, []
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = field.metadata["env"]
        try:
            text = read_variable(name, environ, secret=field.metadata["secret"])
            if text is not None:
                values[field.name] = _parse(text, hints[field.name])
            elif field.default is dataclasses.MISSING:
                raise ValueError(f"is not set: {field.metadata['doc']}")
        except (ValueError, OSError) as exc:
            mistakes.append(f"{name} {exc}")
    if mistakes:
        raise Misconfigured("\n".join(f"parley: {mistake}" for mistake in mistakes))
    return cls(**values)


def read_variable(name: str, environ: Mapping[str, str], *, secret: bool) -> str | None:
    """The variable, or for a secret what the file in `NAME_FILE` holds; None where it is unset or empty.

    Raises OSError or ValueError where the file cannot be read.
    """
    if secret and (path := environ.get(name + "_FILE")):
        with open(path, encoding="utf-8") as file:
            return file.read().strip() or None
    return environ.get(name) or None


def _parse(text: str, hint: Any) -> Any:
    if hint is bool:
        if text.lower() not in ("1", "0", "true", "false", "yes", "no"):
            raise ValueError("must be true or false")
        return text.lower() in ("1", "true", "yes")
    if hint in (int, float):
        try:
            return hint(text)
        except ValueError:
            raise ValueError(f"must be a {'whole ' if hint is int else ''}number, not {text!r}") from None
    if hint == tuple[str, ...]:
        return tuple(item.strip() for item in text.split(",") if item.strip())
    return text
