"""Consent: what a customer said, with its history."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.events import ConsentChanged
from guanxi.customers.models import Consent, ConsentChannel, ConsentPurpose, ConsentStatus
from guanxi.customers.services.subject import lock_subject, write_down
from guanxi.identity.actor import Actor


def set_consent(
    actor: Actor,
    *,
    purpose: str,
    channel: str,
    status: str,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    source: str = "",
    at: datetime | None = None,
) -> Consent:
    """Write down what the customer said; the statement before it is ended and stays as history.

    Saying the same again changes nothing and returns the row that holds. Raises `Invalid` for unknown words, a time in the
    future or before the statement that holds.
    """
    _check_words(purpose, channel, status)
    now = timezone.now()
    at = at or now
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=account_id, contact_id=contact_id)
        current: Consent | None = Consent.objects.filter(
            **subject.link, purpose=purpose, channel=channel, ended_at=None
        ).first()
        if current is not None and current.status == status:
            return current
        if at > now or (current is not None and at < current.at):
            raise Invalid({"at": [_("This time does not follow the statement before it.")]})
        if current is not None:
            Consent.objects.filter(id=current.id).update(ended_at=at)
        consent: Consent = Consent.objects.create(
            **subject.link,
            purpose=purpose,
            channel=channel,
            status=status,
            source=source[:200],
            at=at,
            member_id=actor.member_id,
        )
        write_down(actor, subject, f"consent.{purpose}.{channel}", current.status if current else None, status)
        publish(
            ConsentChanged(**subject.link, purpose=purpose, channel=channel, status=status), member_id=actor.member_id
        )
        return consent


def _check_words(purpose: str, channel: str, status: str) -> None:
    given = {
        "purpose": (purpose, ConsentPurpose),
        "channel": (channel, ConsentChannel),
        "status": (status, ConsentStatus),
    }
    wrong = {
        name: [_("“%(value)s” is not one of the choices.") % {"value": value[:60]}]
        for name, (value, known) in given.items()
        if value not in known.values
    }
    if wrong:
        raise Invalid(wrong)
