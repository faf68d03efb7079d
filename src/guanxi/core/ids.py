"""Keys: UUIDv7, made in the application, so that rows sort by their birth."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh time-ordered key (RFC 9562, version 7)."""
    return uuid7()
