"""Groups of customers over the API: what they are like, and a person's own name and next step."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_view
from guanxi.analytics.models import Archetype
from guanxi.analytics.queries.portfolio import Group, groups_in_use
from guanxi.analytics.services.groups import name_group
from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import OBJECT, TEXT, WHOLE, one_of, or_null

NUMBER = {"type": "number"}


def _row(one: Group) -> Row:
    it = one.cluster
    return {
        "id": str(it.id), "number": it.number, "archetype": it.archetype, "name": it.name, "next_step": it.next_step, "customers": one.customers,
        "value": str(one.value), "share": one.share, "centre": it.centre, "segment": str(it.segment_id) if it.segment_id else None,
    }  # fmt: skip


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_row(one) for one in groups_in_use(actor)[1]]


def _one(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = next((one for one in groups_in_use(actor)[1] if one.cluster.id == key), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return _row(found)


def _name(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    before: Any = _one(actor, key)
    name_group(actor, key, str(values.get("name", before["name"])), str(values.get("next_step", before["next_step"])))


offer(
    Resource(
        name="value-groups",
        schema="ValueGroup",
        label=gettext_lazy("Groups of customers"),
        rows=_rows,
        get=_one,
        update=_name,
        read={
            "number": WHOLE, "archetype": one_of(*Archetype.values, ""), "name": TEXT, "next_step": TEXT, "customers": WHOLE, "value": TEXT,
            "share": NUMBER, "centre": OBJECT, "segment": or_null(TEXT),
        },
        write={"name": TEXT, "next_step": TEXT},
        room="analytics",
    )
)  # fmt: skip
