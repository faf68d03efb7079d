"""Sending what is due: read and drawn in the name of each recipient, with the rights that hold now, and handed to messaging.

The definition is that of who subscribed, who has to be able to open it still; the rows and fields are those of the recipient.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, NotFound, Refused
from guanxi.core.events import publish
from guanxi.core.files import delete_file, store_file
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.queries import actor_of_user
from guanxi.records.events import ReportNotSent
from guanxi.records.models import ReportDelivery, ReportSubscription, SubscriptionRecipient
from guanxi.records.ports import REPORT_MAIL
from guanxi.records.reports.exporting import file_of, read_part, read_parts, reason_of
from guanxi.records.reports.printing.document import Part
from guanxi.records.reports.running import JOB_SECONDS
from guanxi.records.reports.saved import find_dashboard, find_report
from guanxi.records.reports.subscriptions.schedule import next_after

FILES_KEPT = timedelta(days=30)
DELIVERIES_KEPT = timedelta(days=180)


def send_due() -> int:
    """Order what is due of the running tenant and plan the next; what was missed comes once. Returns how many."""
    now = timezone.now()
    due = SubscriptionRecipient.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        next_at__lte=now, stopped_at=None, subscription__is_active=True
    )
    found = list(due.select_related("subscription", "member__user").order_by("next_at", "id"))
    for one in found:
        order_delivery(one.subscription, one.member, one.next_at)
        row = one.subscription
        one.next_at = next_after(row.rhythm, row.day, row.at, one.member.user.time_zone, now)
    SubscriptionRecipient.objects.bulk_update(found, ["next_at"])
    return len(found)


def send_now(actor: Actor, row: ReportSubscription) -> None:
    """Send it to the actor alone, at once, to see what it is like. Raises `NotFound` when the actor does not get it."""
    with tenant_tx(actor.tenant_id):
        member = Membership.objects.filter(id=actor.member_id).first()
        if member is None or not SubscriptionRecipient.objects.filter(subscription=row, member=member).exists():
            raise NotFound(_("You do not get this report."))
        order_delivery(row, member, timezone.now())


def order_delivery(row: ReportSubscription, member: Membership, due_at: Any) -> None:
    """Have a job send it to somebody, once for each `due_at`."""
    delivery, made = ReportDelivery.objects.get_or_create(subscription=row, member=member, due_at=due_at)
    if made:
        enqueue(deliver_report, row.tenant_id, serial_key=f"reports-{row.tenant_id}", delivery_id=delivery.id)


@job(name="records.deliver_report", queue="reports", in_transaction=False, retries=3)
def deliver_report(tenant_id: UUID, delivery_id: UUID) -> None:
    """Read, draw and mail one report to one person; what is wrong is written down and told to who subscribed."""
    with tenant_tx(tenant_id):
        delivery = ReportDelivery.objects.select_for_update().filter(id=delivery_id, state="waiting").first()
        if delivery is None:
            return
        row = delivery.subscription
        try:
            with tenant_tx(tenant_id):
                _send(row, delivery)
            delivery.state = "sent"
        except Refused as refusal:
            delivery.state, delivery.error = "failed", reason_of(refusal)
            publish(ReportNotSent(subscription_id=row.id, name=row.name, error=delivery.error), member_id=row.owner_id)
        delivery.save()


def forget_deliveries() -> None:
    """Drop the files of old mails, and what is older than half a year."""
    now = timezone.now()
    old = ReportDelivery.objects.filter(created_at__lt=now - FILES_KEPT).exclude(file_ids=[])
    for delivery in old:
        for key in delivery.file_ids:
            _drop(UUID(key))
        delivery.file_ids = []
        delivery.save(update_fields=["file_ids"])
    ReportDelivery.objects.filter(created_at__lt=now - DELIVERIES_KEPT).delete()


def _drop(key: UUID) -> None:
    try:
        delete_file(key)
    except NotFound:
        return


def _send(row: ReportSubscription, delivery: ReportDelivery) -> None:
    owner, reader = _actor(row.owner_id), _actor(delivery.member_id)
    if owner is None:
        raise Conflict(_("Who subscribed may not sign in any more."))
    if reader is None:
        raise Conflict(_("The recipient may not sign in any more."))
    with translation.override(reader.language), timezone.override(reader.time_zone):
        parts = _parts(owner, reader, row)
        if not any(part.found for part in parts):
            raise Conflict(next((part.error for part in parts if part.error), _("Nothing of it is shown to the recipient.")))  # fmt: skip
        files = [_file(reader, row, form, parts) for form in row.forms]
        delivery.file_ids = [str(key) for key in files]
        delivery.message_id = _mailer().send(
            reader, subject=_subject(row), paragraphs=_paragraphs(row, owner, reader), links=_links(row), files=files
        )


def _mailer() -> Any:
    found = next(iter(REPORT_MAIL), None)
    if found is None:
        raise Conflict(_("No mail can be sent."))
    return found


def _actor(member_id: UUID) -> Actor | None:
    member = Membership.objects.filter(id=member_id).values_list("tenant_id", "user_id").first()
    return actor_of_user(*member, via="job") if member else None


def _parts(owner: Actor, reader: Actor, row: ReportSubscription) -> list[Part]:
    """The reports with the reader's rights, as who subscribed may open them. Raises what keeps a single one from being read."""
    if row.kind == "dashboard":
        board = find_dashboard(owner, row.key)
        return read_parts(reader, board, row.given, row.forms, seconds=JOB_SECONDS, finder=owner)
    found = find_report(owner, row.key)
    return [read_part(reader, found.name, found.read, row.given, row.forms, seconds=JOB_SECONDS)]


def _file(reader: Actor, row: ReportSubscription, form: str, parts: Sequence[Part]) -> UUID:
    made = file_of(reader, row.name, form, parts)
    return store_file(name=made.name, content=made.content, member_id=reader.member_id).id


def _subject(row: ReportSubscription) -> str:
    return f"{row.name} – {formats.day(timezone.now())}"


def _paragraphs(row: ReportSubscription, owner: Actor, reader: Actor) -> list[str]:
    told = {"name": row.name, "time": formats.moment(timezone.now())}
    lines = [_("“%(name)s” is attached, with what your rights show, read at %(time)s.") % told, row.note]
    if owner.member_id != reader.member_id:
        lines.append(_("%(name)s ordered this for you.") % {"name": owner.name})
    return [line for line in lines if line]


def _links(row: ReportSubscription) -> list[tuple[str, str]]:
    base = settings.ORIGIN.rstrip("/")
    place = "reports" if row.kind == "report" else "dashboards"
    own = f"{base}/report-subscriptions/{row.id}/"
    return [(_("Open it"), f"{base}/{place}/{row.key}/"), (_("Change or stop this subscription"), own)]
