"""What people set about reports by mail, and which of them they see: the own ones and those that they get."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.models import ReportDelivery, ReportSubscription, SubscriptionRecipient
from guanxi.records.reports.adjusting import within_of
from guanxi.records.reports.saved import find_dashboard, find_report
from guanxi.records.reports.subscriptions.schedule import RHYTHMS, next_after

KINDS = ("report", "dashboard")
FORMS = ("pdf", "xlsx")
GIVEN = ("within", "owner", "team")
MOST_RECIPIENTS = 100
MOST = 500


def list_subscriptions(actor: Actor) -> list[ReportSubscription]:
    """Those that the actor made or gets; all of them for an administrator."""
    return list(_readable(actor).order_by("name", "id")[:MOST])


def get_subscription(actor: Actor, key: UUID) -> ReportSubscription:
    """One of them. Raises `NotFound`."""
    found: ReportSubscription | None = _readable(actor).filter(id=key).first()
    if found is None:
        raise NotFound(_("There is no such subscription, or it is not yours."))
    return found


def may_change(actor: Actor, row: ReportSubscription) -> bool:
    """Who made it, and administrators."""
    return actor.member_id is not None and (row.owner_id == actor.member_id or actor.is_admin)


def save_subscription(
    actor: Actor, values: Mapping[str, Any], *, subscription_id: UUID | None = None, version: int | None = None
) -> ReportSubscription:
    """A new subscription, or other values for one. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`.

    values: kind, key, forms, rhythm, day, at ("08:00"), recipients (members), note, within, owner, team.
    """
    with tenant_tx(actor.tenant_id):
        if actor.member_id is None:
            raise NotAllowed(_("Only people subscribe to reports."))
        row = _own(actor, subscription_id, version) if subscription_id else ReportSubscription(owner_id=actor.member_id)
        _fill(actor, row, values)
        members = _members(values.get("recipients"))
        row.save()
        _set_recipients(row, members)
        return row


def delete_subscription(actor: Actor, key: UUID, version: int | None = None) -> None:
    """End it for all. Raises `NotAllowed`, `NotFound`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        _own(actor, key, version).delete()


def set_active(actor: Actor, key: UUID, active: bool, version: int | None = None) -> None:
    """Pause it, or go on: then it comes at its next time, not for those that were missed. Raises as `delete_subscription`."""
    with tenant_tx(actor.tenant_id):
        row = _own(actor, key, version)
        row.is_active = active
        row.save()
        _plan(row, list(SubscriptionRecipient.objects.filter(subscription=row).select_related("member__user")))


def unsubscribe(actor: Actor, key: UUID, *, back: bool = False) -> None:
    """No longer get it oneself, or (`back`) get it again. Raises `NotFound`."""
    with tenant_tx(actor.tenant_id):
        row = get_subscription(actor, key)
        found = SubscriptionRecipient.objects.select_related("member__user").filter(subscription=row, member_id=actor.member_id).first()  # fmt: skip
        if found is None:
            raise NotFound(_("You do not get this report."))
        found.stopped_at = None if back else timezone.now()
        found.save(update_fields=["stopped_at"])
        _plan(row, [found])


def recipients_of(rows: Sequence[ReportSubscription]) -> dict[UUID, list[SubscriptionRecipient]]:
    """Who gets each of them, by name."""
    found: dict[UUID, list[SubscriptionRecipient]] = {row.id: [] for row in rows}
    chosen = SubscriptionRecipient.objects.filter(subscription__in=list(found)).select_related("member")
    for one in chosen.order_by("member__name", "id"):
        found[one.subscription_id].append(one)
    return found


def deliveries_of(actor: Actor, row: ReportSubscription, limit: int = 50) -> list[ReportDelivery]:
    """What was sent, newest first: all for who made it, the own for others."""
    rows = ReportDelivery.objects.filter(subscription=row).select_related("member")
    if not may_change(actor, row):
        rows = rows.filter(member_id=actor.member_id)
    return list(rows.order_by("-created_at", "-id")[:limit])


def _readable(actor: Actor) -> Any:
    if actor.member_id is None:
        return ReportSubscription.objects.none()
    if actor.is_admin:
        return ReportSubscription.objects.all()
    mine = SubscriptionRecipient.objects.filter(member_id=actor.member_id).values("subscription_id")
    return ReportSubscription.objects.filter(Q(owner_id=actor.member_id) | Q(id__in=mine))


def _own(actor: Actor, key: UUID, version: int | None) -> ReportSubscription:
    get_subscription(actor, key)
    row: ReportSubscription = ReportSubscription.objects.select_for_update().get(id=key)
    if not may_change(actor, row):
        raise NotAllowed(_("Only who made it may change it. You may stop it for yourself."))
    if version is not None and version != row.version:
        raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=row.version, current={})
    row.version += 1
    return row


def _fill(actor: Actor, row: ReportSubscription, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {}
    row.kind, row.key = str(values.get("kind") or row.kind), str(values.get("key") or row.key)
    if row.kind not in KINDS:
        errors["kind"] = [_("Choose one of the list.")]
    else:
        row.name = _name(actor, row)
    row.forms = [form for form in FORMS if form in (values.get("forms") or ())]
    if not row.forms:
        errors["forms"] = [_("Choose at least one form.")]
    row.rhythm = str(values.get("rhythm") or "")
    if row.rhythm not in RHYTHMS:
        errors["rhythm"] = [_("Choose one of the list.")]
    row.day = _day(row.rhythm, values.get("day"), errors)
    row.at = _time(values.get("at"), errors)
    row.note = str(values.get("note") or "").strip()
    if len(row.note) > 500 or any(ord(mark) < 32 and mark not in "\r\n\t" for mark in row.note):
        errors["note"] = [_("Use at most %(count)d characters.") % {"count": 500}]
    row.given = _given(values, errors)
    if errors:
        raise Invalid(errors)


def _name(actor: Actor, row: ReportSubscription) -> str:
    """What the report is called; who changes another's subscription need not see the report itself."""
    try:
        return (find_report(actor, row.key) if row.kind == "report" else find_dashboard(actor, row.key)).name[:120]
    except Refused:
        if row.owner_id == actor.member_id:
            raise
        return row.name


def _day(rhythm: str, given: Any, errors: dict[str, list[str]]) -> int:
    most = {"weekly": 7, "monthly": 31}.get(rhythm)
    if most is None:
        return 1
    text = str(given if given not in (None, "") else 1)
    if not (text.isascii() and text.isdecimal() and len(text) < 3 and 1 <= int(text) <= most):
        errors["day"] = [_("A whole number from 1 to %(most)d is expected.") % {"most": most}]
        return 1
    return int(text)


def _time(given: Any, errors: dict[str, list[str]]) -> time:
    try:
        made = time.fromisoformat(str(given or "")[:8])
    except ValueError:
        made = None
    if made is None or made.tzinfo is not None:
        errors["at"] = [_("Give a time such as 08:30.")]
        return time(8)
    return made.replace(second=0, microsecond=0)


def _given(values: Mapping[str, Any], errors: dict[str, list[str]]) -> dict[str, str]:
    given = {name: str(values[name]) for name in GIVEN if values.get(name)}
    try:
        if "within" in given:
            within_of(given["within"])
    except Invalid:
        errors["within"] = [_("Choose one of the list.")]
    for name in ("owner", "team"):
        if name in given and _key(given[name]) is None:
            errors[name] = [_("Choose one of the list.")]
    return given


def _key(text: Any) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


def _members(given: Any) -> list[Membership]:
    """The people of the company whom the keys name."""
    keys = [_key(one) for one in given] if isinstance(given, list | tuple) else []
    found = list(Membership.objects.filter(id__in=[key for key in keys if key], is_active=True).select_related("user"))
    if not keys or None in keys or len({*keys}) != len(found):
        raise Invalid({"recipients": [_("Choose who gets it.")]})
    if len(found) > MOST_RECIPIENTS:
        raise Invalid({"recipients": [_("A list of at most %(count)d is expected.") % {"count": MOST_RECIPIENTS}]})
    return found


def _set_recipients(row: ReportSubscription, members: Sequence[Membership]) -> None:
    kept = {one.member_id: one for one in SubscriptionRecipient.objects.filter(subscription=row).select_related("member__user")}  # fmt: skip
    SubscriptionRecipient.objects.filter(subscription=row).exclude(member__in=members).delete()
    found = [kept.get(member.id) or SubscriptionRecipient(subscription=row, member=member) for member in members]
    SubscriptionRecipient.objects.bulk_create([one for one in found if one.member_id not in kept])
    _plan(row, found)


def _plan(row: ReportSubscription, recipients: Sequence[SubscriptionRecipient]) -> None:
    """When each of them gets it next; nobody while it is paused, and not who has stopped it."""
    now = timezone.now()
    for one in recipients:
        comes = row.is_active and one.stopped_at is None
        one.next_at = next_after(row.rhythm, row.day, row.at, one.member.user.time_zone, now) if comes else None
    SubscriptionRecipient.objects.bulk_update(recipients, ["next_at"])
