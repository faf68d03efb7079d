"""Two people saved the same record: what fits together, and what must be chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access
from guanxi.records.cleaning import clean_changes
from guanxi.records.custom import custom_fields
from guanxi.records.history import value_at
from guanxi.records.queries import get_record
from guanxi.records.registry import Field, ObjectType
from guanxi.records.values import plain

LISTS = ("tags", "multichoice")


@dataclass(frozen=True)
class Difference:
    """One field that both changed, in plain values. `both` is the union for lists, else None."""

    item: Field
    mine: Any
    theirs: Any
    before: Any
    both: Any = None


@dataclass
class Conflict:
    """What came of comparing: the record as it is now, fields to choose, and those that fit together."""

    version: int
    record: Any
    who: str
    at: Any
    differences: list[Difference] = field(default_factory=list)
    kept_mine: dict[str, Any] = field(default_factory=dict)
    kept_theirs: dict[str, Any] = field(default_factory=dict)


def find_conflict(actor: Actor, kind: ObjectType, record_id: UUID, values: Mapping[str, Any], version: int) -> Conflict:
    """Compare `values`, written against `version`, with the record as it is now. Raises `Invalid` for wrong values.

    A field that only one side changed is no conflict; neither is one that both changed to the same.
    """
    with tenant_tx(actor.tenant_id):
        record = get_record(actor, kind.name, record_id, "edit")
        cleaned = clean_changes(actor, kind, [values], frozenset(), creating=False)[0]
        changed_since = value_at(kind.name, record_id, version)
        who, at = _last_change(kind, record_id)
        found = Conflict(record.version, record, who, at)
        for name, value in cleaned.items():
            _compare(found, kind, record, name, plain(value), changed_since)
        own = custom_fields(kind.name)
        for name in changed_since:
            known = name in kind.by_name or name in own
            if name not in cleaned and known and field_access(actor, kind.name, name) != "hidden":
                found.kept_theirs[name] = current_value(kind, record, name)
        return found


def current_value(kind: ObjectType, record: Any, name: str) -> Any:
    """A field of a record as plain value."""
    item = kind.by_name.get(name)
    if item is None:
        return record.custom.get(name)
    return plain(getattr(record, f"{item.column}_id" if item.kind == "link" else item.column))


def _compare(
    found: Conflict, kind: ObjectType, record: Any, name: str, mine: Any, changed_since: Mapping[str, Any]
) -> None:
    now = current_value(kind, record, name)
    before = changed_since.get(name, now)
    i_changed, they_changed = not same(mine, before), not same(now, before)
    if not i_changed or same(mine, now):
        if they_changed:
            found.kept_theirs[name] = now
        return
    if not they_changed:
        found.kept_mine[name] = mine
        return
    item = kind.by_name.get(name) or custom_fields(kind.name)[name]
    found.differences.append(Difference(item, mine, now, before, _both(item, mine, now, before)))


def _both(item: Field, mine: Any, theirs: Any, before: Any) -> Any:
    """Both lists together: what either added, without what either removed."""
    if item.kind not in LISTS:
        return None
    first, second, base = list(mine or []), list(theirs or []), list(before or [])
    gone = {word for word in base if word not in first or word not in second}
    return [word for word in dict.fromkeys([*second, *first]) if word not in gone]


def same(one: Any, other: Any) -> bool:
    """Whether two plain values are the same for a person: nothing is nothing in whatever form."""
    return (one or None) == (other or None) if not isinstance(one, bool) else one == bool(other)


def _last_change(kind: ObjectType, record_id: UUID) -> tuple[str, Any]:
    row = Change.objects.filter(object=kind.name, record_id=record_id).order_by("-version").first()
    if row is None:
        return "", None
    member = Membership.objects.filter(id=row.member_id).values_list("name", flat=True).first()
    return member or "", row.at
