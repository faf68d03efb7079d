"""What an opportunity has beside its own columns: the product it is about, and the history of its stages."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from guanxi.catalogue.models import Product
from guanxi.core.db.bulk import insert_rows
from guanxi.project.work.profiles.profile import Began, File
from guanxi.project.work.profiles.reader import day_of, noon
from guanxi.project.work.profiles.rows import Row
from guanxi.project.work.profiles.run import Run
from guanxi.records.values import Wrong
from guanxi.sales.models import Category, ForecastCategory, Opportunity, OpportunityLine, StageHistory

HUNDRED = Decimal(100)
# The line that the write path wrote follows the earlier one.
_FOLLOW = """
UPDATE sales_stagehistory h SET from_stage_id = e.to_stage_id, seconds = extract(epoch FROM h.at - e.at)
FROM sales_stagehistory e
WHERE e.opportunity_id = h.opportunity_id AND e.tenant_id = h.tenant_id AND e.to_stage_id = %(first)s
  AND h.to_stage_id <> %(first)s AND h.from_stage_id IS NULL AND h.opportunity_id = ANY(%(ids)s)
"""


def after_create(run: Run, file: File, made: Sequence[tuple[Row, Any]]) -> None:
    """Lines and earlier stages of new opportunities."""
    if file.line:
        lines = [_line(run, file, row, record) for row, record in made]
        insert_rows(OpportunityLine, [line for line in lines if line])
    if file.began:
        _tell_beginning(run, file, file.began, made)


def _line(run: Run, file: File, row: Row, record: Any) -> OpportunityLine | None:
    text = row.cells[file.line.product] if file.line else ""
    product = run.keys.find_living(run.actor, "product", text) if text else None
    if product is None:
        run.ledger.warn(file.file, row.line, f"There is no product “{text}”. The opportunity has none.")
        return None
    price = _price(run, product)
    amount = price if record.category == Category.LOST or record.amount is None else record.amount
    # Sold for more than the list says: the price asked was the list price of that day.
    listed = max(price, amount)
    discount = (HUNDRED * (listed - amount) / listed).quantize(Decimal("0.001")) if listed else Decimal(0)
    return OpportunityLine(
        opportunity=record, position=0, product_id=product, list_price=listed, discount_percent=discount, amount=amount
    )


def _price(run: Run, product: UUID) -> Decimal:
    if product not in run.prices:
        run.prices.update(Product.objects.values_list("id", "list_price"))
    return run.prices[product] or Decimal(0)


def _tell_beginning(run: Run, file: File, began: Began, made: Sequence[tuple[Row, Any]]) -> None:
    """The write path told the present stage; of those that came through an earlier one, tell that too."""
    first = run.stages[began.stage]
    earlier: dict[UUID, StageHistory] = {}
    for row, record in made:
        text = row.cells[began.column]
        if not text or record.stage_id == first.id:
            continue
        try:
            at = noon(day_of(text, began.date), run.actor.time_zone)
        except Wrong as wrong:
            run.ledger.warn(file.file, row.line, f"{began.column}: {wrong} It is left out of the stage history.")
            continue
        earlier[record.id] = StageHistory(
            opportunity=record, to_stage=first, at=at, member_id=record.owner_id, probability=first.probability
        )
    insert_rows(StageHistory, list(earlier.values()))
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, {"first": first.id, "ids": list(earlier)})


def moved(run: Run, values: Mapping[str, Any]) -> dict[str, Any]:
    """What goes with a stage that the source changed since the last import."""
    stage = next((item for item in run.stages.values() if item.id == values.get("stage")), None)
    if stage is None:
        return {}
    closed = stage.category != Category.OPEN
    more: dict[str, Any] = {"category": stage.category, "probability": stage.probability}
    more["forecast_category"] = ForecastCategory.CLOSED if closed else ForecastCategory.PIPELINE
    return more if closed else more | {"closed_at": None, "reason": None}


def stages_of(ids: Sequence[UUID]) -> dict[UUID, tuple[UUID, Any]]:
    """Stage of each opportunity, and since when."""
    rows = Opportunity.objects.filter(id__in=ids).values_list("id", "stage_id", "stage_since")
    return {record_id: (stage_id, since) for record_id, stage_id, since in rows}


def after_update(before: Mapping[UUID, tuple[UUID, Any]], records: Sequence[Any]) -> None:
    """A line in the stage history for each opportunity that moved."""
    lines = []
    for record in records:
        stage_id, since = before.get(record.id, (None, None))
        if stage_id is None or stage_id == record.stage_id:
            continue
        seconds = int((record.stage_since - since).total_seconds()) if since and record.stage_since else None
        lines.append(
            StageHistory(
                opportunity=record, from_stage_id=stage_id, to_stage_id=record.stage_id, at=record.stage_since,
                member_id=record.owner_id, probability=record.probability, amount=record.amount, seconds=seconds,
            )
        )  # fmt: skip
    insert_rows(StageHistory, lines)
