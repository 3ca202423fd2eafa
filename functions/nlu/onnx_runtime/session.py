"""A model that takes the ids of one text's pieces, run by ONNX Runtime's library or by its package."""

import os
from collections.abc import Sequence
from ctypes import Array, c_char_p, c_float, c_int64
from threading import local
from typing import Any, Protocol

from functions.nlu.onnx_runtime.c_api import Failed, Library, Row, load_library
from shared.errors import Unavailable
from shared.logs import get_logger

log = get_logger(__name__)

UNDERSTANDING = ("intent_logits", "emissions")
"""The outputs of the model that understands."""
INPUT = "input_ids"


class Session(Protocol):
    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        """The one row of the model's first output, and all rows of its second."""
        ...


class Loaded(Session, Protocol):
    """A session of its own, of which more can be asked."""

    def run_numbers(self, name: str, numbers: Sequence[float]) -> tuple[Row, list[Row]]:
        """The same, of a model whose input `name` is one row of numbers."""
        ...

    def keep(self, output: str) -> None:
        """From now on keep what the latest run of each thread makes of this output, one row of numbers."""
        ...

    def read_kept(self, ids: Sequence[int]) -> Sequence[float]:
        """That, for these ids; run again only where the latest run of this thread had others."""
        ...


def open_model(path: str, outputs: tuple[str, str] = UNDERSTANDING, *, package: bool = False) -> Loaded:
    """The session of the model in this file, or Unavailable. The graph is stored as it runs, its weights are mapped.

    With `package`, and where the library cannot be used, onnxruntime's package runs it.
    """
    if package:
        return PackageSession(path, outputs)
    try:
        library = load_library()
    except (OSError, AttributeError) as exc:
        log.warning("onnxruntime's package is used", extra={"fields": {"cause": f"{type(exc).__name__}: {exc}"}})
        return PackageSession(path, outputs)
    return LibrarySession(library, path, outputs)


class LibrarySession:
    """By the C interface."""

    def __init__(self, library: Library, path: str, outputs: tuple[str, str] = UNDERSTANDING) -> None:
        self._library = library
        self._outputs: Any = (c_char_p * 2)(*(name.encode() for name in outputs))
        self._latest = local()
        try:
            self._session = library.open_session(path)
        except Failed as exc:
            raise Unavailable(f"{path} cannot be loaded ({exc}); compile it again with `task train`") from exc

    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        numbers = (c_int64 * len(ids))(*ids)
        first, second, third = self._library.run(self._session, INPUT.encode(), numbers, self._outputs)
        if third is not None:
            self._latest.kept = list(ids), third
        return first[0], second

    def run_numbers(self, name: str, numbers: Sequence[float]) -> tuple[Row, list[Row]]:
        given = numbers if isinstance(numbers, Array) else (c_float * len(numbers))(*numbers)
        first, second, _ = self._library.run(self._session, name.encode(), given, self._outputs)
        return first[0], second

    def keep(self, output: str) -> None:
        self._outputs = (c_char_p * 3)(*self._outputs[:2], output.encode())

    def read_kept(self, ids: Sequence[int]) -> Sequence[float]:
        return _read_kept(self, self._latest, ids)


class PackageSession:
    """By the package, as anywhere else."""

    def __init__(self, path: str, outputs: tuple[str, str] = UNDERSTANDING) -> None:
        self._session = open_package(path)
        self._outputs: tuple[str, ...] = outputs
        self._latest = local()

    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        import numpy

        content = numpy.array([ids], dtype=numpy.int64)
        first, second, *third = self._session.run(self._outputs, {INPUT: content})
        if third:
            self._latest.kept = list(ids), third[0][0]
        return first[0].tolist(), second.reshape(-1, second.shape[-1]).tolist()

    def run_numbers(self, name: str, numbers: Sequence[float]) -> tuple[Row, list[Row]]:
        import numpy

        first, second = self._session.run(self._outputs, {name: numpy.array([numbers], dtype=numpy.float32)})
        return first[0].tolist(), second.reshape(-1, second.shape[-1]).tolist()

    def keep(self, output: str) -> None:
        self._outputs = (*self._outputs[:2], output)

    def read_kept(self, ids: Sequence[int]) -> Sequence[float]:
        return _read_kept(self, self._latest, ids)


def _read_kept(session: Session, latest: local, ids: Sequence[int]) -> Sequence[float]:
    if getattr(latest, "kept", ([],))[0] != list(ids):
        session.run(ids)
    numbers: Sequence[float] = latest.kept[1]
    return numbers


def open_package(path: str) -> Any:
    """A session of the package, set up as the library's: one thread, the graph as it is stored; or Unavailable."""
    # numpy reads this when it is imported; one thread wakes faster and survives a fork.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as exc:
        raise Unavailable(f"{path} cannot be loaded ({exc}); compile it again with `task train`") from exc
