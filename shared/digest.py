"""SHA-256 of short texts.

By Python's own module where there is one: `hashlib` loads OpenSSL, 3 ms of each cold start and 3 MB of its memory, for
what takes a microsecond here.
"""

from importlib import import_module
from typing import Any


def _algorithm() -> Any:
    try:
        return import_module("_sha256").sha256
    except ImportError:
        return import_module("hashlib").sha256


_SHA256 = _algorithm()


def sha256(data: bytes) -> str:
    """In hexadecimal digits."""
    digest: str = _SHA256(data).hexdigest()
    return digest
