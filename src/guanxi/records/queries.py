"""Reading records within what the actor may see."""

from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import matchable, may, permits_row, scope_of, shareable, visible_to
from guanxi.identity.sharing import inline_rules
from guanxi.records import registry
from guanxi.records.object_types import ObjectType, View

# The key of the view of one's own records, where an object has one.
MINE = "mine"
MODELS_OF_IDENTITY: dict[str, Any] = {"user": Membership, "team": Team}


def visible_records(
    actor: Actor, object_name: str, action: str = "view", *, deleted: bool = False, few: bool = False
) -> "models.QuerySet[Any, Any]":
    """Records on which the actor may do `action`; those of the recycle bin instead when `deleted`. `few`: see `visible_to`."""
    object_type = registry.get(object_name)
    queryset = object_type.model.objects.filter(deleted_at__isnull=not deleted)  # type: ignore[attr-defined]
    return visible_to(actor, queryset, object_name, action, few=few)


def get_record(actor: Actor, object_name: str, record_id: UUID, action: str = "view", *, deleted: bool = False) -> Any:
    """One record; raises `NotFound` when absent, deleted, of another tenant or out of the actor's scope."""
    record = visible_records(actor, object_name, action, deleted=deleted).filter(id=record_id).first()
    if record is None:
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    return record


def may_change(actor: Actor, object_name: str, record: Any, action: str = "edit") -> bool:
    """Whether the actor may do `action` on this very record, by scope or by a share."""
    if permits_row(actor, object_name, action, owner_id=record.owner_id, team_id=record.team_id):
        return True
    # Only a share could permit it now; the mask says whether there is any, unless rules are looked up in the records.
    if not shareable(action) or not may(actor, object_name, action):
        return False
    if not record.share_mask and not inline_rules(actor, object_name, action):
        return False
    return visible_records(actor, object_name, action).filter(id=record.id).exists()


def linked_labels(actor: Actor, to: str, ids: set[UUID]) -> dict[UUID, str]:
    """Names of linked records by id, whatever their scope: a link's label is part of the record that links."""
    if not ids:
        return {}
    if to in ("user", "team"):
        model = MODELS_OF_IDENTITY[to]
        return dict(model.objects.filter(id__in=ids).values_list("id", "name"))
    object_type = registry.get(to)
    rows = object_type.model.objects.filter(id__in=ids)  # type: ignore[attr-defined]
    title = object_type.by_name[object_type.title].column
    if not matchable(actor, to, object_type.title) and "code" in object_type.by_name:
        return dict(rows.values_list("id", "code"))
    if not (object_type.title_zh and is_chinese()):
        return dict(rows.values_list("id", title))
    return {key: chinese or name for key, name, chinese in rows.values_list("id", title, object_type.title_zh)}


def shown_label(actor: Actor, record: Any) -> str:
    """How a record is called on its own pages, as far as the role may read what it is called by; else its code."""
    kind = registry.of_model(type(record))
    names: tuple[str, ...] = ("name_zh", "name", "subject") if is_chinese() else ("name", "subject")
    if kind is not None:
        names = tuple(name for name in names if matchable(actor, kind.name, name))
    return str(next((text for name in names if (text := getattr(record, name, ""))), "") or record.code)


def opening_view(actor: Actor, kind: ObjectType) -> View:
    """The view with which a list opens: the first; for who leads teams and sees their records, the first that is not "mine".

    The object has views.
    """
    leads = set(actor.below_team_ids) > set(actor.team_ids) and scope_of(actor, kind.name, "view") == "below"
    return next((view for view in kind.views if not leads or view.key != MINE), kind.views[0])
