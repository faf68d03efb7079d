"""Users, invitations, teams and roles: read by whoever may see people, changed by administrators."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import Invitation, Role, Team
from guanxi.identity.permissions import require, require_admin
from guanxi.identity.services import (
    change_member,
    change_role,
    change_team,
    create_role,
    create_team,
    deactivate_member,
    delete_role,
    delete_team,
    invite_person,
    reactivate_member,
    resend_invitation,
    revoke_invitation,
    set_further_teams,
)
from guanxi.identity.services.roles import MOST_ROWS
from guanxi.records.api.people import member_row, members_with_teams, team_row, teams_call, users_call
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    KEY,
    LINK,
    MATRIX,
    MOMENT,
    TEXT,
    WHOLE,
    YES_NO,
    key_in,
    link,
    moment,
    one_of,
    or_null,
    words,
)

# How many rows a role exports in 24 hours; 0 is as many as it likes.
ROWS = {"type": "integer", "minimum": 0, "maximum": MOST_ROWS}
_PLACES = {"role_id": "role", "team_id": "team", "parent_id": "parent"}


@contextmanager
def _named() -> Iterator[None]:
    """Messages of the services point at the members of the API's body."""
    try:
        yield
    except Invalid as error:
        raise Invalid({_PLACES.get(name, name): texts for name, texts in error.errors.items()}) from error


def _found(row: Any) -> Any:
    if row is None:
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    return row


def _user(actor: Actor, key: UUID) -> Row:
    require(actor, "user", "view")
    return member_row(_found(members_with_teams().filter(id=key).first()))


def _change_user(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    known = {name: values[name] for name in ("name", "title", "phone") if name in values}
    known |= {f"{name}_id": key_in(values, name) for name in ("role", "team") if name in values}
    with _named():
        change_member(actor, member_id=key, version=version, **known)
        if "further_teams" in values:
            teams = {_team_in(row): bool(row.get("leads")) for row in values["further_teams"]}
            set_further_teams(actor, member_id=key, teams=teams)


def _team_in(row: Mapping[str, Any]) -> UUID:
    try:
        return UUID(row["team"])
    except ValueError:
        raise Invalid({"further_teams": [_("Choose one of the list.")]}) from None


_MEMBERSHIP = {
    "type": "object",
    "required": ["team"],
    "additionalProperties": False,
    "properties": {"team": KEY, "leads": YES_NO},
}
USERS = Resource(
    name="users",
    schema="User",
    label=gettext_lazy("Users"),
    versioned=True,
    list_call=users_call,
    get=_user,
    read={
        "version": WHOLE, "name": TEXT, "email": TEXT, "title": TEXT, "phone": TEXT, "role": LINK, "team": or_null(LINK),
        "is_active": YES_NO, "further_teams": {"type": "array", "items": {"type": "object"}},
    },
    write={
        "name": words(120), "title": words(120), "phone": words(40), "role": KEY, "team": or_null(KEY),
        "further_teams": {"type": "array", "maxItems": 100, "items": _MEMBERSHIP},
    },
    update=_change_user,
    actions={
        "deactivate": Action(
            gettext_lazy("Deactivate"), lambda actor, key, version: deactivate_member(actor, member_id=key, version=version)
        ),
        "reactivate": Action(
            gettext_lazy("Give access again"),
            lambda actor, key, version: reactivate_member(actor, member_id=key, version=version),
        ),
    },
)  # fmt: skip


def _state(row: Invitation) -> str:
    if row.accepted_at is not None:
        return "accepted"
    return "revoked" if row.revoked_at else "expired" if row.expires_at < timezone.now() else "open"


def _invitation_row(row: Invitation) -> Row:
    return {
        "id": str(row.id),
        "email": row.email,
        "name": row.name,
        "role": link(row.role_id, row.role.name),
        "team": link(row.team_id, row.team.name if row.team else ""),
        "state": _state(row),
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
    }


def _invitations(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_invitation_row(row) for row in Invitation.objects.select_related("role", "team").order_by("-id")[:500]]


def _invitation(actor: Actor, key: UUID) -> Row:
    require_admin(actor)
    return _invitation_row(_found(Invitation.objects.select_related("role", "team").filter(id=key).first()))


def _invite(actor: Actor, values: Values) -> tuple[UUID, Row]:
    with _named():
        role = key_in(values, "role")
        assert role is not None
        made = invite_person(
            actor, email=values["email"], role_id=role, name=values.get("name") or "", team_id=key_in(values, "team")
        )
    return made.invitation.id, {"link": made.link}


INVITATIONS = Resource(
    name="invitations",
    schema="Invitation",
    label=gettext_lazy("Invitations"),
    rows=_invitations,
    get=_invitation,
    read={
        "email": TEXT, "name": TEXT, "role": LINK, "team": or_null(LINK), "created_at": MOMENT, "expires_at": MOMENT,
        "state": one_of("open", "accepted", "revoked", "expired"), "link": TEXT,
    },
    write={"email": words(254), "name": words(120), "role": KEY, "team": or_null(KEY)},
    required=("email", "role"),
    create=_invite,
    delete=lambda actor, key, _version: revoke_invitation(actor, invitation_id=key),
    actions={
        "resend": Action(
            gettext_lazy("Send again"), lambda actor, key, _version: resend_invitation(actor, invitation_id=key)
        )
    },
)  # fmt: skip


def _team(actor: Actor, key: UUID) -> Row:
    require(actor, "team", "view")
    return team_row(_found(Team.objects.select_related("parent").filter(id=key).first()))


def _make_team(actor: Actor, values: Values) -> tuple[UUID, Row]:
    with _named():
        return create_team(actor, name=values["name"], parent_id=key_in(values, "parent")).id, {}


def _change_team(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    require_admin(actor)
    row = _found(Team.objects.filter(id=key).first())
    parent = key_in(values, "parent") if "parent" in values else row.parent_id
    with _named():
        change_team(actor, team_id=key, name=values.get("name", row.name), parent_id=parent, version=version)


TEAMS = Resource(
    name="teams",
    schema="Team",
    label=gettext_lazy("Teams"),
    versioned=True,
    list_call=teams_call,
    get=_team,
    read={"version": WHOLE, "name": TEXT, "parent": or_null(LINK)},
    write={"name": words(120), "parent": or_null(KEY)},
    required=("name",),
    create=_make_team,
    update=_change_team,
    delete=lambda actor, key, version: delete_team(actor, team_id=key, version=version),
)


def _role_row(row: Role) -> Row:
    return {
        "id": str(row.id),
        "version": row.version,
        "key": row.key,
        "name": row.name,
        "is_admin": row.is_admin,
        "grants": row.grants,
        "field_access": row.field_access,
        "export_rows": row.export_rows,
    }


def _roles(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return [_role_row(row) for row in Role.objects.order_by("-is_admin", "name")]


def _role(actor: Actor, key: UUID) -> Row:
    require_admin(actor)
    return _role_row(_found(Role.objects.filter(id=key).first()))


def _make_role(actor: Actor, values: Values) -> tuple[UUID, Row]:
    role = create_role(actor, name=values["name"], copy_of=key_in(values, "copy_of"))
    rights = {name: values[name] for name in ("grants", "field_access", "export_rows") if values.get(name) is not None}
    if rights:
        change_role(actor, role_id=role.id, **rights)
    return role.id, {}


def _change_role(actor: Actor, key: UUID, values: Values, version: int | None) -> None:
    known = {name: values[name] for name in ("name", "grants", "field_access", "export_rows") if name in values}
    change_role(actor, role_id=key, version=version, **known)


ROLES = Resource(
    name="roles",
    schema="Role",
    label=gettext_lazy("Roles and fields"),
    versioned=True,
    rows=_roles,
    get=_role,
    read={"version": WHOLE, "key": TEXT, "name": TEXT, "is_admin": YES_NO, "grants": MATRIX, "field_access": MATRIX,
          "export_rows": WHOLE},
    write={"name": words(120), "grants": MATRIX, "field_access": MATRIX, "export_rows": ROWS, "copy_of": or_null(KEY)},
    creating=("copy_of",),
    required=("name",),
    create=_make_role,
    update=_change_role,
    delete=lambda actor, key, version: delete_role(actor, role_id=key, version=version),
)  # fmt: skip
