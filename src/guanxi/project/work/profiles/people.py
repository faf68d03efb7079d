"""Rows that are people: users with their roles, teams below teams, a lead for each."""

import re
from typing import Any
from uuid import UUID

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Membership, Team
from guanxi.identity.services.members import create_user, root_team
from guanxi.identity.services.teams import create_team
from guanxi.project.work.profiles.profile import File, People
from guanxi.project.work.profiles.rows import Row
from guanxi.project.work.profiles.run import Run
from guanxi.science.names import sort_form


def import_people(run: Run, file: File, rows: list[Row]) -> None:
    """Each row as a user in the team of its lead; who is there already stays as is."""
    assert file.people is not None
    with tenant_tx(run.actor.tenant_id):
        for row in rows:
            if run.keys.find("user", row.key):
                run.ledger.skipped += 1
                continue
            try:
                team = _team(run, file.people, row)
                made = _user(run, row.key, row.cells[file.people.name], file.people.role, file.people.domain, team)
            except Invalid as refusal:
                run.ledger.refuse(file.file, row.line, refusal.message)
                continue
            run.ledger.created += made
            run.ledger.skipped += not made


def _team(run: Run, people: People, row: Row) -> UUID | None:
    """The team of the row's lead, made with its lead and the team above it when they are not there."""
    above = _team_called(run, row.cells[people.above], _root()) if people.above and row.cells[people.above] else _root()
    lead = row.cells[people.lead] if people.lead else ""
    if not lead:
        return above
    team = _team_called(run, people.team.format(lead=lead), above)
    if not run.keys.find("user", lead):
        _user(run, lead, lead, people.lead_role, people.domain, team)
    return team


def _root() -> UUID | None:
    root = root_team()
    return root.id if root else None


def _team_called(run: Run, name: str, parent: UUID | None) -> UUID:
    found = run.keys.find_living(run.actor, "team", name)
    if found is None:
        there: Any = Team.objects.filter(name=name).first()
        found = there.id if there else create_team(run.actor, name=name, parent_id=parent).id
        run.keys.add("team", [(name, found)])
    return found


def _user(run: Run, key: str, name: str, role: str, domain: str, team: UUID | None) -> bool:
    """Make a user, or recognise the one with this address; True when made. Without password: the person resets it."""
    email = f"{re.sub(r'[^a-z0-9]+', '.', sort_form(name)).strip('.')}@{domain}"
    known: Membership | None = Membership.objects.filter(user__email=email).first()
    member = known or create_user(run.actor, email=email, name=name, role_key=role, team=team)
    run.keys.add("user", [(key, member.id)])
    return known is None
