"""The one gate to a customer: whoever wants to reach one, from a quote to a campaign, passes here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from guanxi.activity.models import Channel, Direction, Interaction, Outreach, OutreachStatus, Suppression
from guanxi.activity.services.notify import notify
from guanxi.activity.services.own import clean_own, still_valid
from guanxi.activity.services.policy import Plan, address_of, refusal
from guanxi.activity.services.timeline import log_interaction
from guanxi.core.errors import Conflict, Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ConsentChannel, ConsentPurpose
from guanxi.customers.reach import email_norm
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.messaging.queries import message_by_id
from guanxi.messaging.services import queue_message
from guanxi.records.queries import get_record


def contact_customer(
    actor: Actor,
    *,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    channel: str = ConsentChannel.MAIL,
    purpose: str = ConsentPurpose.SERVICE,
    subject: str = "",
    body: str = "",
    address: str = "",
    cc: Sequence[str] = (),
    attachments: Sequence[UUID] = (),
    template: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    language: str | None = None,
    html: str | None = None,
    own: Mapping[str, Any] | None = None,
) -> Outreach:
    """Reach a customer, or refuse with the reason.

    Mail is handed to messaging and becomes a line of the timeline once it has left; for the other channels, whose
    rooms carry them out themselves, this is the permission and the count. `address` replaces the customer's own;
    `own` are the tenant's own fields of the line to come. Raises `Conflict` with the reason (consent, blocked address, frequency, quiet hours), `Invalid`, `NotFound`, `NotAllowed`.
    """
    with tenant_tx(actor.tenant_id):
        require(actor, "interaction", "create")
        plan = plan_contact(
            actor, account_id=account_id, contact_id=contact_id, channel=channel, purpose=purpose, address=address
        )
        outreach = _begin(actor, plan, subject=subject, object=object, record_id=record_id, own=own or {})
        if channel == ConsentChannel.MAIL:
            message = queue_message(
                actor,
                to=_written(plan, address),
                cc=cc,
                subject=subject,
                body=body,
                attachments=attachments,
                template=template,
                object=object,
                record_id=record_id,
                language=language,
                html=html,
            )
            Outreach.objects.filter(id=outreach.id).update(message_id=message.id)
            outreach.message_id = message.id
        return outreach


def plan_contact(
    actor: Actor, *, account_id: UUID | None, contact_id: UUID | None, channel: str, purpose: str, address: str = ""
) -> Plan:
    """The customer as far as the actor sees it, and where the channel would go. Raises `Invalid`, `NotFound`."""
    if channel not in ConsentChannel.values or purpose not in ConsentPurpose.values:
        wrong = "channel" if channel not in ConsentChannel.values else "purpose"
        raise Invalid(
            {
                wrong: [
                    _("“%(value)s” is not one of the choices.")
                    % {"value": (channel if wrong == "channel" else purpose)[:60]}
                ]
            }
        )
    if account_id is None and contact_id is None:
        raise Invalid({"account": [_("Name an account or a contact.")]})
    contact: Any = get_record(actor, "contact", contact_id) if contact_id else None
    if account_id is None and contact is not None:
        account_id = contact.account_id
    account: Any = get_record(actor, "account", account_id) if account_id else None
    own = email_norm(address) if channel == ConsentChannel.MAIL else address.strip()
    return Plan(account, contact, purpose, channel, own or address_of(channel, contact, account))


def may_contact(
    actor: Actor,
    *,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    channel: str,
    purpose: str,
    address: str = "",
) -> str:
    """Ask first: the reason why not, or ""."""
    with tenant_tx(actor.tenant_id):
        return refusal(
            plan_contact(
                actor, account_id=account_id, contact_id=contact_id, channel=channel, purpose=purpose, address=address
            )
        )


def suppress_address(actor: Actor, *, channel: str, address: str, reason: str) -> Suppression:
    """Never use this address again. Twice the same is once."""
    with tenant_tx(actor.tenant_id):
        norm = email_norm(address) if channel == ConsentChannel.MAIL else address.strip()
        row, _created = Suppression.objects.get_or_create(
            channel=channel, address=norm, defaults={"reason": reason[:200]}
        )
        found: Suppression = row
        return found


def file_sent_message(message_id: UUID) -> Interaction | None:
    """A message left: its outreach is done and the timeline gets its line. Messages of other origin are left alone."""
    outreach = Outreach.objects.select_for_update().filter(message_id=message_id).first()
    message = message_by_id(message_id)
    if outreach is None or message is None or outreach.status == OutreachStatus.SENT:
        return None
    Outreach.objects.filter(id=outreach.id).update(status=OutreachStatus.SENT)
    writer = Actor.system(outreach.tenant_id, member_id=outreach.member_id)
    line = log_interaction(
        writer,
        channel=Channel.MAIL,
        direction=Direction.OUT,
        account_id=outreach.account_id,
        contact_id=outreach.contact_id,
        object=outreach.object,
        record_id=outreach.record_id,
        subject=message.subject,
        body=message.text,
        participants=[*message.to, *message.cc],
        own=still_valid(writer, "interaction", outreach.own),
    )
    line.file_ids = list(message.attachments)
    line.save(update_fields=["file_ids"])
    return line


def note_failed_message(message_id: UUID, *, error: str, bounced: bool) -> None:
    """A message was given up: its outreach does not count; an address that refused is blocked; who wrote it is told."""
    outreach = Outreach.objects.filter(message_id=message_id).first()
    if outreach is None or outreach.status == OutreachStatus.FAILED:
        return
    Outreach.objects.filter(id=outreach.id).update(status=OutreachStatus.FAILED)
    if bounced and outreach.address:
        system = Actor.system(outreach.tenant_id)
        suppress_address(system, channel=outreach.channel, address=outreach.address, reason=error or "bounced")
    if outreach.member_id:
        args = {"what": outreach.subject, "whom": outreach.address}
        message = gettext_noop("Your mail “%(what)s” did not reach %(whom)s")
        notify([outreach.member_id], kind="mail_failed", message=message, args=args, url=f"/mailbox/{message_id}/")


def _begin(
    actor: Actor, plan: Plan, *, subject: str, object: str, record_id: UUID | None, own: Mapping[str, Any]
) -> Outreach:
    """What is about to be sent, unless there is a reason not to. Raises `Conflict` with it, `Invalid`."""
    reason = refusal(plan)
    if reason:
        raise Conflict(reason)
    outreach: Outreach = Outreach.objects.create(
        account=plan.account,
        contact=plan.contact,
        purpose=plan.purpose,
        channel=plan.channel,
        address=plan.address,
        # What cannot be stored messaging refuses in a moment, with its reason.
        subject=subject.replace("\x00", "")[:300],
        object=object,
        record_id=record_id,
        member_id=actor.member_id,
        own=clean_own(actor, "interaction", own),
    )
    return outreach


def _written(plan: Plan, address: str) -> str:
    """The mail address as it was typed: some servers tell upper case from lower case."""
    if address.strip():
        return address.strip()
    for record in (plan.contact, plan.account):
        if record is not None and record.email and email_norm(record.email) == plan.address:
            return str(record.email)
    return plan.address
