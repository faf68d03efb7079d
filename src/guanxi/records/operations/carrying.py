"""Many changes through the one write path: whoever is refused is named with the reason, and the others go on."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from guanxi.core.errors import Invalid, Refused
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import AnyChange, change_records
from guanxi.records.custom import custom_fields
from guanxi.records.registry import ObjectType

Refusals = list[tuple[UUID, str]]


def carry_out(actor: Actor, object_name: str, changes: Sequence[AnyChange], *, allow: Iterable[str] = ()) -> Refusals:
    """Make the changes in the running transaction; returns (record id, reason) of each that was refused."""
    kind, allowed = registry.get(object_name), frozenset(allow)
    refused: Refusals = []
    work = list(changes)
    while work:
        try:
            change_records(actor, object_name, work, allow=allowed)
            break
        except Invalid as refusal:
            wrong = _by_place(kind, refusal, len(work))
            if not wrong:
                return refused + _halves(actor, object_name, work, allowed, refusal)
            refused += [(work[place].id, text) for place, text in sorted(wrong.items())]
            work = [change for place, change in enumerate(work) if place not in wrong]
        except Refused as refusal:
            return refused + _halves(actor, object_name, work, allowed, refusal)
    return refused


def _halves(
    actor: Actor, object_name: str, work: Sequence[AnyChange], allow: frozenset[str], refusal: Refused
) -> Refusals:
    """Who is refused is not told: halve until the culprits stand alone."""
    if len(work) == 1:
        return [(work[0].id, refusal.message)]
    middle = len(work) // 2
    first = carry_out(actor, object_name, work[:middle], allow=allow)
    return first + carry_out(actor, object_name, work[middle:], allow=allow)


def _by_place(kind: ObjectType, refusal: Invalid, count: int) -> dict[int, str]:
    """Reasons by place among the changes: of several, the keys are "place.field"."""
    if count == 1:
        return {0: reason(kind, refusal.errors.items())}
    found: dict[int, list[tuple[str, list[str]]]] = {}
    for key, texts in refusal.errors.items():
        place, dot, name = key.partition(".")
        if not (dot and place.isdecimal() and int(place) < count):
            return {}
        found.setdefault(int(place), []).append((name, texts))
    return {place: reason(kind, errors) for place, errors in found.items()}


def reason(kind: ObjectType, errors: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Messages by field as one text: "E-mail: Complete the address. Name: Fill in this field."."""
    parts = []
    for name, texts in errors:
        label = label_of(kind, name)
        parts.append(f"{label}: {' '.join(texts)}" if label else " ".join(texts))
    return " ".join(parts)


def label_of(kind: ObjectType, name: str) -> str:
    """A field's label, the tenant's own fields included."""
    item = kind.by_name.get(name) or custom_fields(kind.name).get(name)
    return str(item.label) if item else name
