"""The three ways in which taking an event can fail; anything else that is raised is a bug (422, a dead letter at once).

Failure
|- Rejected     400  the event itself is wrong and stays wrong: no retry, dead letter at once
|- Conflict     409  someone else is at work on this conversation: retry later
`- Unavailable  503  something that we depend on is down or missing: retry later

A bug is answered 422 where an event met it: it would meet it again. `shared.serving` alone turns all of them into
statuses (Knative retries 5xx, 404, 408, 409 and 429, and no other 4xx: eventing, pkg/kncloudevents/retries.go).
"""


class Failure(Exception):
    """A failure that its message explains to the person who has to mend it."""

    status = 500


class Rejected(Failure):
    """The event is malformed, mistyped or of a type that this stage does not take."""

    status = 400


class Conflict(Failure):
    """The conversation moved on, or is busy; the same event may succeed later."""

    status = 409


class Unavailable(Failure):
    """A store, model, action server or platform is missing or does not answer now."""

    status = 503


class TooLarge(Rejected):
    """The body is larger than the limit of this endpoint."""

    status = 413
