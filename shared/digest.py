"""SHA-256 of short texts.

By Python's own module where there is one: `hashlib` loads OpenSSL, 3 ms of each cold start and 3 MB of its memory, for
what takes a microsecond here.
"""

from importlib import import_module
from typing import Any


def _algorithm() -> Any:
    # Its name until Python 3.11, and from 3.12 on.
    for name in ("_sha256", "_sha2", "hashlib"):
        try:
            return import_module(name).sha256
        except ImportError:
            continue
    raise ImportError("this Python has no SHA-256")


_SHA256 = _algorithm()


def sha256(data: bytes) -> str:
    """In hexadecimal digits."""
    digest: str = _SHA256(data).hexdigest()
    return digest
