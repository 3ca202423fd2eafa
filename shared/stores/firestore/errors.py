"""What Firestore's errors mean to a stage: one table of its canonical codes, for both clients."""

from shared.errors import Conflict, Failure, Rejected, Unavailable

AGAIN = "it is busy or down; try again"
CREDENTIALS = (
    "give the stage a service account with roles/datastore.user, set GOOGLE_APPLICATION_CREDENTIALS, or set "
    "FIRESTORE_EMULATOR_HOST to use the emulator"
)
CHECK = "no token could be had; check the service account of this stage"
_MADE = (
    "make the database first: gcloud firestore databases create, in native mode, and check STORE_URL "
    "(firestore:PROJECT/DATABASE)"
)
_OVERTAKEN = "somebody else wrote it since it was read"
_ROLE = "give this stage's service account the role roles/datastore.user on the project"
_TOO_LARGE = "Firestore does not take this document: it is too large, or an id is longer than 1500 bytes"
_NATIVE = "this needs a Firestore database in native mode"

MEANING: dict[str, tuple[type[Failure], str]] = {
    "CANCELLED": (Unavailable, AGAIN),
    "UNKNOWN": (Unavailable, AGAIN),
    "INVALID_ARGUMENT": (Rejected, _TOO_LARGE),
    "DEADLINE_EXCEEDED": (Unavailable, "it did not answer in time; try again"),
    "NOT_FOUND": (Unavailable, _MADE),
    "ALREADY_EXISTS": (Conflict, _OVERTAKEN),
    "PERMISSION_DENIED": (Unavailable, _ROLE),
    "RESOURCE_EXHAUSTED": (Unavailable, "the project's quota is used up; raise it, or wait"),
    "FAILED_PRECONDITION": (Conflict, _OVERTAKEN),
    "ABORTED": (Conflict, _OVERTAKEN),
    "OUT_OF_RANGE": (Rejected, _TOO_LARGE),
    "UNIMPLEMENTED": (Unavailable, _NATIVE),
    "INTERNAL": (Unavailable, AGAIN),
    "UNAVAILABLE": (Unavailable, AGAIN),
    "DATA_LOSS": (Unavailable, AGAIN),
    "UNAUTHENTICATED": (Unavailable, _ROLE),
}
"""google.rpc.Code (googleapis, google/rpc/code.proto): all of them but OK."""


def translate_error(code: str, message: str, place: str) -> Failure:
    """The failure to raise for a canonical code; one that is not known is tried again like an outage."""
    if code == "NOT_FOUND" and "to update" in message:
        return Conflict(f"Firestore {place}: {message}; it was removed since it was read")
    if code == "FAILED_PRECONDITION":
        # The one code that says three things: overtaken, no index for a query, a database of the other kind.
        if "requires an index" in message:
            return Unavailable(
                f"Firestore {place}: {message}; deploy knative/firestore: firebase deploy --only firestore"
            )
        if "Datastore Mode" in message:
            return Unavailable(f"Firestore {place}: {message}; {_NATIVE}")
    failure, advice = MEANING.get(code, (Unavailable, AGAIN))
    return failure(f"Firestore {place}: {message or code}; {advice}")
