"""What holds for leads, opportunities, quotes and orders, and what is derived from them when they are saved."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.money import CURRENCIES, MAX_AMOUNT, QUANTUM
from guanxi.core.rates import NoRate, convert
from guanxi.customers.reach import email_norm, phone_e164
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records.registry import Draft
from guanxi.sales.models import (
    Category,
    ForecastCategory,
    Lead,
    LeadStatus,
    Opportunity,
    OrderStatus,
    Quote,
    QuoteStatus,
    StageHistory,
)
from guanxi.sales.queries import default_pipeline, first_stage, price_book_for, stage_of

Messages = Mapping[str, list[str]] | None

LEAD_COMMANDS = ("status", "reason", "pooled_at", "converted_at", "account", "contact", "opportunity")
OPPORTUNITY_COMMANDS = ("stage", "stage_since", "category", "closed_at", "reason", "reason_note", "competitor")
TOTALS = ("list_total", "discount_total", "net_total", "tax_total", "total", "margin", "margin_percent")
QUOTE_COMMANDS = (
    *TOTALS, "number", "revision", "previous", "status", "approval", "approval_note", "sent_at", "viewed_at", "accepted_at",
    "declined_at", "decline_note",
)  # fmt: skip
ORDER_COMMANDS = (
    *TOTALS, "quote", "status", "delivery_state", "payment_state", "invoicing_state", "paid_total", "confirmed_at", "completed_at",
    "cancelled_at", "cancel_note",
)  # fmt: skip
FREE_ALWAYS = frozenset({"owner", "team", "tags"})
EDITABLE_QUOTES = (QuoteStatus.DRAFT, QuoteStatus.REJECTED, QuoteStatus.APPROVED)
VALID_DAYS = 30


def fill_currency(record: Any, actor: Actor) -> None:
    """An empty currency becomes the company's."""
    record.currency = (record.currency or actor.currency).upper()


def currency_known(draft: Draft) -> Messages:
    """The currency is one of ISO 4217."""
    if draft.record.currency in CURRENCIES:
        return None
    return {"currency": [_("This is not a currency code of ISO 4217.")]}


def in_company_currency(actor: Actor, amount: Decimal | None, currency: str, day: Any = None) -> Decimal | None:
    """`amount` in the company's currency at the day's rate. Raises `Invalid` naming the currency when there is no rate."""
    if amount is None or currency not in CURRENCIES:
        return None
    try:
        converted = convert(
            amount, currency, actor.currency, day or timezone.localdate(), company_currency=actor.currency
        )
    except NoRate as error:
        raise Invalid({"currency": [error.message]}) from error
    if abs(converted) >= MAX_AMOUNT:
        raise Invalid({"currency": [_("The amount is too large in the company's currency.")]})
    return converted


# Leads


def prepare_lead(draft: Draft) -> None:
    """Normalised address and number, currency, status and pool by owner."""
    lead: Lead = draft.record
    fill_currency(lead, draft.actor)
    lead.email_norm = email_norm(lead.email)
    lead.country = lead.country.upper()
    if lead.phone and (draft.before is None or draft.changed & {"phone", "country"}):
        lead.phone_e164 = phone_e164(lead.phone, lead.country or _home_country())
    elif not lead.phone:
        lead.phone_e164 = ""
    if draft.before is None and "status" not in draft.changed:
        lead.status = LeadStatus.NEW if lead.owner_id is None else LeadStatus.ASSIGNED
    elif "owner" in draft.changed and lead.owner_id and lead.status in (LeadStatus.NEW, LeadStatus.RECYCLED):
        lead.status = LeadStatus.ASSIGNED
    lead.pooled_at = None if lead.owner_id else (lead.pooled_at or timezone.now())


def _home_country() -> str:
    return Company.objects.values_list("country", flat=True).first() or "CN"


def lead_not_converted(draft: Draft) -> Messages:
    """A converted lead stays as it was."""
    if draft.before is not None and draft.record.status == LeadStatus.CONVERTED and "status" not in draft.changed:
        return {"": [_("A converted lead is read-only. Work on its opportunity instead.")]}
    return None


# Opportunities


def prepare_opportunity(draft: Draft) -> None:
    """Pipeline and first stage of a new one, probability, amounts in the company's currency."""
    item: Opportunity = draft.record
    fill_currency(item, draft.actor)
    if draft.before is None:
        _begin(draft, item)
    if draft.before is None or draft.changed & {"amount", "currency", "stage"}:
        day = timezone.localdate(item.closed_at) if item.closed_at else None
        item.amount_company = in_company_currency(draft.actor, item.amount, item.currency, day)
    item.weighted = weighted(item.amount_company, item.probability or 0)


def _begin(draft: Draft, item: Opportunity) -> None:
    if item.stage_id is None:
        pipeline = item.pipeline if item.pipeline_id else default_pipeline()
        item.stage = first_stage(pipeline)
    item.pipeline_id = item.stage.pipeline_id
    item.category = item.stage.category
    item.stage_since = item.stage_since or timezone.now()
    if item.probability is None:
        item.probability = item.stage.probability
    if item.category != Category.OPEN:
        item.closed_at = item.closed_at or timezone.now()
        item.forecast_category = ForecastCategory.CLOSED


def weighted(amount: Decimal | None, probability: int) -> Decimal | None:
    """What an amount counts at its probability in percent."""
    if amount is None:
        return None
    return (amount * probability / 100).quantize(QUANTUM, rounding=ROUND_HALF_UP)


def begin_stage_histories(drafts: Sequence[Draft]) -> None:
    """The first line of the stage history of each new one."""
    lines = [
        StageHistory(
            opportunity=item,
            to_stage_id=item.stage_id,
            member_id=draft.actor.member_id,
            probability=item.probability,
            amount=item.amount,
            at=item.stage_since,
        )
        for draft in drafts
        if draft.before is None
        for item in (draft.record,)
    ]
    StageHistory.objects.bulk_create(lines)


def pipeline_by_stage_only(draft: Draft) -> Messages:
    """An existing opportunity changes its pipeline by moving to a stage of it."""
    item: Opportunity = draft.record
    if "pipeline" in draft.changed and stage_of(item.stage_id).pipeline_id != item.pipeline_id:
        return {"pipeline": [_("Move the opportunity to a stage of the other pipeline instead.")]}
    return None


def forecast_fits_category(draft: Draft) -> Messages:
    """Closed in the forecast means won or lost, and only that."""
    item: Opportunity = draft.record
    closed = item.forecast_category == ForecastCategory.CLOSED
    if closed != (item.category != Category.OPEN):
        return {"forecast_category": [_("“Closed” belongs to won and lost opportunities only.")]}
    return None


# Quotes and orders


def prepare_quote(draft: Draft) -> None:
    """Number, dates, currency and price book of a new quote; the net in the company's currency."""
    quote: Quote = draft.record
    if draft.before is None:
        quote.number = quote.number or quote.code
        quote.quote_date = quote.quote_date or timezone.localdate()
        quote.valid_until = quote.valid_until or quote.quote_date + timedelta(days=VALID_DAYS)
        quote.payment_terms = quote.payment_terms or _terms_of(quote.account)
        if not quote.currency and quote.price_book is not None:
            quote.currency = quote.price_book.currency
        if not quote.currency and quote.opportunity is not None:
            quote.currency = quote.opportunity.currency
    fill_currency(quote, draft.actor)
    if draft.before is None and quote.price_book_id is None and "price_book" not in draft.changed:
        quote.price_book = price_book_for(quote.account, quote.currency, quote.quote_date or timezone.localdate())
    if draft.before is None or draft.changed & {"net_total", "currency"}:
        quote.net_company = in_company_currency(draft.actor, quote.net_total, quote.currency)


def _terms_of(account: Any) -> str:
    return str(account.payment_terms) if account is not None else ""


def quote_editable(draft: Draft) -> Messages:
    """What the customer may have seen is not changed: it is revised."""
    content = draft.changed - FREE_ALWAYS - set(QUOTE_COMMANDS)
    if draft.before is None or not content:
        return None
    if draft.record.status not in EDITABLE_QUOTES:
        return {"": [_("This quote has left the house. Make a new version to change it.")]}
    return None


def quote_dates(draft: Draft) -> Messages:
    """A quote is valid at least on its own day."""
    quote: Quote = draft.record
    if draft.before is not None and not draft.changed & {"valid_until", "quote_date"}:
        return None
    if quote.valid_until and quote.quote_date and quote.valid_until < quote.quote_date:
        return {"valid_until": [_("The end of validity lies before the quote's date.")]}
    return None


def currency_fixed_with_lines(draft: Draft) -> Messages:
    """Prices on lines are of one currency, so it cannot change below them."""
    record = draft.record
    if draft.before is not None and "currency" in draft.changed and record.lines.exists():
        return {"currency": [_("Remove the lines before changing the currency.")]}
    return None


def prepare_order(draft: Draft) -> None:
    """Date and currency of a new order; the net in the company's currency."""
    order = draft.record
    fill_currency(order, draft.actor)
    if draft.before is None:
        order.order_date = order.order_date or timezone.localdate()
        order.payment_terms = order.payment_terms or _terms_of(order.account)
    if draft.before is None or draft.changed & {"net_total", "currency"}:
        order.net_company = in_company_currency(draft.actor, order.net_total, order.currency, order.order_date)


def order_editable(draft: Draft) -> Messages:
    """A finished order stays as it was; a confirmed one keeps its customer and currency."""
    if draft.before is None:
        return None
    content = draft.changed - FREE_ALWAYS - set(ORDER_COMMANDS)
    finished = (OrderStatus.COMPLETED, OrderStatus.CLOSED, OrderStatus.CANCELLED)
    if content and draft.record.status in finished:
        return {"": [_("This order is finished and cannot be changed.")]}
    if draft.record.status != OrderStatus.DRAFT and content & {"account", "currency", "order_date"}:
        return {"": [_("The order is confirmed: customer, currency and date stay.")]}
    return None


# Stages, reasons, targets


def stage_probability(draft: Draft) -> Messages:
    """Won is 100 %, lost is 0 %."""
    stage = draft.record
    wanted = {Category.WON: 100, Category.LOST: 0}.get(stage.category)
    if wanted is not None and stage.probability != wanted:
        return {"probability": [_("A stage of this category has %(value)d %%.") % {"value": wanted}]}
    return None


def prepare_target(draft: Draft) -> None:
    """The first of the month; the holder sees and owns the target."""
    target = draft.record
    fill_currency(target, draft.actor)
    target.month = target.month.replace(day=1)
    if target.member_id:
        target.owner_id, target.team_id = target.member_id, target.member.team_id
    elif target.for_team_id:
        target.owner_id, target.team_id = None, target.for_team_id


def one_target_holder(draft: Draft) -> Messages:
    """A person or a team, not both."""
    if bool(draft.record.member_id) == bool(draft.record.for_team_id):
        return {"member": [_("Name either a person or a team.")]}
    return None
