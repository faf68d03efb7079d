"""What belongs to the caller: preferences and access tokens."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import ApiToken, Membership
from guanxi.identity.services import change_profile, revoke_token
from guanxi.identity.services.profile import DENSITIES, THEMES
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    LINK,
    MOMENT,
    TEXT,
    TEXTS,
    YES_NO,
    link,
    moment,
    one_of,
    or_null,
    words,
)

SHOWN = 200


def _preferences(actor: Actor, _key: Any) -> Row:
    for_the_person(actor)
    member = Membership.objects.select_related("user").get(id=actor.member_id)
    of_user = ("name", "language", "time_zone", "theme", "density", "single_keys", "red_is_up")
    own = {name: getattr(member.user, name) for name in of_user}
    return {"id": str(member.id), **own, "title": member.title, "phone": member.phone}


def _change_preferences(actor: Actor, _key: Any, values: Values, _version: int | None) -> None:
    for_the_person(actor)
    change_profile(actor, values=values)


def for_the_person(actor: Actor) -> None:
    """A narrowed token reads and changes nothing of the person behind it."""
    if actor.token_scopes is not None and "*" not in actor.token_scopes:
        raise NotAllowed(_("Your role does not permit this."))


_OWN = {
    "name": words(120), "title": words(120), "phone": words(40), "language": one_of("en", "zh-hans"), "time_zone": words(60),
    "theme": one_of(*THEMES), "density": one_of(*DENSITIES), "single_keys": YES_NO, "red_is_up": YES_NO,
}  # fmt: skip
PREFERENCES = Resource(
    name="preferences",
    schema="Preferences",
    label=gettext_lazy("Profile and preferences of one's own"),
    single=True,
    get=_preferences,
    read=_OWN,
    write=_OWN,
    update=_change_preferences,
)


def _token_row(row: ApiToken) -> Row:
    return {
        "id": str(row.id),
        "name": row.name,
        "user": link(row.membership_id, row.membership.name),
        "scopes": row.scopes,
        "created_at": moment(row.created_at),
        "expires_at": moment(row.expires_at),
        "last_used_at": moment(row.last_used_at),
    }


def _tokens(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    """As on the page: the own ones, an administrator sees all."""
    for_the_person(actor)
    rows = ApiToken.objects.filter(revoked_at=None).select_related("membership").order_by("-id")
    return [_token_row(row) for row in (rows if actor.is_admin else rows.filter(membership_id=actor.member_id))[:SHOWN]]


def _token(actor: Actor, key: UUID) -> Row:
    found = next((row for row in _tokens(actor, {}) if row["id"] == str(key)), None)
    if found is None:
        raise NotFound(_("There is no such token."))
    return found


def _end_token(actor: Actor, key: UUID, _version: int | None) -> None:
    for_the_person(actor)
    revoke_token(actor, token_id=key)


TOKENS = Resource(
    name="access-tokens",
    schema="AccessToken",
    label=gettext_lazy("Access tokens"),
    rows=_tokens,
    get=_token,
    read={
        "name": TEXT, "user": LINK, "scopes": TEXTS, "created_at": MOMENT, "expires_at": or_null(MOMENT),
        "last_used_at": or_null(MOMENT),
    },
    delete=_end_token,
)  # fmt: skip
