"""People of a tenant: joining, role and team, leaving."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.events import MemberDeactivated
from guanxi.identity.models import ApiToken, Company, Membership, Role, Team, TeamMember
from guanxi.identity.permissions import require_admin
from guanxi.identity.roles import ALIASES
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.services.tenants import person
from guanxi.identity.validation import clean_email, clean_language, clean_text

FIELDS = {"name": 120, "title": 120, "phone": 40}


def create_user(
    actor: Actor,
    *,
    email: str,
    name: str = "",
    role_key: str,
    password: str | None = None,
    team: Team | UUID | None = None,
    language: str | None = None,
    title: str = "",
) -> Membership:
    """A person as a user of the actor's tenant; a known e-mail joins with its own password. Raises `Invalid`, `NotAllowed`.

    Without a team the person joins the root team; without a language that of the company.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = Company.objects.get()
        email = clean_email("email", email)
        role = role_by_key(role_key)
        if Membership.objects.filter(user__email=email).exists():
            raise Invalid({"email": [_("%(email)s is a user already.") % {"email": email}]})
        language = clean_language(language or company.language)
        user = person(email=email, password=password, name=name, language=language, time_zone=company.time_zone)
        member: Membership = Membership.objects.create(
            user=user,
            role=role,
            team=_team(team) or root_team(),
            name=clean_text("name", name or user.name, max_length=120),
            title=clean_text("title", title, max_length=120, required=False),
        )
        detail = {"email": email, "role": role.key}
        note_access(actor, "user.created", object_name="user", record_id=member.id, detail=detail)
    return member


def change_member(actor: Actor, *, member_id: UUID, version: int | None = None, **values: Any) -> Membership:
    """Change name, title, phone, role_id or team_id of a user. Administrators only; the last one stays one.

    Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`, `Conflict`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        _lock_administrators()
        member = locked(Membership, member_id, version)
        clean = _clean_member(values)
        if "role_id" in clean and clean["role_id"] != member.role_id:
            _keep_an_administrator(member, unless=Role.objects.filter(id=clean["role_id"], is_admin=True).exists())
        before = save_changes(member, clean)
        _note(actor, "user.changed", member, differences(before, clean))
    return member


def deactivate_member(actor: Actor, *, member_id: UUID, version: int | None = None) -> Membership:
    """End a person's access to the tenant at once: sign-in, tokens and page in the browser alike. Records stay theirs.

    Nobody deactivates the own account or the last administrator (`Conflict`).
    """
    require_admin(actor)
    if member_id == actor.member_id:
        raise Conflict(_("Ask another administrator to deactivate your own account."))
    with tenant_tx(actor.tenant_id):
        _lock_administrators()
        member = locked(Membership, member_id, version)
        _keep_an_administrator(member, unless=False)
        if member.is_active:
            save_changes(member, {"is_active": False})
            ApiToken.objects.filter(membership=member, revoked_at=None).update(revoked_at=timezone.now())
            _note(actor, "user.deactivated", member, {"is_active": [True, False]})
            publish(MemberDeactivated(member_id=member.id), member_id=actor.member_id)
    return member


def reactivate_member(actor: Actor, *, member_id: UUID, version: int | None = None) -> Membership:
    """Give a deactivated person the access back; revoked tokens stay revoked."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        member = locked(Membership, member_id, version)
        if not member.is_active:
            save_changes(member, {"is_active": True})
            _note(actor, "user.reactivated", member, {"is_active": [False, True]})
    return member


def set_further_teams(actor: Actor, *, member_id: UUID, teams: Mapping[UUID, bool]) -> None:
    """Replace the teams beside the primary one: team id → whether the person leads it."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        member = locked(Membership, member_id)
        known = set(Team.objects.filter(id__in=teams).values_list("id", flat=True))
        if known != set(teams):
            raise Invalid({"further_teams": [_("Choose one of the list.")]})
        before = {str(row.team_id): row.leads for row in TeamMember.objects.filter(membership=member)}
        wanted = {str(team_id): leads for team_id, leads in teams.items()}
        if before != wanted:
            TeamMember.objects.filter(membership=member).delete()
            TeamMember.objects.bulk_create(
                TeamMember(membership=member, team_id=team_id, leads=leads) for team_id, leads in teams.items()
            )
            _note(actor, "user.changed", member, {"further_teams": [before, wanted]})


def role_by_key(key: str) -> Role:
    """The role with this key, or a usual other word for it; raises `Invalid` with the known keys."""
    wanted = key.strip().lower()
    role: Role | None = Role.objects.filter(key=ALIASES.get(wanted, wanted)).first()
    if role is None:
        known = ", ".join(Role.objects.order_by("key").values_list("key", flat=True))
        raise Invalid({"role": [_("There is no role “%(key)s”. Roles: %(known)s.") % {"key": key, "known": known}]})
    return role


def root_team() -> Team | None:
    """The first team without a parent."""
    team: Team | None = Team.objects.filter(parent=None).order_by("id").first()
    return team


def _team(team: Team | UUID | None) -> Team | None:
    if team is None:
        return None
    found: Team | None = Team.objects.filter(id=team.id if isinstance(team, Team) else team).first()
    if found is None:
        raise Invalid({"team_id": [_("Choose one of the list.")]})
    return found


def _clean_member(values: Mapping[str, Any]) -> dict[str, Any]:
    clean: dict[str, Any] = {
        name: clean_text(name, values[name], max_length=size, required=name == "name")
        for name, size in FIELDS.items()
        if name in values
    }
    if "role_id" in values:
        if not Role.objects.filter(id=values["role_id"]).exists():
            raise Invalid({"role_id": [_("Choose one of the list.")]})
        clean["role_id"] = values["role_id"]
    if "team_id" in values:
        team = _team(values["team_id"])
        clean["team_id"] = team.id if team else None
    return clean


def _lock_administrators() -> None:
    """Two administrators who demote each other at the same moment must take turns."""
    list(Membership.objects.select_for_update(of=("self",)).filter(role__is_admin=True).order_by("id"))


def _keep_an_administrator(member: Membership, *, unless: bool) -> None:
    others = Membership.objects.filter(role__is_admin=True, is_active=True, user__is_active=True)
    if not unless and others.filter(id=member.id).exists() and not others.exclude(id=member.id).exists():
        raise Conflict(_("The company needs at least one active administrator."))


def _note(actor: Actor, action: str, member: Membership, detail: Mapping[str, Any]) -> None:
    if detail:
        note_access(actor, action, object_name="user", record_id=member.id, detail=detail)
