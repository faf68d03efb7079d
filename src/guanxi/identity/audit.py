"""Writing down what changed no record but must be known: settings, roles, people, sign-ins."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from guanxi.core.audit import log_access
from guanxi.identity.actor import Actor


def note_access(
    actor: Actor,
    action: str,
    *,
    object_name: str = "",
    record_id: UUID | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Append one entry to the access log in the running transaction. `detail` holds JSON values only."""
    log_access(
        action,
        member_id=actor.doing_id,
        object_name=object_name,
        record_id=record_id,
        origin=f"{actor.via} {actor.origin}".strip(),
        detail={**(detail or {}), **({"signed_in_as": str(actor.member_id)} if actor.doer_id else {})},
    )


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """`{name: [old, new]}` of the values that differ, as JSON values."""
    return {
        name: [_plain(before.get(name)), _plain(value)] for name, value in after.items() if before.get(name) != value
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return str(value)
