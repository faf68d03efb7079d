"""Making a company's configuration like a document: what was picked, all of it or nothing."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require_admin
from guanxi.records.configuration.comparing import (
    ADDED,
    REMOVED,
    Difference,
    Parts,
    State,
    differences_between,
    parts_of,
    read_state,
    resolved,
)
from guanxi.records.configuration.parts import ordered_parts


@dataclass(frozen=True)
class Applied:
    """How many items were added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0


def apply_document(actor: Actor, given: Any, *, only: Collection[str] | None = None, remove: bool = False) -> Applied:
    """Carry out the differences of a document: those named in `only` ("part:key"), or all (removals if `remove`).

    One transaction. Raises `Invalid` with the reason for each item that cannot be made, keyed by its name; `NotAllowed`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        wanted, state = parts_of(given), read_state(actor)
        found = list(differences_between(state, wanted))
        names = {one.name for one in found}
        if only is not None and set(only) - names:
            raise Invalid({"only": [_("“%(what)s” is no difference.") % {"what": sorted(set(only) - names)[0][:120]}]})
        picked = [one for one in found if (one.name in only if only is not None else remove or one.kind != REMOVED)]
        failed = _drop(actor, state, picked) | _put(actor, state, wanted, picked)
        if failed:
            raise Invalid(failed)
        counts = {kind: sum(one.kind == kind for one in picked) for kind in (ADDED, "changed", REMOVED)}
        if picked:
            names_noted = [one.name for one in picked][:200]
            note_access(actor, "configuration.imported", object_name="company", record_id=actor.tenant_id, detail={**counts, "items": names_noted})  # fmt: skip
        return Applied(**counts)


def _put(actor: Actor, state: State, wanted: Parts, picked: Sequence[Difference]) -> dict[str, list[str]]:
    """Make and change items."""
    parts = dict(ordered_parts())

    def put(one: Difference) -> None:
        item = resolved(dict(wanted[one.part][one.key]), state.ids)
        known = state.ids[one.part].get(one.key)
        state.ids[one.part][one.key] = parts[one.part].put(actor, known, item)

    return _in_turns([one for one in picked if one.kind != REMOVED], put)


def _drop(actor: Actor, state: State, picked: Sequence[Difference]) -> dict[str, list[str]]:
    """Remove items, what refers to others first."""
    parts = dict(ordered_parts())

    def drop(one: Difference) -> None:
        remove = parts[one.part].drop
        if remove is not None:
            remove(actor, state.ids[one.part][one.key])

    return _in_turns([one for one in reversed(picked) if one.kind == REMOVED], drop)


def _in_turns(items: Sequence[Difference], work: Callable[[Difference], None]) -> dict[str, list[str]]:
    """Do each; what is refused because of another one is tried again as long as anything gets on. Returns what stays refused."""
    waiting = list(items)
    while waiting:
        refused: dict[str, list[str]] = {}
        left: list[Difference] = []
        for one in waiting:
            try:
                with transaction.atomic():
                    work(one)
            except Refused as refusal:
                refused[one.name] = [refusal.message]
                left.append(one)
        if len(left) == len(waiting):
            return refused
        waiting = left
    return {}
