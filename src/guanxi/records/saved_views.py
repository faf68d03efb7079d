"""Saved views: lists as somebody left them, kept for oneself, a team or everybody."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from guanxi.core.db.planned import PlannedObjects
from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.criteria import compile_q
from guanxi.records.list_plans import keep, plans_of
from guanxi.records.listing import clean_options
from guanxi.records.models import SavedView

AUDIENCES = ("private", "team", "all")
FORMS = ("list", "board", "calendar")
MOST = 200


def saved_views(actor: Actor) -> list[SavedView]:
    """All views this actor may open, of every object, in order; one query."""
    if actor.member_id is None:
        return []
    plans = plans_of(actor)
    if "views" not in plans:
        keep(plans, "views", PlannedObjects(lambda: _views_of(actor), {}))
    found: list[SavedView] = plans["views"].fetch({})
    return found


def _views_of(actor: Actor) -> "QuerySet[SavedView]":
    mine = Q(owner_id=actor.member_id) | Q(audience="all") | Q(audience="team", team_id__in=actor.team_ids)
    views: QuerySet[SavedView] = SavedView.objects.filter(mine).order_by("position", "name", "id")[:MOST]
    return views


def get_view(actor: Actor, view_id: UUID) -> SavedView:
    """One view that the actor may open. Raises `NotFound`."""
    found = next((view for view in saved_views(actor) if view.id == view_id), None)
    if found is None:
        raise NotFound(_("There is no such view, or it is not shared with you."))
    return found


def linked_view(actor: Actor, view_id: UUID) -> SavedView | None:
    """A view that somebody sent a link to, whoever made it: who has the link sees the same list, within the own rights."""
    return SavedView.objects.filter(id=view_id).first() if actor.member_id is not None else None


def may_change(actor: Actor, view: SavedView) -> bool:
    """Its owner may change a view; administrators those that everybody sees."""
    return view.owner_id == actor.member_id or (actor.is_admin and view.audience != "private")


def save_view(
    actor: Actor,
    *,
    object_name: str,
    name: str,
    criteria: Mapping[str, Any],
    sort: str = "",
    columns: Sequence[str] = (),
    form: str = "list",
    options: Mapping[str, Any] | None = None,
    audience: str = "private",
    pinned: bool = False,
    view_id: UUID | None = None,
) -> SavedView:
    """A new view, or new content for the one of `view_id`. Raises `Invalid`, `NotAllowed`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        require(actor, object_name, "view")
        kind = registry.get(object_name)
        title = _checked_name(name)
        if audience not in AUDIENCES or form not in FORMS:
            raise Invalid({"audience": [_("Choose who sees the view.")]})
        if audience == "team" and actor.team_id is None:
            raise Invalid({"audience": [_("You belong to no team.")]})
        compile_q(actor, object_name, criteria)
        drawn = clean_options(actor, kind, options or {})
        view = _own(actor, view_id) if view_id else SavedView(object=object_name, owner_id=actor.member_id)
        view.name, view.criteria, view.sort, view.form = title, dict(criteria), sort[:80], form
        view.options = drawn
        view.columns = [column for column in columns if len(column) <= 80][:60]
        view.audience, view.pinned = audience, pinned
        view.team_id = actor.team_id if audience == "team" else None
        if view_id:
            view.version += 1
        else:
            view.position = SavedView.objects.filter(object=kind.name).count()
        view.save()
        return view


def delete_view(actor: Actor, view_id: UUID) -> None:
    """Remove a view; its records stay. Raises `NotAllowed`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        _own(actor, view_id).delete()


def pin_view(actor: Actor, view_id: UUID, pinned: bool) -> SavedView:
    """Put a view into the side bar, or take it out."""
    with tenant_tx(actor.tenant_id):
        view = _own(actor, view_id)
        view.pinned = pinned
        view.version += 1
        view.save(update_fields=["pinned", "version"])
        return view


def _own(actor: Actor, view_id: UUID) -> SavedView:
    view = get_view(actor, view_id)
    if not may_change(actor, view):
        raise NotAllowed(_("Only its owner may change this view. Save it as your own."))
    return view


def _checked_name(name: str) -> str:
    title = " ".join(name.split()).replace("\x00", "")
    if not title:
        raise Invalid({"name": [_("Give the view a name.")]})
    if len(title) > 120:
        raise Invalid({"name": [_("Use at most %(count)d characters.") % {"count": 120}]})
    return title
