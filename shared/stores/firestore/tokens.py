"""The headers that let a stage into Firestore: the emulator's, the metadata server's token, or a key file's.

On Google's platforms and with workload identity a token is one call to the metadata server. Everything else that
Google calls application default credentials is a file, and google-auth, which costs 0.1 s of CPU to import, is
imported only where there is one.
"""

import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from shared.errors import Unavailable
from shared.outbound import Outbound
from shared.stores.firestore.errors import CHECK, CREDENTIALS

SCOPE = "https://www.googleapis.com/auth/datastore"
METADATA = "metadata.google.internal"
PLACE = "/computeMetadata/v1/instance/service-accounts/default/token"
FLAVOR = {"Metadata-Flavor": "Google"}
EARLY = 225.0
"""Seconds before a token's end from which a new one is asked for, as google-auth does; the metadata server has made
one by then."""


class Tokens(Protocol):
    def headers(self, timeout: float) -> Mapping[str, str]:
        """What to send with a call, or Unavailable that says which credentials are missing."""
        ...

    def forget(self) -> None:
        """The token was not accepted: ask for a new one next time."""
        ...


def tokens_of(environ: Mapping[str, str], outbound: Outbound) -> Tokens:
    """Where this process has its credentials: the places in which Google's own libraries look, in their order."""
    if environ.get("FIRESTORE_EMULATOR_HOST"):
        return Owner()
    if named := environ.get("GOOGLE_APPLICATION_CREDENTIALS"):
        return KeyFile(named, outbound)
    home = environ.get("CLOUDSDK_CONFIG") or f"{environ.get('HOME', '')}/.config/gcloud"
    if os.path.isfile(given := f"{home}/application_default_credentials.json"):
        return KeyFile(given, outbound)
    return Metadata(environ.get("GCE_METADATA_HOST") or METADATA, outbound)


class Owner:
    """The emulator's own word for somebody who may do everything."""

    def headers(self, timeout: float) -> Mapping[str, str]:  # noqa: ARG002
        return {"Authorization": "Bearer owner"}

    def forget(self) -> None:
        pass


class Metadata:
    """Tokens of the service account that the platform runs this process as."""

    def __init__(self, host: str, outbound: Outbound, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = f"http://{host}{PLACE}"
        self._outbound = outbound
        self._clock = clock
        self._lock = threading.Lock()
        self._headers: Mapping[str, str] = {}
        self._until = 0.0

    def headers(self, timeout: float) -> Mapping[str, str]:
        with self._lock:
            if self._clock() >= self._until - EARLY:
                try:
                    self._ask(timeout)
                except Unavailable:
                    if self._clock() >= self._until:
                        raise
                    # The one at hand still holds; the next call asks again.
            return self._headers

    def forget(self) -> None:
        with self._lock:
            self._until = 0.0

    def _ask(self, timeout: float) -> None:
        try:
            answered = self._outbound.request("GET", self._url, headers=FLAVOR, timeout=timeout)
        except Unavailable as exc:
            raise Unavailable(f"Firestore: no credentials: {exc}; {CREDENTIALS}") from exc
        # Whoever else answers at that name in a strange network is not the metadata server.
        if answered.status != 200 or answered.headers.get("metadata-flavor") != "Google":
            raise Unavailable(f"Firestore: the metadata server answered {answered.status}; {CHECK}")
        try:
            answer = json.loads(answered.body)
            token, seconds = str(answer["access_token"]), float(answer["expires_in"])
        except (ValueError, KeyError, TypeError) as exc:
            raise Unavailable(f"Firestore: the metadata server answered no token; {CHECK}") from exc
        self._headers, self._until = {"Authorization": f"Bearer {token}"}, self._clock() + seconds


class KeyFile:
    """Credentials in a file, through google-auth: a service account's key, a person's login, a federated identity."""

    def __init__(self, path: str, outbound: Outbound) -> None:
        self._path = path
        self._outbound = outbound
        self._lock = threading.Lock()
        self._credentials: Any = None

    def headers(self, timeout: float) -> Mapping[str, str]:
        """As `Tokens` says: Unavailable where there is no key file, or google-auth cannot use it."""
        from google.auth import exceptions

        headers: dict[str, str] = {}
        with self._lock:
            try:
                if self._credentials is None:
                    self._credentials = self._read()
                self._credentials.before_request(_over(self._outbound, timeout), "POST", "", headers)
            except exceptions.DefaultCredentialsError as exc:
                raise Unavailable(f"Firestore: {exc}; {CREDENTIALS}") from exc
            except (exceptions.GoogleAuthError, ValueError, OSError, AttributeError, TypeError, KeyError) as exc:
                # A file of another kind is met with whatever google-auth stumbles over; the words of that may repeat
                # what stands in the file.
                said = str(exc) if isinstance(exc, exceptions.GoogleAuthError) else type(exc).__name__
                raise Unavailable(f"Firestore: {os.path.basename(self._path)}: {said}; {CHECK}") from exc
        return headers

    def forget(self) -> None:
        with self._lock:
            self._credentials = None

    def _read(self) -> Any:
        import warnings

        import google.auth

        with warnings.catch_warnings():
            # It warns of files that strangers hand in; this one is named by whoever runs the stage.
            warnings.simplefilter("ignore", DeprecationWarning)
            credentials, _ = google.auth.load_credentials_from_file(self._path, scopes=[SCOPE])
        if hasattr(credentials, "with_always_use_jwt_access"):
            # A service account signs its tokens itself, as in the official client: no call to anybody.
            credentials = credentials.with_always_use_jwt_access(True)
        return credentials


def _over(outbound: Outbound, longest: float) -> Callable[..., Any]:
    """google-auth's own calls, over our connections and within our time (google.auth.transport.Request)."""
    from google.auth import exceptions

    def request(
        url: str,
        method: str = "GET",
        body: bytes | str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: Any,
    ) -> Any:
        content = body.encode() if isinstance(body, str) else body or b""
        try:
            answered = outbound.request(
                method, url, body=content, headers=headers, timeout=min(timeout or longest, longest)
            )
        except Unavailable as exc:
            raise exceptions.TransportError(str(exc)) from exc
        return _Response(answered.status, answered.headers, answered.body)

    return request


class _Response:
    """What google-auth reads of an answer (google.auth.transport.Response)."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self.status, self.headers, self.data = status, headers, data
