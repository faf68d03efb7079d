"""Sending quotes: the PDF leaves by mail through the one gate to the customer, or was handed over by other means."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from guanxi.activity.services import contact_customer
from guanxi.core.events import publish
from guanxi.core.files import store_file
from guanxi.core.models import StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ConsentPurpose
from guanxi.identity.actor import Actor
from guanxi.messaging.services import Rendered, render_message
from guanxi.sales.events import QuoteSent
from guanxi.sales.limits import require_money
from guanxi.sales.models import Quote, QuoteStatus
from guanxi.sales.pdf import CATALOGUE, file_name, languages_of, render_quote_pdf
from guanxi.sales.rules import QUOTE_COMMANDS
from guanxi.sales.services.common import check_version, locked, put
from guanxi.sales.services.quotes import ready_to_send

TEMPLATE = "quote"
# The tag of a file that tells the sums of its quote.
PRINTED = "quote"


def send_quote(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    by_mail: bool = True,
    to: str = "",
    cc: Sequence[str] = (),
    subject: str = "",
    body: str = "",
    language: str = "",
) -> Quote:
    """Send a quote that needs no approval (any more): with `by_mail` the PDF goes to `to` or the contact's own address.

    Empty `subject` and `body` come from the template; `language` is zh, en or both, by default the quote's. The PDF as sent is kept
    with the quote. Without `by_mail` the quote is only marked as sent. Raises `Conflict` (state, consent, validity), `Invalid`.
    """
    with tenant_tx(actor.tenant_id):
        require_money(actor, "quote")
        quote: Quote = locked(actor, "quote", record_id)
        check_version(quote, version)
        ready_to_send(quote)
        quote.status = QuoteStatus.SENT  # what is printed from here on carries no draft mark
        file = store_pdf(actor, quote, language)
        if by_mail:
            text = cover_letter(actor, quote, language)
            contact_customer(
                actor,
                account_id=quote.account_id,
                contact_id=quote.contact_id,
                purpose=ConsentPurpose.CONTRACT,
                subject=subject or text.subject,
                body=body or text.body,
                address=to,
                cc=cc,
                attachments=(file.id,),
                object="quote",
                record_id=quote.id,
                language=CATALOGUE[languages_of(quote, language)[0]],
            )
        fresh = locked(actor, "quote", quote.id)
        quote = put(actor, "quote", fresh, {"status": QuoteStatus.SENT, "sent_at": timezone.now()}, QUOTE_COMMANDS)
        publish(QuoteSent(quote_id=quote.id, account_id=quote.account_id), member_id=actor.member_id)
        return quote


def store_pdf(actor: Actor, quote: Quote, language: str = "") -> StoredFile:
    """The quote's PDF as a file on the quote."""
    languages = languages_of(quote, language)
    return store_file(
        name=file_name(quote, languages),
        content=render_quote_pdf(quote, languages),
        content_type="application/pdf",
        object="quote",
        record_id=quote.id,
        member_id=actor.member_id,
        tags=(PRINTED,),
    )


def cover_letter(actor: Actor, quote: Quote, language: str = "") -> Rendered:
    """Subject and text of the mail that carries the quote, from the tenant's template."""
    return render_message(
        actor,
        key=TEMPLATE,
        language=CATALOGUE[languages_of(quote, language)[0]],
        records={"quote": quote.id, "contact": quote.contact_id, "account": quote.account_id},
    )
