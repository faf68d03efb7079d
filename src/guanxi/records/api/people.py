"""Lists of users (members of the company) and teams, and who the caller is; one of them, and changes: settings/people.py."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import ACTIONS, require, scope_of
from guanxi.records import registry
from guanxi.records.api.calls import Call, answer, flag, number, query
from guanxi.records.api.problems import InvalidAt
from guanxi.records.lists import MAX_LIMIT

PARAMETERS = ("cursor", "limit", "count", "q")
Row = dict[str, Any]


def me_call(call: Call) -> HttpResponse:
    """GET /me: the caller, with the scope of each action on each object."""
    query(call.request, ())
    actor = call.actor
    kinds = [kind for kind in registry.objects() if kind.room not in actor.rooms_off]
    return answer(
        {
            "id": str(actor.member_id),
            "name": actor.name,
            "role": actor.role_key,
            "is_admin": actor.is_admin,
            "team": None if actor.team_id is None else str(actor.team_id),
            "company": str(actor.tenant_id),
            "language": actor.language,
            "time_zone": actor.time_zone,
            "currency": actor.currency,
            "scopes": None if actor.token_scopes is None else list(actor.token_scopes),
            "permissions": {
                kind.name: {action: scope_of(actor, kind.name, action) for action in ACTIONS} for kind in kinds
            },
        }
    )


def users_call(call: Call) -> HttpResponse:
    """GET /users: the members of the company by name."""
    require(call.actor, "user", "view")
    values = query(call.request, PARAMETERS)
    text = values.get("q", "").strip()[:100]
    members = members_with_teams()
    if text:
        members = members.filter(Q(name__icontains=text) | Q(user__email__icontains=text))
    return _page(values, members, member_row)


def teams_call(call: Call) -> HttpResponse:
    """GET /teams: the teams by name."""
    require(call.actor, "team", "view")
    values = query(call.request, PARAMETERS)
    teams = Team.objects.select_related("parent")
    text = values.get("q", "").strip()[:100]
    return _page(values, teams.filter(name__icontains=text) if text else teams, team_row)


def members_with_teams() -> "QuerySet[Membership, Membership]":
    """Users with what `member_row` reads of other tables."""
    found: QuerySet[Membership, Membership] = Membership.objects.select_related("user", "role", "team")
    return found.prefetch_related("further_teams__team")


def member_row(member: Membership) -> Row:
    """A user as the API answers it."""
    return {
        "id": str(member.id),
        "version": member.version,
        "name": member.name,
        "email": member.user.email,
        "title": member.title,
        "phone": member.phone,
        "role": {"id": str(member.role_id), "label": member.role.name},
        "team": None if member.team is None else {"id": str(member.team_id), "label": member.team.name},
        "is_active": member.is_active,
        "further_teams": [
            {"team": {"id": str(row.team_id), "label": row.team.name}, "leads": row.leads}
            for row in sorted(member.further_teams.all(), key=lambda row: row.team.name)
        ],
    }


def team_row(team: Team) -> Row:
    """A team as the API answers it."""
    parent = None if team.parent is None else {"id": str(team.parent_id), "label": team.parent.name}
    return {"id": str(team.id), "version": team.version, "name": team.name, "parent": parent}


def _page(values: dict[str, str], rows: "QuerySet[Any, Any]", show: Any) -> HttpResponse:
    limit = number(values, "limit", 50, MAX_LIMIT)
    after = _position(values.get("cursor", ""))
    shown = rows.filter(Q(name__gt=after[0]) | Q(name=after[0], id__gt=after[1])) if after else rows
    found = list(shown.order_by("name", "id")[: limit + 1])
    content: dict[str, Any] = {
        "data": [show(row) for row in found[:limit]],
        "next": next(_following(found, limit), None),
    }
    if flag(values, "count"):
        content |= {"count": rows.count(), "count_exact": True}
    return answer(content)


def _following(found: Sequence[Any], limit: int) -> Iterator[str]:
    if len(found) > limit:
        last = found[limit - 1]
        yield urlsafe_base64_encode(orjson.dumps([last.name, str(last.id)]))


def _position(cursor: str) -> tuple[str, UUID] | None:
    if not cursor:
        return None
    try:
        name, key = orjson.loads(urlsafe_base64_decode(cursor))
        if not isinstance(name, str) or "\x00" in name:
            raise ValueError
        return name, UUID(key)
    except (ValueError, TypeError, AttributeError):
        raise InvalidAt({"": [f"cursor: {_('The cursor does not belong to this list.')}"]}) from None
