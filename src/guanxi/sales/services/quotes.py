"""Commands of quotes: making, approving, sending, answering, revising."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records.changes import create_record
from guanxi.records.queries import get_record
from guanxi.sales.events import (
    QuoteAccepted,
    QuoteApproved,
    QuoteDeclined,
    QuoteExpired,
    QuoteRejected,
    QuoteSubmitted,
)
from guanxi.sales.limits import limits_of
from guanxi.sales.models import Approval, LineKind, Opportunity, Quote, QuoteLine, QuoteStatus
from guanxi.sales.queries import latest_revision
from guanxi.sales.rules import QUOTE_COMMANDS, VALID_DAYS
from guanxi.sales.services.common import check_version, key_of, locked, put, require_status
from guanxi.sales.services.handover import head_of, lines_of
from guanxi.sales.services.lines import build_lines, copied_lines, highest_discount, totals_of
from guanxi.sales.services.orders import create_order_from_quote
from guanxi.sales.services.quote_lines import approval_after_change

S = QuoteStatus
IN_HAND = (S.DRAFT, S.REJECTED, S.APPROVED)
WITH_CUSTOMER = (S.SENT, S.VIEWED)
REVISABLE = (S.DRAFT, S.IN_REVIEW, S.APPROVED, S.REJECTED, S.SENT, S.VIEWED, S.DECLINED, S.EXPIRED)
CARRIED = (
    "name", "number", "account", "contact", "opportunity", "price_book", "currency", "document_language", "payment_terms",
    "delivery_terms", "warranty", "terms", "owner", "team",
)  # fmt: skip


def create_quote(actor: Actor, values: Mapping[str, Any] | None = None, *, opportunity: Any = None) -> Quote:
    """A draft from plain values; from an opportunity it takes account, contact, currency, subject and products."""
    with tenant_tx(actor.tenant_id):
        source: Opportunity | None = None
        base: dict[str, Any] = {}
        if opportunity is not None:
            source = get_record(actor, "opportunity", key_of(opportunity))  # type: ignore[arg-type]
            base = head_of(source)
        quote: Quote = create_record(actor, "quote", {**base, **(values or {})})
        if source is None:
            return quote
        lines = lines_of(source)
        return _put_lines(actor, quote, build_lines(actor, quote, lines)) if lines else quote


def quote_opportunity(actor: Actor, opportunity_id: Any, *, version: int | None = None) -> Quote:
    """A quote from an opportunity as it is now, or as it is in `version` (`Stale` else)."""
    with tenant_tx(actor.tenant_id):
        check_version(get_record(actor, "opportunity", key_of(opportunity_id)), version)  # type: ignore[arg-type]
        return create_quote(actor, opportunity=opportunity_id)


def _put_lines(actor: Actor, quote: Quote, rows: list[QuoteLine]) -> Quote:
    QuoteLine.objects.bulk_create(rows)
    values = totals_of(rows, quote.currency) | approval_after_change(actor, rows)
    return put(actor, "quote", quote, values, QUOTE_COMMANDS)


def _taken(actor: Actor, record_id: Any, version: int | None) -> Quote:
    quote: Quote = locked(actor, "quote", record_id)
    check_version(quote, version)
    return quote


def _require_content(quote: Quote) -> list[QuoteLine]:
    rows = list(quote.lines.order_by("position"))
    if not any(row.kind == LineKind.PRODUCT and not row.optional for row in rows):
        raise Conflict(_("The quote has no lines yet."))
    return rows


# Approval


def submit_quote(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Quote:
    """Ask for approval of discounts above one's limit; without such discounts the quote is approved at once."""
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        require_status(quote, (S.DRAFT, S.REJECTED), _("Only a draft can be handed in for approval."))
        rows = _require_content(quote)
        if highest_discount(rows) <= limits_of(actor).discount:
            values = {"status": S.APPROVED, "approval": Approval.NONE, "approval_note": note}
            return put(actor, "quote", quote, values, QUOTE_COMMANDS)
        values = {"status": S.IN_REVIEW, "approval": Approval.PENDING, "approval_note": note}
        quote = put(actor, "quote", quote, values, QUOTE_COMMANDS)
        publish(QuoteSubmitted(quote_id=quote.id, member_id=actor.member_id), member_id=actor.member_id)
        return quote


def approve_quote(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Quote:
    """Permit the discounts. Raises `Conflict` when they are above the actor's own limit too."""
    return _review(actor, record_id, version, note, S.APPROVED, Approval.APPROVED, QuoteApproved)


def reject_quote(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Quote:
    """Refuse the discounts; the owner changes the lines and hands it in again. A note is demanded."""
    if not note.strip():
        raise Invalid({"note": [_("Say what has to change.")]})
    return _review(actor, record_id, version, note, S.REJECTED, Approval.REJECTED, QuoteRejected)


def _review(
    actor: Actor,
    record_id: Any,
    version: int | None,
    note: str,
    status: QuoteStatus,
    approval: Approval,
    fact: type[QuoteApproved] | type[QuoteRejected],
) -> Quote:
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        _require_reviewer(actor, quote)
        values = {"status": status, "approval": approval, "approval_note": note}
        quote = put(actor, "quote", quote, values, QUOTE_COMMANDS)
        publish(fact(quote_id=quote.id), member_id=actor.member_id)
        return quote


def _require_reviewer(actor: Actor, quote: Quote) -> None:
    require_status(quote, (S.IN_REVIEW,), _("This quote does not wait for approval."))
    limit = limits_of(actor).discount
    if highest_discount(quote.lines.all()) > limit:
        raise Conflict(_("The discount is above your limit of %(limit)s %%.") % {"limit": f"{limit:g}"})


# To the customer and back


def ready_to_send(quote: Quote) -> None:
    """Raise `Conflict` unless the quote may leave the house now."""
    require_status(quote, (*IN_HAND, *WITH_CUSTOMER), _("This quote cannot be sent any more."))
    _require_content(quote)
    if quote.approval in (Approval.NEEDED, Approval.PENDING, Approval.REJECTED):
        raise Conflict(_("The discount needs approval before the quote can be sent."))
    if quote.valid_until and quote.valid_until < timezone.localdate():
        raise Conflict(_("The validity has ended. Choose a later date first."))


def view_quote(actor: Actor, record_id: Any, *, version: int | None = None) -> Quote:
    """The customer has looked at it."""
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        require_status(quote, (S.SENT,), _("Only a quote that was sent can be viewed by the customer."))
        return put(actor, "quote", quote, {"status": S.VIEWED, "viewed_at": timezone.now()}, QUOTE_COMMANDS)


def accept_quote(actor: Actor, record_id: Any, *, version: int | None = None, make_order: bool = True) -> Quote:
    """The customer agrees; with `make_order` an order follows at once and the quote is Ordered."""
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        require_status(quote, (*WITH_CUSTOMER, S.APPROVED), _("Only a quote that was sent can be accepted."))
        if quote.valid_until and quote.valid_until < timezone.localdate():
            raise Conflict(_("The validity of this quote has ended. Make a new version."))
        _require_content(quote)
        if make_order:
            require(actor, "order", "create")
        quote = put(actor, "quote", quote, {"status": S.ACCEPTED, "accepted_at": timezone.now()}, QUOTE_COMMANDS)
        publish(QuoteAccepted(quote_id=quote.id, account_id=quote.account_id), member_id=actor.member_id)
        if make_order:
            create_order_from_quote(actor, quote.id)
            quote.refresh_from_db()
        return quote


def decline_quote(actor: Actor, record_id: Any, *, version: int | None = None, note: str = "") -> Quote:
    """The customer says no."""
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        require_status(quote, (*WITH_CUSTOMER, S.APPROVED), _("Only a quote that was sent can be declined."))
        values = {"status": S.DECLINED, "declined_at": timezone.now(), "decline_note": note}
        quote = put(actor, "quote", quote, values, QUOTE_COMMANDS)
        publish(QuoteDeclined(quote_id=quote.id, account_id=quote.account_id), member_id=actor.member_id)
        return quote


def cancel_quote(actor: Actor, record_id: Any, *, version: int | None = None) -> Quote:
    """Withdraw a quote that nobody has accepted."""
    with tenant_tx(actor.tenant_id):
        quote = _taken(actor, record_id, version)
        require_status(quote, (*REVISABLE,), _("This quote cannot be cancelled any more."))
        return put(actor, "quote", quote, {"status": S.CANCELLED}, QUOTE_COMMANDS)


def revise_quote(actor: Actor, record_id: Any, *, version: int | None = None) -> Quote:
    """A new version under the same number, as a draft with the same lines; the old one is Revised. Returns the new one."""
    with tenant_tx(actor.tenant_id):
        old = _taken(actor, record_id, version)
        require_status(old, REVISABLE, _("This quote cannot be revised any more."))
        put(actor, "quote", old, {"status": S.REVISED}, QUOTE_COMMANDS)
        revision = latest_revision(old.number) + 1
        values = {name: _plain(old, name) for name in CARRIED} | {
            "code": f"{old.number}-v{revision}",
            "revision": revision,
            "previous": old.id,
            "valid_until": max(
                old.valid_until or timezone.localdate(), timezone.localdate() + timedelta(days=VALID_DAYS)
            ),
        }
        new: Quote = create_record(actor, "quote", values, allow=(*QUOTE_COMMANDS, "code"))
        rows = copied_lines(old.lines.order_by("position"), QuoteLine, tenant_id=actor.tenant_id, quote=new)
        return _put_lines(actor, new, rows)


def _plain(quote: Quote, name: str) -> Any:
    return getattr(quote, f"{name}_id", None) if hasattr(quote, f"{name}_id") else getattr(quote, name)


def expire_due_quotes(actor: Actor) -> int:
    """Mark quotes with the customer whose validity has ended; returns how many. Harmless when repeated."""
    with tenant_tx(actor.tenant_id):
        due = Quote.objects.filter(
            status__in=WITH_CUSTOMER, valid_until__lt=timezone.localdate(), deleted_at=None
        ).select_for_update()
        expired = [put(actor, "quote", quote, {"status": S.EXPIRED}, QUOTE_COMMANDS) for quote in due]
        publish(*(QuoteExpired(quote_id=quote.id) for quote in expired))
        return len(expired)
