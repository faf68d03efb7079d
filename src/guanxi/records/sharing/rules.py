"""Commands on sharing rules; administrators only."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.jobs import enqueue
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Membership, SharingRule, Team
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.sharing import note_rules_changed
from guanxi.identity.validation import clean_text
from guanxi.records.criteria import compile_q
from guanxi.records.display import object_or_none
from guanxi.records.registry import ObjectType
from guanxi.records.sharing.filling import begin, drop_rule_rows

MOST_RULES = 500
# What changes whom or what a rule opens; a new name changes nothing.
_DECISIVE = ("object", "criteria", "principal_kind", "principal_id", "may_edit", "is_active")


def save_rule(
    actor: Actor, values: Mapping[str, Any], *, rule_id: UUID | None = None, version: int | None = None
) -> Any:
    """A new rule, or new values of one. `values`: name, object, criteria, principal_kind, principal_id, may_edit, is_active.

    It holds at once. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(SharingRule, rule_id, version) if rule_id else SharingRule()
        cleaned = _clean(row, values)
        before = {name: getattr(row, name) for name in cleaned}
        if rule_id is None:
            if SharingRule.objects.count() >= MOST_RULES:
                raise Conflict(
                    _("There are %(count)d sharing rules already: join some of them.") % {"count": MOST_RULES}
                )
            for name, value in cleaned.items():
                setattr(row, name, value)
            row.save()
        else:
            save_changes(row, cleaned)
        detail = differences(before, cleaned) if rule_id else {"name": row.name}
        if detail:
            action = "sharing_rule.changed" if rule_id else "sharing_rule.created"
            note_access(actor, action, object_name=row.object, record_id=row.id, detail=detail)
        if rule_id is None or any(before.get(name) != cleaned.get(name) for name in _DECISIVE if name in cleaned):
            begin(row)
    return row


def delete_rule(actor: Actor, rule_id: UUID, *, version: int | None = None) -> None:
    """End a rule; what it opened is closed at once."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        row = locked(SharingRule, rule_id, version)
        note_access(actor, "sharing_rule.deleted", object_name=row.object, record_id=row.id, detail={"name": row.name})
        row.delete()
        note_rules_changed()
        enqueue(drop_rule_rows, actor.tenant_id, rule_id=rule_id)


def _clean(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Checked values; those not given stay as they are."""
    new = row._state.adding
    given = {name: values[name] for name in ("name", *_DECISIVE) if name in values}
    cleaned: dict[str, Any] = {}
    if new or "name" in given:
        cleaned["name"] = _name(row, given.get("name", ""))
    kind = _kind(given.get("object", "" if new else row.object))
    cleaned["object"] = kind.name
    cleaned["criteria"] = _criteria(kind, given.get("criteria", {} if new else row.criteria))
    if new or {"principal_kind", "principal_id"} & set(given):
        which = given.get("principal_kind", row.principal_kind)
        cleaned["principal_kind"], cleaned["principal_id"] = principal(
            which, given.get("principal_id", row.principal_id)
        )
    for name in ("may_edit", "is_active"):
        if name in given:
            cleaned[name] = bool(given[name])
    return cleaned


def _name(row: Any, text: str) -> str:
    name = clean_text("name", text, max_length=120)
    if SharingRule.objects.filter(name=name).exclude(id=row.id).exists():
        raise Invalid({"name": [_("There is a sharing rule of this name.")]})
    return name


def _kind(name: Any) -> ObjectType:
    kind = object_or_none(str(name))
    if kind is None:
        raise Invalid({"object": [_("Choose one of the list.")]})
    return kind


def _criteria(kind: ObjectType, criteria: Any) -> dict[str, Any]:
    if not isinstance(criteria, Mapping):
        raise Invalid({"criteria": [_("The filter is not well formed.")]})
    if _names_reader(criteria):
        raise Invalid(
            {"criteria": [_("A sharing rule is the same for everybody: “me” and “my team” have no meaning in it.")]}
        )
    try:
        compile_q(Actor.system(current_tenant_id()), kind.name, criteria)
    except Invalid as error:
        raise Invalid({"criteria": [text for texts in error.errors.values() for text in texts]}) from error
    return dict(criteria)


def _names_reader(node: Any) -> bool:
    if isinstance(node, Mapping):
        return any(_names_reader(value) for value in node.values())
    if isinstance(node, list):
        return any(_names_reader(value) for value in node)
    return isinstance(node, str) and node in ("$me", "$my_team", "$my_teams")


def principal(kind: Any, key: Any) -> tuple[str, UUID]:
    """A person, a team, or a team with all below, that exists. Raises `Invalid`."""
    if kind not in SharingRule.Principal.values:
        raise Invalid({"principal_kind": [_("Choose one of the list.")]})
    model: Any = Membership if kind == SharingRule.Principal.MEMBER else Team
    rows = model.objects.filter(id=key) if isinstance(key, UUID) else model.objects.none()
    if kind == SharingRule.Principal.MEMBER:
        rows = rows.filter(is_active=True)
    if not rows.exists():
        raise Invalid({"principal_id": [_("Choose one of the list.")]})
    return str(kind), key
