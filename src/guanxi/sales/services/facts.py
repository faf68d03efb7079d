"""Facts of sales as lines of the customer's history: what was won, sent, ordered, delivered, paid.

The sentences name records by their codes only: amounts and reasons stand on the card, which asks the reader's rights.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_noop

from guanxi.activity.services import log_interaction
from guanxi.core.events import Delivery, Event
from guanxi.core.files import files_of
from guanxi.identity.actor import Actor
from guanxi.sales import events
from guanxi.sales.models import Lead, Opportunity, Order, Quote

# Sentence by event; those with two depend on whether nothing is left to deliver or to pay.
SENTENCES: Mapping[type[Event], tuple[str, ...]] = {
    events.LeadConverted: (gettext_noop("Lead %(code)s converted: %(name)s"),),
    events.OpportunityWon: (gettext_noop("Opportunity %(code)s won: %(name)s"),),
    events.OpportunityLost: (gettext_noop("Opportunity %(code)s lost: %(name)s"),),
    events.QuoteSent: (gettext_noop("Quote %(code)s sent"),),
    events.QuoteAccepted: (gettext_noop("Quote %(code)s accepted"),),
    events.QuoteDeclined: (gettext_noop("Quote %(code)s declined"),),
    events.OrderConfirmed: (gettext_noop("Order %(code)s confirmed"),),
    events.OrderDelivered: (gettext_noop("Order %(code)s partly delivered"), gettext_noop("Order %(code)s delivered")),
    events.OrderPaid: (gettext_noop("Order %(code)s partly paid"), gettext_noop("Order %(code)s paid")),
    events.OrderCancelled: (gettext_noop("Order %(code)s cancelled"),),
}
SUBJECTS: Mapping[str, type[Any]] = {"lead": Lead, "opportunity": Opportunity, "quote": Quote, "order": Order}


def file_fact(event: Event, delivery: Delivery) -> None:
    """Add the event's line to the timeline of its record, its account and its contact; repeated, nothing more happens.

    A record that went into the recycle bin meanwhile gets none. The line of a converted lead carries the lead's files.
    """
    name, key = _subject(event)
    record = SUBJECTS[name].objects.filter(id=key, deleted_at=None).select_related("account", "contact").first()
    if record is None:
        return
    line = log_interaction(
        Actor.system(delivery.tenant_id, member_id=delivery.member_id, team_id=record.team_id),
        channel="system",
        account_id=_living(record.account),
        contact_id=_living(record.contact),
        object=name,
        record_id=record.id,
        at=delivery.at,
        message=_sentence(event),
        args={"code": record.number if name == "quote" else record.code, "name": record.name},
        id=delivery.event_id,
    )
    if name == "lead" and not line.file_ids:
        line.file_ids = [file.id for file in files_of(name, key)]
        line.save(update_fields=["file_ids"])


def _subject(event: Event) -> tuple[str, UUID]:
    """The record that the event is about: the first of its fields."""
    field, key = next(iter(vars(event).items()))
    return field.removesuffix("_id"), key


def _sentence(event: Event) -> str:
    return SENTENCES[type(event)][-1 if getattr(event, "complete", True) else 0]


def _living(record: Any) -> UUID | None:
    return record.id if record is not None and record.deleted_at is None else None
