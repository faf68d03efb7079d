"""Groups of customers over the API: groupings and how far they can be trusted, groups with a person's own name and next step, their members."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_view
from guanxi.analytics.models import Archetype, Basis, Clustering, ClusterMember
from guanxi.analytics.queries.groups import Group, bases_in_use, groups_in_use
from guanxi.analytics.queries.portfolio import scored_accounts
from guanxi.analytics.services.groups import keep_group, name_group
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, OBJECT, TEXT, WHOLE, YES_NO, one_of, or_null

NUMBER = {"type": "number"}
LIST = {"type": "array", "items": OBJECT}
MOST = 500
BY_BASIS = {"basis": gettext_lazy("behaviour, value, needs or demographics; all without it")}


def _bases(query: Mapping[str, str]) -> list[str]:
    asked = query.get("basis", "")
    if asked and asked not in Basis.values:
        raise Invalid({"basis": [_("Choose bases of the list.")]})
    return [asked] if asked else [str(one) for one in Basis.values]


def _row(one: Group) -> Row:
    it = one.cluster
    return {
        "id": str(it.id), "basis": it.clustering.basis, "number": it.number, "archetype": it.archetype, "name": it.name, "next_step": it.next_step,
        "customers": one.customers, "value": str(one.value), "share": one.share, "centre": it.centre, "marks": it.marks,
        "segment": str(it.segment_id) if it.segment_id else None,
    }  # fmt: skip


def _rows(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_row(one) for basis in _bases(query) for one in groups_in_use(actor, basis=basis)[1]]


def _one(actor: Actor, key: UUID) -> Row:
    found = next((one for one in _rows(actor, {}) if one["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


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
        actions={
            "segment": Action(gettext_lazy("Make segment"), lambda actor, key, _version: keep_group(actor, key)),
        },
        filters=BY_BASIS,
        read={
            "basis": one_of(*Basis.values), "number": WHOLE, "archetype": one_of(*Archetype.values, ""), "name": TEXT, "next_step": TEXT,
            "customers": WHOLE, "value": TEXT, "share": NUMBER, "centre": OBJECT, "marks": LIST, "segment": or_null(TEXT),
        },
        write={"name": TEXT, "next_step": TEXT},
        room="analytics",
    )
)  # fmt: skip


def _grouping(one: Clustering) -> Row:
    return {
        "id": str(one.id), "basis": one.basis, "as_of": one.as_of.isoformat(), "method": one.method, "groups": one.k, "customers": one.customers,
        "stability": one.stability, "silhouette": one.silhouette, "drift": one.drift, "moved": one.moved, "misfits": one.overlooked,
        "in_use": one.in_use, "features": one.features, "candidates": one.candidates,
    }  # fmt: skip


def _groupings(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    require_view(actor)
    return [_grouping(one) for one in Clustering.objects.filter(basis__in=_bases(query)).order_by("-as_of", "basis")]


def _one_grouping(actor: Actor, key: UUID) -> Row:
    require_view(actor)
    found = Clustering.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return _grouping(found)


offer(
    Resource(
        name="value-groupings",
        schema="ValueGrouping",
        label=gettext_lazy("Groupings from run to run"),
        rows=_groupings,
        get=_one_grouping,
        filters=BY_BASIS,
        read={
            "basis": one_of(*Basis.values), "as_of": DAY, "method": TEXT, "groups": WHOLE, "customers": WHOLE, "stability": NUMBER,
            "silhouette": NUMBER, "drift": or_null(NUMBER), "moved": or_null(NUMBER), "misfits": WHOLE, "in_use": YES_NO,
            "features": {"type": "array", "items": TEXT}, "candidates": LIST,
        },
        room="analytics",
    )
)  # fmt: skip


def _member(one: ClusterMember) -> Row:
    return {
        "id": str(one.id), "group": str(one.cluster_id), "account": str(one.account_id), "distance": one.distance, "misfit": one.misfit,
    }  # fmt: skip


def _seen(actor: Actor) -> Any:
    require_view(actor)
    inside = scored_accounts(actor).values("id")
    return ClusterMember.objects.filter(cluster__clustering__in_use=True, account_id__in=inside)


def _members(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    found = _seen(actor)
    if query.get("group"):
        try:
            found = found.filter(cluster_id=UUID(query["group"]))
        except ValueError:
            raise Invalid({"group": [_("Give the id of the record.")]}) from None
    else:
        asked = _bases(query) if query.get("basis") else bases_in_use()[:1]
        found = found.filter(cluster__clustering__basis__in=asked)
    if query.get("misfit"):
        found = found.filter(misfit=query["misfit"] in ("1", "true"))
    return [_member(one) for one in found.order_by("-account__scores__value", "id")[:MOST]]


def _one_member(actor: Actor, key: UUID) -> Row:
    found = _seen(actor).filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return _member(found)


offer(
    Resource(
        name="value-group-members",
        schema="ValueGroupMember",
        label=gettext_lazy("Members of groups"),
        rows=_members,
        get=_one_member,
        filters={
            "group": gettext_lazy("The id of a group"),
            "basis": gettext_lazy("Without a group: behaviour, value, needs or demographics"),
            "misfit": gettext_lazy("true: only those whom no group describes"),
        },
        read={"group": KEY, "account": KEY, "distance": NUMBER, "misfit": YES_NO},
        room="analytics",
    )
)  # fmt: skip
