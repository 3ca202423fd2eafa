"""ONNX Runtime's library by its C interface: one table of functions, each with the types that the header gives it.

The interface is stable across releases: a function keeps its place in the table for good, and a release refuses a
version that it does not know (onnxruntime.ai/docs/api/c). Releases that were not tested are refused here all the same.
"""

import os
import sys
from collections.abc import Mapping
from ctypes import (
    CDLL,
    CFUNCTYPE,
    POINTER,
    Array,
    byref,
    c_char_p,
    c_float,
    c_int,
    c_int64,
    c_size_t,
    c_uint32,
    c_void_p,
    sizeof,
)
from typing import Any

VERSION = 16
"""Of the C interface; every function below is older."""
TESTED = ("1.32.0",)
"""Releases of ONNX Runtime whose golden predictions were compared with the package's; `constraints.txt` pins one."""
FILE = "libonnxruntime.so."
FLOAT, INT64 = 1, 7
"""Types of elements (ONNXTensorElementDataType)."""

_OUT = POINTER(c_void_p)
"""Where a function puts what it makes."""
_RELEASE = (c_void_p,)
FUNCTIONS: Mapping[str, tuple[int, tuple[Any, ...]]] = {
    # const OrtStatus* -> const char*
    "GetErrorMessage": (2, (c_void_p,)),
    # OrtLoggingLevel, const char* logid, OrtEnv** out
    "CreateEnv": (3, (c_int, c_char_p, _OUT)),
    # const OrtEnv*, const char* path, const OrtSessionOptions*, OrtSession** out
    "CreateSession": (7, (c_void_p, c_char_p, c_void_p, _OUT)),
    # OrtSession*, const OrtRunOptions*, const char* const* names, const OrtValue* const* inputs, size_t,
    # const char* const* names, size_t, OrtValue** outputs
    "Run": (9, (c_void_p, c_void_p, POINTER(c_char_p), _OUT, c_size_t, POINTER(c_char_p), c_size_t, _OUT)),
    # OrtSessionOptions** out
    "CreateSessionOptions": (10, (_OUT,)),
    # OrtSessionOptions*, GraphOptimizationLevel
    "SetSessionGraphOptimizationLevel": (23, (c_void_p, c_int)),
    # OrtSessionOptions*, int
    "SetIntraOpNumThreads": (24, (c_void_p, c_int)),
    "SetInterOpNumThreads": (25, (c_void_p, c_int)),
    # const OrtMemoryInfo*, void* data, size_t bytes, const int64_t* shape, size_t, ONNXTensorElementDataType,
    # OrtValue** out
    "CreateTensorWithDataAsOrtValue": (49, (c_void_p, c_void_p, c_size_t, POINTER(c_int64), c_size_t, c_int, _OUT)),
    # OrtValue*, void** out
    "GetTensorMutableData": (51, (c_void_p, _OUT)),
    # const OrtTensorTypeAndShapeInfo*, ONNXTensorElementDataType* out
    "GetTensorElementType": (60, (c_void_p, POINTER(c_int))),
    # const OrtTensorTypeAndShapeInfo*, size_t* out
    "GetDimensionsCount": (61, (c_void_p, POINTER(c_size_t))),
    # const OrtTensorTypeAndShapeInfo*, int64_t* out, size_t
    "GetDimensions": (62, (c_void_p, POINTER(c_int64), c_size_t)),
    # const OrtValue*, OrtTensorTypeAndShapeInfo** out
    "GetTensorTypeAndShape": (65, (c_void_p, _OUT)),
    # OrtAllocatorType, OrtMemType, OrtMemoryInfo** out
    "CreateCpuMemoryInfo": (69, (c_int, c_int, _OUT)),
    "ReleaseStatus": (93, _RELEASE),
    "ReleaseValue": (96, _RELEASE),
    "ReleaseTensorTypeAndShapeInfo": (99, _RELEASE),
    "ReleaseSessionOptions": (100, _RELEASE),
}
"""Name -> place in the table (struct OrtApi in onnxruntime_c_api.h), and types of the arguments."""

Row = list[float]


class Failed(Exception):
    """What ONNX Runtime says went wrong."""


class Library:
    """The C interface of one process, its environment, and what tensors it takes live in."""

    def __init__(self, path: str) -> None:
        """Raises OSError where there is no library at the path, or one that was not tested."""
        loaded = CDLL(path)
        loaded.OrtGetApiBase.argtypes = ()
        loaded.OrtGetApiBase.restype = POINTER(c_void_p * 2)
        # struct OrtApiBase: GetApi, GetVersionString
        base = loaded.OrtGetApiBase().contents
        version = (CFUNCTYPE(c_char_p)(base[1] or 0)() or b"").decode("ascii", "replace")
        if version not in TESTED:
            raise OSError(f"{path} is release {version}; tested are {', '.join(TESTED)}")
        table = CFUNCTYPE(c_void_p, c_uint32)(base[0] or 0)(VERSION)
        if not table:
            raise OSError(f"{path} does not know version {VERSION} of the interface")
        places = (c_void_p * (max(place for place, _ in FUNCTIONS.values()) + 1)).from_address(table)
        self._functions: dict[str, Any] = {}
        for name, (place, types) in FUNCTIONS.items():
            # Each answers a status, but what releases something, and the text of a status.
            kind = None if name.startswith("Release") else c_char_p if name == "GetErrorMessage" else c_void_p
            self._functions[name] = CFUNCTYPE(kind, *types)(places[place] or 0)
        self._environment, self._memory = c_void_p(), c_void_p()
        # 3: only errors are logged.
        self._call("CreateEnv", 3, b"parley", byref(self._environment))
        # 1: the arena's allocator; 0: the default type of memory.
        self._call("CreateCpuMemoryInfo", 1, 0, byref(self._memory))

    def open_session(self, path: str) -> c_void_p:
        """A session of the model in this file, for as long as the process lives; or Failed."""
        options, session = c_void_p(), c_void_p()
        self._call("CreateSessionOptions", byref(options))
        try:
            self._call("SetIntraOpNumThreads", options, 1)
            self._call("SetInterOpNumThreads", options, 1)
            self._call("SetSessionGraphOptimizationLevel", options, 0)
            self._call("CreateSession", self._environment, os.fsencode(path), options, byref(session))
        finally:
            self._release("ReleaseSessionOptions", options)
        return session

    def run(self, session: c_void_p, name: bytes, numbers: Any, outputs: Any) -> tuple[list[Row], list[Row], Any]:
        """The rows of the first two of these outputs for one text, and a copy of the third's numbers where there is
        one: `numbers` is an array of c_int64 or c_float, given as (1, length)."""
        shape = (c_int64 * 2)(1, len(numbers))
        given, found = c_void_p(), (c_void_p * len(outputs))()
        size, kind = sizeof(numbers), INT64 if isinstance(numbers, Array) and numbers._type_ is c_int64 else FLOAT
        self._call("CreateTensorWithDataAsOrtValue", self._memory, numbers, size, shape, 2, kind, byref(given))
        try:
            names = (c_char_p * 1)(name)
            self._call("Run", session, None, names, byref(given), 1, outputs, len(outputs), found)
            first, second, *kept = (self._numbers(c_void_p(value)) for value in found)
            # Copied as they are: most are never looked at.
            third = type(kept[0][0]).from_buffer_copy(kept[0][0]) if kept else None
            return _make_rows(*first), _make_rows(*second), third
        finally:
            for value in (given, *map(c_void_p, found)):
                if value:
                    self._release("ReleaseValue", value)

    def _numbers(self, value: c_void_p) -> tuple["Array[c_float]", int]:
        """The numbers of a tensor of one text where they lie, and how many a row has."""
        about = c_void_p()
        self._call("GetTensorTypeAndShape", value, byref(about))
        try:
            kind, rank = c_int(), c_size_t()
            self._call("GetTensorElementType", about, byref(kind))
            self._call("GetDimensionsCount", about, byref(rank))
            shape = (c_int64 * rank.value)()
            self._call("GetDimensions", about, shape, rank)
        finally:
            self._release("ReleaseTensorTypeAndShapeInfo", about)
        if kind.value != FLOAT or rank.value < 2 or shape[0] != 1:
            raise Failed("the model answers something else than numbers for one text")
        count = 1
        for size in shape:
            count *= size
        start = c_void_p()
        self._call("GetTensorMutableData", value, byref(start))
        if not count:
            return (c_float * 0)(), 0
        return (c_float * count).from_address(start.value or 0), shape[rank.value - 1]

    def _call(self, name: str, *arguments: Any) -> None:
        """Call it, or raise Failed with what the runtime says."""
        status = self._functions[name](*arguments)
        if status:
            text = self._functions["GetErrorMessage"](status).decode("utf-8", "replace")
            self._release("ReleaseStatus", c_void_p(status))
            raise Failed(text)

    def _release(self, name: str, value: c_void_p) -> None:
        self._functions[name](value)


def _make_rows(numbers: "Array[c_float]", width: int) -> list[Row]:
    every = numbers[:]
    return [every[at : at + width] for at in range(0, len(every), width)] if width else []


_LOADED: list[Library] = []


def load_library() -> Library:
    """The library of the installed package, loaded once; OSError or AttributeError where it cannot be used."""
    if not _LOADED:
        _LOADED.append(Library(find_library()))
    return _LOADED[0]


def find_library() -> str:
    """Its path, found without importing anything of the package; OSError where there is none."""
    for folder in sys.path:
        inside = os.path.join(folder or ".", "onnxruntime", "capi")
        try:
            names = [name for name in os.listdir(inside) if name.startswith(FILE)]
        except OSError:
            continue
        if names:
            return os.path.join(inside, max(names, key=len))
    raise OSError(f"no {FILE}* in an onnxruntime package")
