"""What a service may refuse, and how: one exception for each kind of answer.

Views and the API turn these into messages beside fields, problem documents or status codes; services
raise nothing else for what a person can cause.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


class Refused(Exception):
    """Base of everything a service refuses; the transaction is rolled back."""

    status = 400
    kind = "refused"

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class Invalid(Refused):
    """Wrong input: messages by field name; the key "" holds messages about the whole."""

    status = 422
    kind = "invalid"

    def __init__(self, errors: Mapping[str, Sequence[str]]) -> None:
        self.errors = {field: [str(text) for text in texts] for field, texts in errors.items()}
        super().__init__(_in_a_row(text for texts in self.errors.values() for text in texts))


def _in_a_row(texts: Iterable[str]) -> str:
    """Messages one after the other, as sentences of either language follow each other."""
    row = ""
    for text in texts:
        if row:
            row += "" if row.endswith("。") else " " if row.endswith((".", "!", "?")) else "; "
        row += text
    return row


class Stale(Refused):
    """Somebody saved the record since the caller read it (HTTP 412).

    `current` holds the values stored now, `version` the version they carry.
    """

    status = 412
    kind = "stale"

    def __init__(self, message: str, *, version: int, current: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.version = version
        self.current = dict(current)


class NotAllowed(Refused):
    """The actor's role does not permit this (HTTP 403)."""

    status = 403
    kind = "not-allowed"


class NotFound(Refused):
    """No such record for this actor: absent, of another tenant, or out of scope (HTTP 404)."""

    status = 404
    kind = "not-found"


class Conflict(Refused):
    """The record's state does not permit this now (HTTP 409), e.g. accepting an expired quote."""

    status = 409
    kind = "conflict"


class TooMany(Refused):
    """A limit of requests or attempts is reached (HTTP 429); `retry_after` in seconds."""

    status = 429
    kind = "too-many"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
