"""ONNX Runtime without numpy: the session that a stage runs its model in.

The wheel of onnxruntime brings its library with the C interface, which is stable across releases: a function keeps its
place in the table for good, and a release refuses a version that it does not know (onnxruntime.ai/docs/api/c). Called
through ctypes it needs neither numpy nor the package's own extension, which together cost a cold start 55 ms of CPU and
16 MB. Where the library is not found, or does not answer as it should, the package is used instead.
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from shared.errors import Unavailable
from shared.logs import logger

log = logger(__name__)

VERSION = 16
"""Of the C interface; every function below is older."""
LIBRARY = "libonnxruntime.so."
FLOAT, INT64 = 1, 7
"""Types of elements (ONNXTensorElementDataType)."""
PLACES = {
    "GetErrorMessage": 2,
    "CreateEnv": 3,
    "CreateSession": 7,
    "Run": 9,
    "CreateSessionOptions": 10,
    "SetSessionGraphOptimizationLevel": 23,
    "SetIntraOpNumThreads": 24,
    "SetInterOpNumThreads": 25,
    "CreateTensorWithDataAsOrtValue": 49,
    "GetTensorMutableData": 51,
    "GetTensorElementType": 60,
    "GetDimensionsCount": 61,
    "GetDimensions": 62,
    "GetTensorTypeAndShape": 65,
    "CreateCpuMemoryInfo": 69,
    "ReleaseStatus": 93,
    "ReleaseValue": 96,
    "ReleaseTensorTypeAndShapeInfo": 99,
    "ReleaseSessionOptions": 100,
}
"""Name -> place in the table of the interface (struct OrtApi in onnxruntime_c_api.h)."""

Row = list[float]


UNDERSTANDING = ("intent_logits", "emissions")
"""The outputs of the model that understands."""


class Session(Protocol):
    """A model that takes the ids of one text's pieces."""

    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        """The one row of the model's first output, and all rows of its second."""
        ...


def open_model(path: str, outputs: tuple[str, str] = UNDERSTANDING) -> Session:
    """The session of the model in this file, or Unavailable. The graph is stored as it runs, its weights are mapped."""
    try:
        library = _library()
    except (OSError, AttributeError) as exc:
        log.warning("onnxruntime's package is used", extra={"fields": {"cause": f"{type(exc).__name__}: {exc}"}})
        return PackageSession(path, outputs)
    return LibrarySession(library, path, outputs)


class LibrarySession:
    """By the C interface."""

    INPUTS = (ctypes.c_char_p * 1)(b"input_ids")

    def __init__(self, library: "Library", path: str, outputs: tuple[str, str] = UNDERSTANDING) -> None:
        self._library = library
        self._outputs = (ctypes.c_char_p * 2)(*(name.encode() for name in outputs))
        call = library.call
        options = ctypes.c_void_p()
        call("CreateSessionOptions", ctypes.byref(options))
        try:
            call("SetIntraOpNumThreads", options, ctypes.c_int(1))
            call("SetInterOpNumThreads", options, ctypes.c_int(1))
            call("SetSessionGraphOptimizationLevel", options, ctypes.c_int(0))
            self._session = ctypes.c_void_p()
            name = os.fsencode(path)
            call("CreateSession", library.environment, ctypes.c_char_p(name), options, ctypes.byref(self._session))
        except Failed as exc:
            raise Unavailable(f"{path} cannot be loaded ({exc}); compile it again with `task train`") from exc
        finally:
            library.release("ReleaseSessionOptions", options)

    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        library = self._library
        content = (ctypes.c_int64 * len(ids))(*ids)
        shape = (ctypes.c_int64 * 2)(1, len(ids))
        given = ctypes.c_void_p()
        library.call(
            "CreateTensorWithDataAsOrtValue",
            library.memory,
            content,
            ctypes.c_size_t(ctypes.sizeof(content)),
            shape,
            ctypes.c_size_t(2),
            ctypes.c_int(INT64),
            ctypes.byref(given),
        )
        found = (ctypes.c_void_p * 2)()
        try:
            library.call(
                "Run",
                self._session,
                None,
                self.INPUTS,
                ctypes.byref(given),
                ctypes.c_size_t(1),
                self._outputs,
                ctypes.c_size_t(2),
                found,
            )
            logits, emissions = (_rows(library, ctypes.c_void_p(value)) for value in found)
        finally:
            for value in (given, *(ctypes.c_void_p(value) for value in found)):
                if value:
                    library.release("ReleaseValue", value)
        return logits[0], emissions


def _rows(library: "Library", value: ctypes.c_void_p) -> list[Row]:
    """The numbers of a tensor of one text, row by row."""
    about = ctypes.c_void_p()
    library.call("GetTensorTypeAndShape", value, ctypes.byref(about))
    try:
        kind, rank = ctypes.c_int(), ctypes.c_size_t()
        library.call("GetTensorElementType", about, ctypes.byref(kind))
        library.call("GetDimensionsCount", about, ctypes.byref(rank))
        shape = (ctypes.c_int64 * rank.value)()
        library.call("GetDimensions", about, shape, rank)
    finally:
        library.release("ReleaseTensorTypeAndShapeInfo", about)
    if kind.value != FLOAT or rank.value < 2 or shape[0] != 1:
        raise Failed("the model answers something else than numbers for one text")
    width, count = shape[rank.value - 1], 1
    for size in shape:
        count *= size
    place = ctypes.c_void_p()
    library.call("GetTensorMutableData", value, ctypes.byref(place))
    numbers = (ctypes.c_float * count).from_address(place.value or 0)[:] if count else []
    return [numbers[start : start + width] for start in range(0, count, width)] if width else []


class Failed(Exception):
    """What ONNX Runtime says went wrong."""


class Library:
    """The C interface of one process, its environment, and what tensors it takes live in."""

    def __init__(self, path: str) -> None:
        loaded = ctypes.CDLL(path)
        loaded.OrtGetApiBase.restype = ctypes.POINTER(ctypes.c_void_p * 2)
        get_api = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_uint32)(loaded.OrtGetApiBase().contents[0])
        table = get_api(VERSION)
        if not table:
            raise OSError(f"{path} does not know version {VERSION} of the interface")
        places = (ctypes.c_void_p * (max(PLACES.values()) + 1)).from_address(table)
        answers = ctypes.CFUNCTYPE(ctypes.c_void_p)
        self._functions: dict[str, Any] = {}
        for name, place in PLACES.items():
            kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p) if name.startswith("Release") else answers
            self._functions[name] = kind(places[place] or 0)
        said = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_void_p)
        self._functions["GetErrorMessage"] = said(places[PLACES["GetErrorMessage"]] or 0)
        self.environment = ctypes.c_void_p()
        # 3: only errors are logged.
        self.call("CreateEnv", ctypes.c_int(3), ctypes.c_char_p(b"parley"), ctypes.byref(self.environment))
        self.memory = ctypes.c_void_p()
        # 1: the arena's allocator; 0: the default type of memory.
        self.call("CreateCpuMemoryInfo", ctypes.c_int(1), ctypes.c_int(0), ctypes.byref(self.memory))

    def call(self, name: str, *arguments: Any) -> None:
        """Call it, or raise Failed with what the runtime says."""
        status = self._functions[name](*arguments)
        if status:
            text = self._functions["GetErrorMessage"](status).decode("utf-8", "replace")
            self.release("ReleaseStatus", ctypes.c_void_p(status))
            raise Failed(text)

    def release(self, name: str, value: ctypes.c_void_p) -> None:
        self._functions[name](value)


_loaded: list[Library] = []


def _library() -> Library:
    if not _loaded:
        _loaded.append(Library(_place()))
    return _loaded[0]


def _place() -> str:
    """The library in the installed wheel, without importing anything of it."""
    for folder in sys.path:
        inside = os.path.join(folder or ".", "onnxruntime", "capi")
        try:
            names = [name for name in os.listdir(inside) if name.startswith(LIBRARY)]
        except OSError:
            continue
        if names:
            return os.path.join(inside, max(names, key=len))
    raise OSError(f"no {LIBRARY}* in an onnxruntime package")


class PackageSession:
    """By the package, as anywhere else."""

    def __init__(self, path: str, outputs: tuple[str, str] = UNDERSTANDING) -> None:
        self._session = open_package(path)
        self._outputs = outputs

    def run(self, ids: Sequence[int]) -> tuple[Row, list[Row]]:
        import numpy

        content = numpy.array([ids], dtype=numpy.int64)
        logits, emissions = self._session.run(self._outputs, {"input_ids": content})
        return logits[0].tolist(), emissions[0].tolist()


def open_package(path: str) -> Any:
    """A session of the package, set up as `open_model` sets up its own."""
    # numpy reads this when it is imported; one thread wakes faster and survives a fork (facts: cold start).
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
