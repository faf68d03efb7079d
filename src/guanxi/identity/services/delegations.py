"""Standing in for an absent colleague: from a day to a day, to read or also to change what the colleague owns."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Company, Delegation, Membership
from guanxi.identity.validation import clean_text

MOST_DAYS = 366
MOST_OPEN = 20


def delegate(
    actor: Actor,
    *,
    absent_id: UUID | None,
    delegate_id: UUID | None,
    first_day: date | None,
    last_day: date | None,
    may_edit: bool = True,
    note: str = "",
) -> Delegation:
    """Let a colleague stand in for the actor, or (administrators only) for anybody. Raises `Invalid`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        absent = _member("absent", absent_id or actor.member_id)
        if absent.id != actor.member_id and not actor.is_admin:
            raise NotAllowed(_("Only administrators may do this for somebody else."))
        stand_in = _member("delegate", delegate_id)
        if stand_in.id == absent.id:
            raise Invalid({"delegate": [_("Choose somebody else to stand in.")]})
        first, last = _days(first_day, last_day)
        if Delegation.objects.filter(absent=absent, ended_at=None, ends_at__gt=timezone.now()).count() >= MOST_OPEN:
            raise Conflict(_("There are too many open delegations: end some of them."))
        zone = ZoneInfo(Company.objects.values_list("time_zone", flat=True).get())
        row = Delegation.objects.create(
            absent=absent,
            delegate=stand_in,
            first_day=first,
            last_day=last,
            begins_at=datetime.combine(first, time.min, zone),
            ends_at=datetime.combine(last + timedelta(days=1), time.min, zone),
            may_edit=may_edit,
            note=clean_text("note", note, max_length=200, required=False),
            created_by_id=actor.member_id,
        )
        detail = {
            "absent": str(absent.id), "delegate": str(stand_in.id), "from": str(first), "to": str(last), "may_edit": may_edit,
        }  # fmt: skip
        note_access(actor, "delegation.given", object_name="delegation", record_id=row.id, detail=detail)
    return row  # type: ignore[no-any-return]


def end_delegation(actor: Actor, delegation_id: UUID) -> None:
    """End it now: the absent person, who stands in, or an administrator may. Raises `NotFound`."""
    with tenant_tx(actor.tenant_id):
        row = next((one for one in delegations_of(actor) if one.id == delegation_id), None)
        if row is None:
            raise NotFound(_("There is no such delegation."))
        if row.ended_at is None:
            Delegation.objects.filter(id=row.id).update(ended_at=timezone.now())
            note_access(actor, "delegation.ended", object_name="delegation", record_id=row.id)


def delegations_of(actor: Actor) -> list[Any]:
    """Delegations that concern the actor, of everybody for an administrator: the current and coming ones, newest first."""
    rows = Delegation.objects.select_related("absent", "delegate").filter(ended_at=None, ends_at__gt=timezone.now())
    if not actor.is_admin:
        rows = rows.filter(absent_id=actor.member_id) | rows.filter(delegate_id=actor.member_id)
    return list(rows.order_by("-first_day", "-id")[:200])


def _member(field: str, key: UUID | None) -> Any:
    row = Membership.objects.filter(id=key, is_active=True).first() if key else None
    if row is None:
        raise Invalid({field: [_("Choose one of the list.")]})
    return row


def _days(first: date | None, last: date | None) -> tuple[date, date]:
    missing = {
        name: [_("Fill in this field.")] for name, day in (("first_day", first), ("last_day", last)) if day is None
    }
    if first is None or last is None:
        raise Invalid(missing)
    if last < first:
        raise Invalid({"last_day": [_("The last day is before the first.")]})
    if (last - first).days > MOST_DAYS:
        raise Invalid({"last_day": [_("At most %(count)d days.") % {"count": MOST_DAYS}]})
    if last < timezone.localdate() - timedelta(days=1):
        raise Invalid({"last_day": [_("This time is over.")]})
    return first, last
