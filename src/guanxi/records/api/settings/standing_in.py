"""Delegations during absence."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.services.delegations import delegate, delegations_of, end_delegation
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, LINK, TEXT, YES_NO, key_in, link, words


def _row(row: Any) -> Row:
    return {
        "id": str(row.id),
        "absent": link(row.absent_id, row.absent.name),
        "delegate": link(row.delegate_id, row.delegate.name),
        "first_day": row.first_day.isoformat(),
        "last_day": row.last_day.isoformat(),
        "may_edit": row.may_edit,
        "note": row.note,
    }


def _whole(actor: Actor) -> None:
    """A narrowed token gives nobody rights."""
    if actor.token_scopes is not None and "*" not in actor.token_scopes:
        raise NotAllowed(_("Your role does not permit this."))


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    _whole(actor)
    return [_row(row) for row in delegations_of(actor)]


def _get(actor: Actor, key: UUID) -> Row:
    found = next((row for row in _rows(actor, {}) if row["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("There is no such delegation."))
    return found


def _make(actor: Actor, values: Values) -> tuple[UUID, Row]:
    _whole(actor)
    made = delegate(
        actor,
        absent_id=key_in(values, "absent") or actor.member_id,
        delegate_id=key_in(values, "delegate"),
        first_day=_day(values, "first_day"),
        last_day=_day(values, "last_day"),
        may_edit=values.get("may_edit", True),
        note=values.get("note", ""),
    )
    return made.id, {}


def _day(values: Values, name: str) -> date:
    try:
        return date.fromisoformat(values[name])
    except ValueError:
        raise Invalid({name: [_("Write the date as 2026-12-31.")]}) from None


def _end(actor: Actor, key: UUID, _version: int | None) -> None:
    _whole(actor)
    end_delegation(actor, key)


DELEGATIONS = Resource(
    name="delegations",
    schema="Delegation",
    label=gettext_lazy("Standing in"),
    rows=_rows,
    get=_get,
    read={
        "absent": LINK, "delegate": LINK, "first_day": DAY, "last_day": DAY, "may_edit": YES_NO, "note": TEXT,
    },
    write={
        "absent": KEY, "delegate": KEY, "first_day": DAY, "last_day": DAY, "may_edit": YES_NO, "note": words(200),
    },
    required=("delegate", "first_day", "last_day"),
    create=_make,
    delete=_end,
)  # fmt: skip
