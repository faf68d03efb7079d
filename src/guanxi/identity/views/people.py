"""Settings of people: users, invitations, teams, roles."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.identity.clashes import Word, dump_state, settle, state_of
from guanxi.identity.models import Invitation, Membership, Role, Team, TeamMember
from guanxi.identity.permissions import require_admin
from guanxi.identity.queries import team_tree
from guanxi.identity.screens import actor_of, attempt, posted_values, settings_page, uuid_or_none, version_or_none
from guanxi.identity.services import (
    change_member,
    change_team,
    create_team,
    deactivate_member,
    delete_team,
    invite_person,
    reactivate_member,
    resend_invitation,
    revoke_invitation,
    set_further_teams,
)


@require_http_methods(["GET", "HEAD", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """Users and open invitations; POST invites somebody."""
    actor = actor_of(request)
    require_admin(actor)
    invited = None
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        invited, errors = attempt(
            lambda: invite_person(
                actor,
                email=request.POST.get("email", ""),
                name=request.POST.get("name", ""),
                role_id=uuid_or_none(request.POST.get("role_id")) or actor.tenant_id,
                team_id=uuid_or_none(request.POST.get("team_id")),
            )
        )
    return _users_page(request, invited=invited, errors=errors)


def _users_page(request: HttpRequest, *, invited: Any, errors: dict[str, list[str]]) -> HttpResponse:
    opened = Invitation.objects.filter(accepted_at=None, revoked_at=None).select_related("role").order_by("-id")
    context = {
        "page_title": _("Users and invitations"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "invited": invited,
        "members": Membership.objects.select_related("user", "role", "team").order_by("-is_active", "name"),
        "invitations": opened,
        "roles": role_choices(),
        # As text, like the choices: an administrator is invited on purpose only.
        "usual_role": str(Role.objects.filter(key="sales").values_list("id", flat=True).first() or ""),
        "teams": team_choices(),
        "now": timezone.now(),
    }
    response = settings_page(request, "identity/users.html.jinja", context, status=422 if errors else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def user(request: HttpRequest, id: UUID) -> HttpResponse:
    """One user: name, role, teams."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        page = _user_clash(request, id)
        if page is not None:
            return page
        saved, errors = attempt(lambda: _save_user(request, id))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/users/")
    member = Membership.objects.select_related("user").filter(id=id).first()
    if member is None:
        return redirect("/settings/users/")
    stored = _user_values(member)
    context = {
        "page_title": member.name,
        "errors": errors,
        "values": _posted(request, stored) if errors else stored,
        "before": dump_state(state_of(stored)),
        "member": member,
        "roles": role_choices(),
        "teams": team_choices(),
    }
    return settings_page(request, "identity/user.html.jinja", context, status=422 if errors else 200)


@require_POST
def user_access(request: HttpRequest, id: UUID) -> HttpResponse:
    """Deactivate a user, or give the access back (field `active`)."""
    command = reactivate_member if request.POST.get("active") == "1" else deactivate_member
    _saved, errors = attempt(lambda: command(actor_of(request), member_id=id))
    for text in errors.get("", []):
        messages.error(request, text)
    return redirect("/settings/users/")


@require_POST
def invitation(request: HttpRequest, id: UUID) -> HttpResponse:
    """Send an invitation again, or revoke it (field `action`)."""
    actor = actor_of(request)
    if request.POST.get("action") == "revoke":
        revoke_invitation(actor, invitation_id=id)
        messages.success(request, _("The invitation no longer works."))
        return redirect("/settings/users/")
    return _users_page(request, invited=resend_invitation(actor, invitation_id=id), errors={})


@require_http_methods(["GET", "HEAD", "POST"])
def teams(request: HttpRequest) -> HttpResponse:
    """The tree of teams; POST adds one."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        parent = uuid_or_none(request.POST.get("parent_id"))
        saved, errors = attempt(lambda: create_team(actor, name=request.POST.get("name", ""), parent_id=parent))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/teams/")
    context = {
        "page_title": _("Teams"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "tree": team_tree(),
        "teams": team_choices(),
    }
    return settings_page(request, "identity/teams.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, id: UUID) -> HttpResponse:
    """Rename or move a team."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        page = _team_clash(request, id)
        if page is not None:
            return page
        saved, errors = attempt(lambda: _save_team(request, id))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect("/settings/teams/")
    row = Team.objects.filter(id=id).first()
    if row is None:
        return redirect("/settings/teams/")
    context = {
        "page_title": row.name,
        "errors": errors,
        "values": _posted(request, _team_values(row)) if errors else _team_values(row),
        "before": dump_state(state_of(_team_values(row))),
        "team": row,
        "teams": [choice for choice in team_choices() if choice[0] != str(id)],
    }
    return settings_page(request, "identity/team.html.jinja", context, status=422 if errors else 200)


@require_POST
def remove_team(request: HttpRequest, id: UUID) -> HttpResponse:
    """Delete an empty team."""
    _done, errors = attempt(lambda: delete_team(actor_of(request), team_id=id))
    for text in errors.get("", []):
        messages.error(request, text)
    return redirect("/settings/teams/")


def role_choices() -> list[tuple[str, str]]:
    """Roles of the tenant by name."""
    return [(str(role.id), role.name) for role in Role.objects.order_by("-is_admin", "name")]


def team_choices() -> list[tuple[str, str]]:
    """Teams of the tenant, each under its parent."""
    return [(str(node.team.id), "\u2003" * node.depth + node.team.name) for node in team_tree()]


def _user_values(member: Membership) -> dict[str, Any]:
    further = list(TeamMember.objects.filter(membership=member))
    return {
        **{name: getattr(member, name) for name in ("name", "title", "phone")},
        "role_id": str(member.role_id),
        "team_id": str(member.team_id or ""),
        "further": sorted(str(row.team_id) for row in further),
        "leads": sorted(str(row.team_id) for row in further if row.leads),
    }


def _team_values(team: Team) -> dict[str, Any]:
    return {"name": team.name, "parent_id": str(team.parent_id or "")}


def _posted(request: HttpRequest, like: dict[str, Any]) -> dict[str, Any]:
    """The posted fields of a refused form in the shape of `like`."""
    data = request.POST
    return {name: data.getlist(name) if isinstance(value, list) else data.get(name, "") for name, value in like.items()}


def _user_clash(request: HttpRequest, id: UUID) -> HttpResponse | None:
    member = Membership.objects.filter(id=id).first()
    if member is None:
        return None
    teams = team_choices()
    words = {
        "name": Word(_("Name")),
        "title": Word(_("Job title")),
        "phone": Word(_("Phone")),
        "role_id": Word(_("Role"), role_choices()),
        "team_id": Word(_("Team"), teams),
        "further": Word(_("Further teams"), teams),
        "leads": Word(_("Leads it"), teams),
    }
    now = state_of(_user_values(member))
    return settle(request, now=now, words=words, trace=("user", id), version=member.version)


def _team_clash(request: HttpRequest, id: UUID) -> HttpResponse | None:
    row = Team.objects.filter(id=id).first()
    if row is None:
        return None
    words = {"name": Word(_("Name")), "parent_id": Word(_("Parent team"), team_choices())}
    return settle(request, now=state_of(_team_values(row)), words=words, trace=("team", id), version=row.version)


def _save_user(request: HttpRequest, id: UUID) -> Membership:
    data = request.POST
    actor = actor_of(request)
    member = change_member(
        actor,
        member_id=id,
        version=version_or_none(data.get("version")),
        name=data.get("name", ""),
        title=data.get("title", ""),
        phone=data.get("phone", ""),
        role_id=uuid_or_none(data.get("role_id")),
        team_id=uuid_or_none(data.get("team_id")),
    )
    leads = set(data.getlist("leads"))
    chosen = {key for key in data.getlist("further") + list(leads) if key}
    further = {key: str(key) in leads for key in map(uuid_or_none, sorted(chosen)) if key and key != member.team_id}
    set_further_teams(actor, member_id=id, teams=further)
    return member


def _save_team(request: HttpRequest, id: UUID) -> Team:
    return change_team(
        actor_of(request),
        team_id=id,
        version=version_or_none(request.POST.get("version")),
        name=request.POST.get("name", ""),
        parent_id=uuid_or_none(request.POST.get("parent_id")),
    )
