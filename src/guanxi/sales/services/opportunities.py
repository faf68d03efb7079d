"""Commands of opportunities: moving through stages, winning, losing, lines, contact roles."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.catalogue.models import Product
from guanxi.catalogue.queries import price_of
from guanxi.core.errors import Conflict, Invalid
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ContactRole
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.queries import get_record, visible_records
from guanxi.sales.events import OpportunityLost, OpportunityMoved, OpportunityReopened, OpportunityWon
from guanxi.sales.models import (
    Category,
    ForecastCategory,
    Opportunity,
    OpportunityContact,
    OpportunityLine,
    Reason,
    Stage,
    StageHistory,
)
from guanxi.sales.queries import closing_stage, first_stage, price_book_for, stage_of
from guanxi.sales.rules import OPPORTUNITY_COMMANDS
from guanxi.sales.services.common import check_version, cleaned, key_of, locked, moment_of, put, rows_of
from guanxi.sales.totals import Priced, line_figures

MAX_LINES = 500
CLOSING = (*OPPORTUNITY_COMMANDS, "forecast_category")


def create_opportunity(actor: Actor, values: Mapping[str, Any], *, stage: Any = None) -> Opportunity:
    """An opportunity from plain values, in the first stage of its pipeline or in `stage`."""
    with tenant_tx(actor.tenant_id):
        more = {"stage": stage_of(stage).id} if stage else {}
        record: Opportunity = create_record(actor, "opportunity", {**values, **more}, allow=("stage",))
        return record


def move_opportunity(
    actor: Actor,
    record_id: Any,
    to: Any,
    *,
    version: int | None = None,
    reason: Any = None,
    reason_note: str = "",
    competitor: Any = None,
    close_date: date | str | None = None,
    amount: Decimal | str | None = None,
) -> Opportunity:
    """Move to the stage `to`, of whatever pipeline, and write it down in the stage history.

    A won or lost stage demands a reason; `close_date` is then the day it was decided (default: now). The probability becomes that
    of the stage. Raises `Invalid`, `NotFound`, `Stale`; `Conflict` when the stage is the present one.
    """
    with tenant_tx(actor.tenant_id):
        record: Opportunity = locked(actor, "opportunity", record_id)
        check_version(record, version)
        stage = stage_of(to)
        if stage.id == record.stage_id:
            raise Conflict(_("The opportunity is in this stage already."))
        before, was, since = record.stage_id, record.category, record.stage_since
        values = _moved(actor, record, stage, reason, reason_note, competitor, close_date)
        if amount not in (None, ""):
            values["amount"] = amount
        record = put(actor, "opportunity", record, values, CLOSING)
        _write_history(actor, record, before, since)
        _announce_move(actor, record, before, was)
        return record


def _moved(
    actor: Actor, record: Opportunity, stage: Stage, reason: Any, note: str, competitor: Any, close_date: Any
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "stage": stage.id,
        "pipeline": stage.pipeline_id,
        "stage_since": timezone.now(),
        "category": stage.category,
        "probability": stage.probability,
    }
    if stage.category == Category.OPEN:
        return values | _opened(record)
    return values | {
        "closed_at": moment_of(close_date),
        "forecast_category": ForecastCategory.CLOSED,
        "reason": closing_reason(reason, stage.category).id,
        "reason_note": note,
        "competitor": key_of(competitor),
    }


def _opened(record: Opportunity) -> dict[str, Any]:
    if record.category == Category.OPEN:
        return {}
    reopened = {"closed_at": None, "reason": None, "reason_note": "", "competitor": None}
    return {**reopened, "forecast_category": ForecastCategory.PIPELINE}


def closing_reason(reason: Any, kind: str) -> Reason:
    """The reason of this kind. Raises `Invalid` when none or a wrong one is given."""
    key = key_of(reason)
    if key is None:
        raise Invalid({"reason": [_("Give a reason.")]})
    found: Reason | None = Reason.objects.filter(id=key, kind=kind, deleted_at=None).first()
    if found is None:
        raise Invalid({"reason": [_("This reason does not fit.")]})
    return found


def _write_history(actor: Actor, record: Opportunity, before: UUID, since: Any) -> None:
    StageHistory.objects.create(
        opportunity=record,
        from_stage_id=before,
        to_stage_id=record.stage_id,
        member_id=actor.member_id,
        probability=record.probability,
        amount=record.amount,
        at=record.stage_since,
        seconds=int((record.stage_since - since).total_seconds()) if since and record.stage_since else None,
    )


def _announce_move(actor: Actor, record: Opportunity, before: UUID, was: str) -> None:
    moved = OpportunityMoved(
        opportunity_id=record.id, from_stage_id=before, to_stage_id=record.stage_id, category=record.category
    )
    publish(moved, member_id=actor.member_id)
    if record.category == was:
        return
    if record.category == Category.WON:
        publish(
            OpportunityWon(
                opportunity_id=record.id, account_id=record.account_id, amount=record.amount, currency=record.currency
            ),
            member_id=actor.member_id,
        )
    elif record.category == Category.LOST and record.reason_id:
        publish(
            OpportunityLost(
                opportunity_id=record.id,
                account_id=record.account_id,
                reason_id=record.reason_id,
                competitor_id=record.competitor_id,
            ),
            member_id=actor.member_id,
        )
    else:
        publish(OpportunityReopened(opportunity_id=record.id), member_id=actor.member_id)


def win_opportunity(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    reason: Any = None,
    reason_note: str = "",
    close_date: date | str | None = None,
    amount: Decimal | str | None = None,
) -> Opportunity:
    """Into the won stage of its pipeline; see `move_opportunity`."""
    return _close(
        actor,
        record_id,
        Category.WON,
        version=version,
        reason=reason,
        reason_note=reason_note,
        close_date=close_date,
        amount=amount,
    )


def lose_opportunity(
    actor: Actor,
    record_id: Any,
    *,
    version: int | None = None,
    reason: Any = None,
    reason_note: str = "",
    competitor: Any = None,
    close_date: date | str | None = None,
) -> Opportunity:
    """Into the lost stage of its pipeline; see `move_opportunity`."""
    return _close(
        actor,
        record_id,
        Category.LOST,
        version=version,
        reason=reason,
        reason_note=reason_note,
        competitor=competitor,
        close_date=close_date,
    )


def _close(actor: Actor, record_id: Any, category: str, **more: Any) -> Opportunity:
    with tenant_tx(actor.tenant_id):
        record = get_record(actor, "opportunity", key_of(record_id))  # type: ignore[arg-type]
        if record.category == category:
            raise Conflict(_("The opportunity is closed this way already."))
        return move_opportunity(actor, record.id, closing_stage(record.pipeline_id, category), **more)


def reopen_opportunity(actor: Actor, record_id: Any, *, version: int | None = None, to: Any = None) -> Opportunity:
    """Back into the stage `to`, by default the open stage it was in last."""
    with tenant_tx(actor.tenant_id):
        record = get_record(actor, "opportunity", key_of(record_id))  # type: ignore[arg-type]
        if record.category == Category.OPEN:
            raise Conflict(_("The opportunity is open."))
        return move_opportunity(actor, record.id, to or _last_open_stage(record), version=version)


def _last_open_stage(record: Opportunity) -> Stage:
    line = (
        record.stage_history.filter(to_stage__category=Category.OPEN, to_stage__deleted_at=None)
        .select_related("to_stage")
        .order_by("-at", "-id")
        .first()
    )
    return line.to_stage if line else first_stage(record.pipeline)


# Lines


def set_lines(
    actor: Actor, record_id: Any, lines: Sequence[Mapping[str, Any]], *, version: int | None = None
) -> Opportunity:
    """Replace the lines: each {"product", "quantity", "discount_percent", "list_price"?}; the amount becomes their sum."""
    with tenant_tx(actor.tenant_id):
        record: Opportunity = locked(actor, "opportunity", record_id)
        check_version(record, version)
        if record.category != Category.OPEN:
            raise Conflict(_("The opportunity is closed. Reopen it to change its products."))
        rows = _opportunity_lines(actor, record, lines)
        OpportunityLine.objects.filter(opportunity=record).delete()
        OpportunityLine.objects.bulk_create(rows)
        amount = sum((row.amount for row in rows), Decimal(0)) if rows else record.amount
        return put(actor, "opportunity", record, {"amount": amount}, ())


def _opportunity_lines(actor: Actor, record: Opportunity, lines: Sequence[Mapping[str, Any]]) -> list[OpportunityLine]:
    lines = rows_of(lines, "lines")
    if len(lines) > MAX_LINES:
        raise Invalid({"lines": [_("Use at most %(count)d lines.") % {"count": MAX_LINES}]})
    products = products_by_key(actor, lines)
    book = price_book_for(record.account, record.currency, timezone.localdate())
    return [
        _opportunity_line(actor, record, position, line, products[position], book)
        for position, line in enumerate(lines)
    ]


def _opportunity_line(
    actor: Actor, record: Opportunity, position: int, line: Mapping[str, Any], product: Product | None, book: Any
) -> OpportunityLine:
    if product is None:
        raise Invalid({f"lines.{position}.product": [_("No such product.")]})
    quantity = decimal_in(line.get("quantity", 1), f"lines.{position}.quantity")
    discount = decimal_in(line.get("discount_percent") or 0, f"lines.{position}.discount_percent", top=Decimal(100))
    price = line.get("list_price")
    if price in (None, ""):
        day = timezone.localdate()
        price = price_of(product, quantity, book, day, currency=record.currency, company_currency=actor.currency)
    list_price = decimal_in(price, f"lines.{position}.list_price")
    refuse_too_large(quantity * list_price, f"lines.{position}.quantity")
    figures = line_figures(Priced(quantity, list_price, discount), record.currency)
    return OpportunityLine(
        tenant_id=actor.tenant_id,
        opportunity=record,
        position=position,
        product=product,
        quantity=quantity,
        list_price=list_price,
        discount_percent=discount,
        amount=figures.amount,
    )


LARGEST = Decimal(10) ** 11 - 1
# Of one line; five hundred of them with their taxes still fit a column.
LARGEST_AMOUNT = Decimal(5) * 10**11


def refuse_too_large(amount: Decimal, field: str) -> None:
    """Raise `Invalid` for what no line of a document can amount to."""
    if amount > LARGEST_AMOUNT:
        raise Invalid({field: [_("The amount is too large.")]})


def decimal_in(value: Any, field: str, *, top: Decimal = LARGEST) -> Decimal:
    """A finite number from 0 to `top`, to four places. Raises `Invalid` naming `field`."""
    text = str(value).strip().replace(",", "").replace("，", "")
    number = cleaned(field, lambda: Decimal(text))
    if not number.is_finite():
        raise Invalid({field: [_("A number is expected.")]})
    if not 0 <= number <= top:
        raise Invalid({field: [_("The value must lie between 0 and %(top)s.") % {"top": f"{top:f}"}]})
    return number.quantize(Decimal("0.0001"))


def products_by_key(actor: Actor, lines: Sequence[Mapping[str, Any]]) -> list[Product | None]:
    """The product of each line that the actor may see, or None; in one query."""
    keys = [key_of(line.get("product")) for line in lines]
    found = {
        row.id: row
        for row in visible_records(actor, "product")
        .filter(id__in={key for key in keys if key})
        .select_related("unit", "tax")
    }
    return [found.get(key) if key else None for key in keys]


# Contact roles


def set_contact_role(
    actor: Actor,
    record_id: Any,
    *,
    contact: Any,
    role: str = ContactRole.OTHER,
    is_primary: bool = False,
    version: int | None = None,
) -> OpportunityContact:
    """Give a contact a part in the decision; a second call changes it."""
    with tenant_tx(actor.tenant_id):
        record: Opportunity = locked(actor, "opportunity", record_id)
        check_version(record, version)
        key = key_of(contact)
        person = visible_records(actor, "contact").filter(id=key).first() if key else None
        if person is None:
            raise Invalid({"contact": [_("No such contact.")]})
        if role not in ContactRole.values:
            raise Invalid({"role": [_("There is no such role.")]})
        row, _made = OpportunityContact.objects.update_or_create(
            tenant_id=actor.tenant_id,
            opportunity=record,
            contact=person,
            defaults={"role": role, "is_primary": is_primary},
        )
        if is_primary:
            OpportunityContact.objects.filter(opportunity=record).exclude(id=row.id).update(is_primary=False)
            put(actor, "opportunity", record, {"contact": person.id}, ())
        return row  # type: ignore[no-any-return]


def remove_contact_role(actor: Actor, record_id: Any, *, contact: Any, version: int | None = None) -> None:
    """Take a contact's part away; absent already is fine."""
    with tenant_tx(actor.tenant_id):
        record = locked(actor, "opportunity", record_id)
        check_version(record, version)
        OpportunityContact.objects.filter(opportunity=record, contact_id=key_of(contact)).delete()
