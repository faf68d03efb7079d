"""Who saw what, and what else changed no record: revealed fields, exports, sign-ins, settings. For administrators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin

PAGE = 100
# What stands behind the words of the screen: actions by the beginning of their names.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "reveal": ("reveal",),
    "export": ("export", "download"),
    "sharing": ("share.", "sharing_rule.", "delegation.", "sign_in_as."),
    "settings": ("company.", "role.", "team.", "user.", "invitation.", "token.", "settings"),
    "sign_in": ("sign-in", "sign_in.", "sign-out"),
}


@dataclass(frozen=True)
class Seen:
    """One entry: when, who (and as whom), what, of which record."""

    id: UUID
    at: datetime
    who: str
    action: str
    object: str
    record_id: UUID | None
    detail: Mapping[str, Any]
    origin: str
    signed_in_as: str = ""


def read_access_log(
    actor: Actor,
    *,
    group: str = "",
    member_id: UUID | None = None,
    object_name: str = "",
    record_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
    before: UUID | None = None,
) -> tuple[Sequence[Seen], UUID | None]:
    """A page of the log, newest first, and where the next one goes on. Raises `Invalid` for an unknown group, `NotAllowed`."""
    require_admin(actor)
    rows = AccessEntry.objects.order_by("-id")
    if group:
        rows = _of_group(rows, group)
    if member_id:
        rows = rows.filter(member_id=member_id)
    if object_name:
        rows = rows.filter(object=object_name)
    if record_id:
        rows = rows.filter(record_id=record_id)
    zone = ZoneInfo(actor.time_zone)
    if since:
        rows = rows.filter(at__gte=datetime.combine(since, time.min, zone))
    if until:
        rows = rows.filter(at__lt=datetime.combine(until + timedelta(days=1), time.min, zone))
    if before:
        rows = rows.filter(id__lt=before)
    found = list(rows[: PAGE + 1])
    return _seen(found[:PAGE]), found[PAGE - 1].id if len(found) > PAGE else None


def _of_group(rows: Any, group: str) -> Any:
    if group not in GROUPS:
        raise Invalid({"group": [_("Choose one of the list.")]})
    wanted = AccessEntry.objects.none()
    for start in GROUPS[group]:
        wanted = wanted | rows.filter(action__startswith=start)
    return wanted.order_by("-id")


def _seen(rows: Sequence[AccessEntry]) -> list[Seen]:
    acted = {row.id: str(row.detail.get("signed_in_as", "")) for row in rows}
    keys = {str(row.member_id) for row in rows if row.member_id} | {key for key in acted.values() if key}
    names = {str(key): name for key, name in Membership.objects.filter(id__in=keys).values_list("id", "name")}
    return [
        Seen(
            row.id, row.at, names.get(str(row.member_id), ""), row.action, row.object, row.record_id,
            {name: value for name, value in row.detail.items() if name != "signed_in_as"}, row.origin,
            names.get(acted[row.id], ""),
        )
        for row in rows
    ]  # fmt: skip


def group_words() -> dict[str, str]:
    """The groups in words."""
    return {
        "reveal": _("Protected fields shown"),
        "export": _("Exports and downloads"),
        "sharing": _("Sharing, standing in, signing in as"),
        "settings": _("Settings"),
        "sign_in": _("Sign-ins"),
    }


def action_words(action: str) -> str:
    """An entry's action as a sentence begins with it; what is unknown stays as it is."""
    known = {
        "reveal": _("looked at a protected field"),
        "export": _("exported"),
        "download": _("downloaded a file"),
        "share.given": _("shared a record"),
        "share.taken": _("ended a share"),
        "sharing_rule.created": _("made a sharing rule"),
        "sharing_rule.changed": _("changed a sharing rule"),
        "sharing_rule.deleted": _("ended a sharing rule"),
        "delegation.given": _("let somebody stand in"),
        "delegation.ended": _("ended standing in"),
        "sign_in_as.begun": _("signed in as a colleague"),
        "sign_in_as.ended": _("went back to the own account"),
        "sign-in": _("signed in"),
        "hold.placed": _("placed a legal hold"),
        "hold.ended": _("ended a legal hold"),
        "role.changed": _("changed a role"),
        "company.changed": _("changed the company's settings"),
    }
    return known.get(action, action)
