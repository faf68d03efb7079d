"""Why somebody may or may not see, change or delete a record: the sentence of the compiler, in words.

Reads what identity.permissions reads and never decides by itself: a test holds the answer to what the doors do.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor, branch_principal
from guanxi.identity.models import Delegation, Membership, Role, Team
from guanxi.identity.permissions import field_access, permits_row, scope_of, shareable
from guanxi.identity.queries import actor_of_user
from guanxi.records import registry
from guanxi.records.custom import custom_fields
from guanxi.records.queries import get_record, may_change, visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.sharing.reading import opened_to

ACTIONS = ("view", "edit", "delete")


@dataclass(frozen=True)
class Reason:
    """One rule with what it says: it opens the record, or does not reach it."""

    opens: bool
    text: str


@dataclass(frozen=True)
class Answer:
    """Whether an action is permitted, and every rule that was asked, the ones that permit first."""

    action: str
    permitted: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Explanation:
    """The answers for one person and record, and the fields that the person's role does not show or change freely."""

    person: str
    role: str
    answers: tuple[Answer, ...]
    fields: tuple[tuple[str, str], ...]


def explain(actor: Actor, object_name: str, record_id: UUID, member_id: UUID | None = None) -> Explanation:
    """For the actor or, asked by who may change the record or an administrator, for a colleague.

    Raises `NotFound` where the actor sees no such record, or may not ask about somebody else.
    """
    kind = registry.get(object_name)
    record = get_record(actor, object_name, record_id)
    person = actor
    if member_id is not None and member_id != actor.member_id:
        if not actor.is_admin and not may_change(actor, object_name, record):
            raise NotFound(_("Only who may change the record may ask about colleagues."))
        person = _colleague(actor, member_id)
    role = Role.objects.filter(key=person.role_key).values_list("name", flat=True).first() or person.role_key
    answers = tuple(_answer(person, kind, record, action, role) for action in ACTIONS)
    return Explanation(person.name, role, answers, tuple(_fields(person, kind)))


def _colleague(actor: Actor, member_id: UUID) -> Actor:
    row = Membership.objects.filter(id=member_id, is_active=True).values_list("user_id", flat=True).first()
    found = actor_of_user(actor.tenant_id, row) if row else None
    if found is None:
        raise NotFound(_("There is no such colleague."))
    return found


def _answer(person: Actor, kind: ObjectType, record: Any, action: str, role: str) -> Answer:
    reasons = [*_scope_reasons(person, kind, record, action, role), *_share_reasons(person, kind, record, action)]
    permitted = visible_records(person, kind.name, action).filter(id=record.id).exists()
    if kind.room in person.rooms_off:
        reasons.append(Reason(False, _("This part of Guanxi is switched off in your company.")))
        permitted = False
    return Answer(action, permitted, tuple(sorted(reasons, key=lambda one: not one.opens)))


def _scope_reasons(person: Actor, kind: ObjectType, record: Any, action: str, role: str) -> list[Reason]:
    if person.is_admin:
        return [Reason(True, _("Administrators may do everything."))]
    scope = scope_of(person, kind.name, action)
    given = {"role": role, "action": action_in_words(action), "records": str(kind.label_plural)}
    if scope == "none":
        return [Reason(False, _("The role “%(role)s” does not permit to %(action)s %(records)s.") % given)]
    if scope == "all":
        return [Reason(True, _("The role “%(role)s” permits to %(action)s all %(records)s.") % given)]
    reach = {
        "own": _("own %(records)s"),
        "team": _("%(records)s of the own teams"),
        "below": _("%(records)s of the own teams and all below"),
    }[scope] % given
    opens = permits_row(person, kind.name, action, owner_id=record.owner_id, team_id=record.team_id)
    text = _("The role “%(role)s” permits to %(action)s %(reach)s.") % {**given, "reach": reach}
    return [Reason(opens, f"{text} {_place(person, record, scope, action, opens)}")]


def _place(person: Actor, record: Any, scope: str, action: str, opens: bool) -> str:
    """How the record's owner and team stand to the person."""
    if opens and record.owner_id == person.member_id:
        return _("%(person)s owns this one.") % {"person": person.name}
    if opens and record.owner_id in person.stands_for:
        row = Delegation.objects.filter(absent_id=record.owner_id, delegate_id=person.member_id, ended_at=None).first()
        until = row.last_day.isoformat() if row else ""
        return _("%(person)s stands in for its owner %(owner)s until %(until)s.") % {
            "person": person.name, "owner": record.owner.name, "until": until,
        }  # fmt: skip
    team = Team.objects.filter(id=record.team_id).values_list("name", flat=True).first() if record.team_id else None
    if opens:
        return _("This one belongs to the team %(team)s.") % {"team": team}
    owner = record.owner.name if record.owner else _("nobody")
    return _("This one belongs to %(owner)s, team %(team)s.") % {"owner": owner, "team": team or _("none")}


def _share_reasons(person: Actor, kind: ObjectType, record: Any, action: str) -> list[Reason]:
    """Shares and rules that name the person; those that give less than the action say so."""
    if person.is_admin or scope_of(person, kind.name, action) in ("none", "all"):
        return []
    if not shareable(action):
        return [Reason(False, _("Shares never permit to delete."))]
    principals = set(person.principals_for(action))
    found = []
    for one in opened_to(kind.name, record):
        key = branch_principal(one.to.id) if one.to.kind == "branch" else one.to.id
        if key not in principals:
            continue
        opens = action == "view" or one.may_edit
        given = {"to": one.to.label, "how": one.how}
        text = _("It is open to %(to)s, %(how)s.") if opens else _("It is open to %(to)s, %(how)s, but only to read.")
        found.append(Reason(opens, text % given))
    return found or [Reason(False, _("No sharing rule and no share by hand opens it."))]


def _fields(person: Actor, kind: ObjectType) -> list[tuple[str, str]]:
    words = {"hidden": _("hidden"), "masked": _("masked"), "read": _("read only")}
    known = [*kind.fields, *custom_fields(kind.name).values()]
    access = [(str(item.label), field_access(person, kind.name, item.name)) for item in known]
    return [(label, words[found]) for label, found in access if found in words]


def action_in_words(action: str) -> str:
    """An action as it stands in a sentence."""
    return {"view": _("see"), "edit": _("change"), "delete": _("delete")}[action]
