"""A stand-in for Google's servers, and what calls it."""

import json
from collections.abc import Callable
from typing import Any

from google.rpc import code_pb2  # type: ignore[import-untyped]

from tests.contract.stores.standin import Asked, nothing_there

SOMEWHERE = ("conversations", "web~3Ame")


KINDS = [name for name, _ in code_pb2.Code.items() if name != "OK"]


def error(code: int, status: str, message: str = "no luck") -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message}}


def granting(seconds: float = 3600.0) -> Callable[[Asked], tuple[int, dict[str, str], bytes]]:
    """A metadata server and a Firestore in one; each token is new."""
    tokens = iter(f"token-{number}" for number in range(100))

    def answer(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        if asked.method == "GET":
            granted = {"access_token": next(tokens), "expires_in": seconds, "token_type": "Bearer"}
            return 200, {"metadata-flavor": "Google"}, json.dumps(granted).encode()
        return nothing_there(asked)

    return answer
