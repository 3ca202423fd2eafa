"""Modules of the standard library that others import for rare needs, imported lazily.

`dataclasses` imports `inspect` for the signature in a class's docstring, and with it the parser of Python: 7 ms of each
cold start. A lazy module is there to be imported, and becomes itself when the first of its names is asked
for. Whoever writes `from x import y` asks at once, so nothing changes for those.

Python 3.15 does it by itself (PEP 810), for `from x import y` as well. `__lazy_modules__` in a module speaks for the
imports of that module alone, and these are imported by the standard library; so the interpreter is given a filter.
"""

import importlib
import sys
from types import ModuleType
from typing import Any

LATE = {"urllib.parse": ("quote_from_bytes",)}
"""Functions of these that whoever imports them calls rarely: pathlib takes one for the addresses of files."""
RARE = ("inspect", "hashlib", "hmac", "secrets", "base64", "ipaddress", "uuid", "traceback", "html", "urllib.parse")


class LazyModule(ModuleType):
    """Stands for a module until somebody needs it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name not in ("__file__", "__doc__"):
            # What the import system asks about a module that it finds loaded.
            raise AttributeError(name)
        if name in LATE.get(self.__name__, ()):
            return lambda *args, **options: getattr(_load(self), name)(*args, **options)
        return getattr(_load(self), name)


def import_lazily(names: tuple[str, ...] = RARE) -> None:
    """Import these modules when the first of their names is asked for; those that nobody has imported yet."""
    by_itself: Any = getattr(sys, "set_lazy_imports", None)
    if by_itself is not None:
        wanted = frozenset(names)
        choose: Any = getattr(sys, "set_lazy_imports_filter", None)
        choose(lambda importer, name, names_of_it: name in wanted)  # noqa: ARG005 - its signature
        by_itself("all")
        return
    if sys.version_info < (3, 12):
        # As from 3.12 on: no classes are made in Python for those in C to take their place, 1 ms.
        import _datetime  # type: ignore[import-not-found]

        sys.modules.setdefault("datetime", _datetime)
    for name in names:
        if name not in sys.modules:
            stand_in = sys.modules[name] = LazyModule(name)
            package, _, child = name.rpartition(".")
            if package:
                setattr(importlib.import_module(package), child, stand_in)


def _load(stand_in: LazyModule) -> ModuleType:
    """The module itself. Whoever holds the stand-in finds its names there as well from now on."""
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    module = importlib.import_module(name)
    vars(stand_in).update({key: value for key, value in vars(module).items() if key != "__name__"})
    return module
