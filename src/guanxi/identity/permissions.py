"""What an actor may do with which rows and fields: the one compiler that every door uses.

A role grants, per object and action, a scope; per object and field, an access. `visible_to` turns the scope into a
query set, `field_access` answers for columns.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share
from guanxi.identity.ports import RULE_CONDITION
from guanxi.identity.sharing import STORED, Rule, rules_for

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
    actor: Actor, queryset: models.QuerySet[M, M], object_name: str, action: str = "view", *, few: bool = False
) -> models.QuerySet[M, M]:
    """The rows of `queryset` on which the actor may do `action`.

    Own and team scopes compare the row's owner and team; shares open further rows to whoever the role gives any scope, for reading and
    changing but never for deleting. Who sees all gets no condition at all. `few` gathers the keys of what is visible first, which is quick when
    that is little; otherwise the database walks whatever order it likes and looks at each row. The result is the same.
    """
    scope = scope_of(actor, object_name, action)
    if scope == "all":
        return queryset
    if scope == "none":
        return queryset.none()
    rules = rules_for(actor, object_name, action) if shareable(action) else []
    condition = Q()
    for rule in rules:
        if rule.state != STORED:
            queryset, inline = _inline(queryset, rule)
            condition |= inline
    grants = [rule.grant_id for rule in rules if rule.state == STORED]
    if few:
        keys = visible_keys(actor, queryset.model, object_name, action, grants)
        return queryset.filter(Q(id__in=keys) | condition)
    condition |= scope_condition(actor, scope, action)
    if shareable(action):
        condition |= shared_condition(actor, object_name, action, [rule for rule in rules if rule.state == STORED])
    return queryset.filter(condition)


def shareable(action: str) -> bool:
    """Whether shares count for this action: what is shared may be read and perhaps changed, not deleted."""
    return action in ("view", "export", "edit")


def _inline(queryset: Any, rule: Rule) -> tuple[Any, Q]:
    for condition in RULE_CONDITION:
        found: tuple[Any, Q] = condition(queryset, rule.object, rule.criteria)
        return found
    return queryset, Q(pk__in=[])


def visible_keys(
    actor: Actor, model: Any, object_name: str, action: str, grants: Sequence[UUID], *, most: int | None = None
) -> models.QuerySet[Any, Any]:
    """Keys of what scope, shares by hand and the grants of stored rules open to the actor: a union, each branch by an index.

    With `most`, no branch reads more rows than that: enough to know whether there are more.
    """
    scope = scope_of(actor, object_name, action)
    branches = [model.objects.filter(owner_id__in=_owners(actor, action)).values_list("id")]
    teams = _teams(actor, scope)
    if teams:
        branches.append(model.objects.filter(team_id__in=teams).values_list("id"))
    if shareable(action):
        branches.append(_shares(actor, object_name, action, grants).values_list("record_id"))
    branches = [branch[:most] for branch in branches] if most else branches
    keys: models.QuerySet[Any, Any] = branches[0].union(*branches[1:])
    return keys


def scope_condition(actor: Actor, scope: str, action: str = "view") -> Q:
    """Rows of the actor ("own"), of the actor's teams ("team") or of these and all teams below ("below")."""
    owners = _owners(actor, action)
    condition = Q(owner_id=owners[0]) if len(owners) == 1 else Q(owner_id__in=owners)
    teams = _teams(actor, scope)
    return condition | Q(team_id__in=teams) if scope in ("team", "below") else condition


def _owners(actor: Actor, action: str) -> tuple[UUID, ...]:
    """Whose rows count as own; who stands for somebody may at most change their records, not delete them."""
    if action in ("view", "export"):
        return actor.owners
    return actor.edit_owners if action == "edit" else actor.edit_owners[: 1 if actor.member_id else 0]


def _teams(actor: Actor, scope: str) -> tuple[UUID, ...]:
    return {"team": actor.team_ids, "below": actor.below_team_ids}.get(scope, ())


def share_bit(principal_id: UUID) -> int:
    """The bit of `share_mask` for a principal: a cheap test before the look-up of the share itself."""
    return 1 << (principal_id.int % 62)


def share_mask(principals: Iterable[UUID]) -> int:
    """The bits of several principals."""
    mask = 0
    for principal in principals:
        mask |= share_bit(principal)
    return mask


def _shares(actor: Actor, object_name: str, action: str, grants: Sequence[UUID]) -> models.QuerySet[Any, Any]:
    """Shares with the actor, one of its teams or branches, or by the grants of rules."""
    principals = [*actor.principals_for(action), *grants]
    shares = Share.objects.filter(principal_id__in=principals, object=object_name)
    return shares.filter(may_edit=True) if action == "edit" else shares  # type: ignore[no-any-return]


def shared_condition(actor: Actor, object_name: str, action: str, rules: Sequence[Rule] = ()) -> Q:
    """Rows shared with the actor, one of its teams, or by `rules`; the mask spares most rows the look-up."""
    mask = share_mask(actor.principals)
    grants = [rule.grant_id for rule in rules]
    shares = _shares(actor, object_name, action, grants).filter(record_id=OuterRef("id"))
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
    if owner_id is not None and owner_id in _owners(actor, action):
        return True
    return team_id is not None and team_id in _teams(actor, scope)


def field_access(actor: Actor, object_name: str, field: str) -> str:
    """hidden, masked, read or write for one field of the object; a part of a field ("site.city") is what the field is."""
    if actor.is_admin:
        return "write"
    named = actor.field_access.get(object_name, {})
    return named.get(field.partition(".")[0], named.get("*", "write"))


def readable_fields(actor: Actor, object_name: str, fields: list[str]) -> list[str]:
    """Those of `fields` that may be shown, plain or masked."""
    return [name for name in fields if field_access(actor, object_name, name) != "hidden"]


def matchable(actor: Actor, object_name: str, field: str) -> bool:
    """True when the field may be filtered, sorted, grouped, searched and summed: neither hidden nor masked."""
    return field_access(actor, object_name, field) in ("read", "write")
