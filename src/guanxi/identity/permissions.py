"""What an actor may do with which rows and fields: the one compiler that every door uses.

A role grants, per object and action, a scope; per object and field, an access. `visible_to` turns the scope into a
query set, `field_access` answers for columns.
"""

from typing import TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share

ACTIONS = ("view", "create", "edit", "delete", "export", "import")
SCOPES = ("none", "own", "team", "below", "all")
ACCESS = ("hidden", "masked", "read", "write")

M = TypeVar("M", bound=models.Model)


def scope_of(actor: Actor, object_name: str, action: str) -> str:
    """The scope ("none" … "all") in which the actor may do `action` on the object."""
    if actor.token_scopes is not None and not _token_permits(actor.token_scopes, object_name, action):
        return "none"
    if actor.is_admin:
        return "all"
    grants = actor.grants.get(object_name) or actor.grants.get("*") or {}
    return grants.get(action) or grants.get("*") or "none"


def _token_permits(scopes: tuple[str, ...], object_name: str, action: str) -> bool:
    verb = "read" if action in ("view", "export") else "write"
    return bool({f"{object_name}:{verb}", f"*:{verb}", "*"} & set(scopes))


def may(actor: Actor, object_name: str, action: str) -> bool:
    """True when the actor may do `action` on at least some rows of the object."""
    return scope_of(actor, object_name, action) != "none"


def require(actor: Actor, object_name: str, action: str) -> None:
    """Raise `NotAllowed` unless `may`."""
    if not may(actor, object_name, action):
        raise NotAllowed(_("Your role does not permit this."))


def require_admin(actor: Actor) -> None:
    """Raise `NotAllowed` unless the actor is an administrator, and not one behind a narrowed token."""
    if not actor.is_admin or (actor.token_scopes is not None and "*" not in actor.token_scopes):
        raise NotAllowed(_("Only administrators may do this."))


def visible_to(
    actor: Actor, queryset: models.QuerySet[M, M], object_name: str, action: str = "view"
) -> models.QuerySet[M, M]:
    """The rows of `queryset` on which the actor may do `action`.

    Own and team scopes compare the row's owner and team; shares open further rows. Who sees all gets no
    condition at all.
    """
    scope = scope_of(actor, object_name, action)
    if scope == "all":
        return queryset
    if scope == "none":
        return queryset.none()
    return queryset.filter(scope_condition(actor, scope) | shared_condition(actor, object_name, action))


def scope_condition(actor: Actor, scope: str) -> Q:
    """Rows of the actor ("own"), of the actor's teams ("team") or of these and all teams below ("below")."""
    condition = Q(owner_id=actor.member_id)
    if scope in ("team", "below"):
        teams = actor.team_ids if scope == "team" else actor.below_team_ids
        condition |= Q(team_id__in=teams)
    return condition


def share_bit(principal_id: UUID) -> int:
    """The bit of `share_mask` for a principal: a cheap test before the look-up of the share itself."""
    return 1 << (principal_id.int % 62)


def shared_condition(actor: Actor, object_name: str, action: str) -> Q:
    """Rows shared with the actor or one of the actor's teams; the mask spares most rows the look-up."""
    mask = 0
    for principal in actor.principals:
        mask |= share_bit(principal)
    shares = Share.objects.filter(principal_id__in=actor.principals, object=object_name, record_id=OuterRef("id"))
    if action != "view":
        shares = shares.filter(may_edit=True)
    return Q(Exists(shares)) & ~Q(share_mask=0) & Q(BitsHit(F("share_mask"), mask))


class BitsHit(models.Func):
    """(column & mask) <> 0: leakproof, unlike a test on an array."""

    template = "(%(expressions)s) <> 0"
    arg_joiner = " & "
    output_field = models.BooleanField()

    def __init__(self, column: F, mask: int) -> None:
        super().__init__(column, models.Value(mask, output_field=models.BigIntegerField()))


def permits_row(actor: Actor, object_name: str, action: str, *, owner_id: UUID | None, team_id: UUID | None) -> bool:
    """The scope test on one row's owner and team, without shares."""
    scope = scope_of(actor, object_name, action)
    if scope in ("all", "none"):
        return scope == "all"
    if owner_id is not None and owner_id == actor.member_id:
        return True
    teams = {"team": actor.team_ids, "below": actor.below_team_ids}.get(scope, ())
    return team_id is not None and team_id in teams


def field_access(actor: Actor, object_name: str, field: str) -> str:
    """hidden, masked, read or write for one field of the object."""
    if actor.is_admin:
        return "write"
    named = actor.field_access.get(object_name, {})
    return named.get(field, named.get("*", "write"))


def readable_fields(actor: Actor, object_name: str, fields: list[str]) -> list[str]:
    """Those of `fields` that may be shown, plain or masked."""
    return [name for name in fields if field_access(actor, object_name, name) != "hidden"]


def matchable(actor: Actor, object_name: str, field: str) -> bool:
    """True when the field may be filtered, sorted, grouped, searched and summed: neither hidden nor masked."""
    return field_access(actor, object_name, field) in ("read", "write")
