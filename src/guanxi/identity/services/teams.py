"""The tree of teams."""

from uuid import UUID

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Company, Team
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import clean_text


def create_team(actor: Actor, *, name: str, parent_id: UUID | None = None) -> Team:
    """A new team under `parent_id` (None: at the top). Administrators only; raises `Invalid`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        team: Team = Team.objects.create(name=_clean_name(name), parent=_parent(parent_id, None))
        note_access(actor, "team.created", object_name="team", record_id=team.id, detail={"name": team.name})
    return team


def change_team(
    actor: Actor, *, team_id: UUID, name: str, parent_id: UUID | None = None, version: int | None = None
) -> Team:
    """Rename or move a team; it cannot become a part of itself (`Invalid`)."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        # Two moves at once could close a circle that neither sees.
        list(Company.objects.select_for_update())
        team = locked(Team, team_id, version)
        parent = _parent(parent_id, team)
        values = {"name": _clean_name(name, team), "parent_id": parent.id if parent else None}
        before = save_changes(team, values)
        detail = differences(before, values)
        if detail:
            note_access(actor, "team.changed", object_name="team", record_id=team.id, detail=detail)
    return team


def delete_team(actor: Actor, *, team_id: UUID, version: int | None = None) -> None:
    """Delete a team that nobody and nothing belongs to; else `Conflict`."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        team = locked(Team, team_id, version)
        note_access(actor, "team.deleted", object_name="team", record_id=team.id, detail={"name": team.name})
        try:
            team.delete()
        except ProtectedError:
            raise Conflict(_("People, teams or records still belong to this team.")) from None


def _clean_name(name: str, team: Team | None = None) -> str:
    name = clean_text("name", name, max_length=120)
    if Team.objects.filter(name=name).exclude(id=team.id if team else None).exists():
        raise Invalid({"name": [_("There is a team of this name.")]})
    return name


def _parent(parent_id: UUID | None, team: Team | None) -> Team | None:
    if parent_id is None:
        return None
    parents: dict[UUID, Team] = {row.id: row for row in Team.objects.all()}
    if parent_id not in parents:
        raise Invalid({"parent": [_("Choose one of the list.")]})
    above: UUID | None = parent_id
    while team is not None and above is not None:
        if above == team.id:
            raise Invalid({"parent": [_("A team cannot be a part of itself.")]})
        above = parents[above].parent_id
    return parents[parent_id]
