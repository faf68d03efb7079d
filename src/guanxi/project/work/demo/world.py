"""The seeded source of everything in the demonstration: the same words and dates every time, relative to today."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils import timezone

from guanxi.core.codes import reserve_codes
from guanxi.core.db.bulk import insert_rows
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records import registry
from guanxi.records.history import write_history
from guanxi.records.search import index_records
from guanxi.records.values import plain

T = TypeVar("T")
SEED = 20261119
BATCH = 1000


@dataclass
class World:
    """What has been made so far, and the dice."""

    actor: Actor
    people: list[Membership] = field(default_factory=list)
    sellers: list[Membership] = field(default_factory=list)
    products: list[Any] = field(default_factory=list)
    accounts: list[Any] = field(default_factory=list)
    contacts_of: dict[UUID, list[Any]] = field(default_factory=dict)
    opportunities: list[Any] = field(default_factory=list)
    quotes: list[Any] = field(default_factory=list)
    orders: list[Any] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    dice: Random = field(default_factory=lambda: Random(SEED))
    now: datetime = field(default_factory=timezone.now)

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return self.dice.choice(items)

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.dice.random() < share

    def amount(self, median: float, spread: float = 0.9) -> float:
        """A sum around `median`, log-normal as sums are."""
        return float(median * self.dice.lognormvariate(0, spread))

    def moment(self, days_ago: float) -> datetime:
        """A moment in working hours of Shanghai `days_ago` (negative: ahead)."""
        day = (self.now - timedelta(days=days_ago)).replace(hour=1, minute=0, second=0, microsecond=0)
        return day + timedelta(minutes=self.dice.randrange(0, 540, 5))

    def season(self, moment: datetime) -> float:
        """How busy a month is: towards the end of the year more, in February less; growing by a fifth a year."""
        months = (0.8, 0.55, 0.95, 0.95, 1.0, 1.1, 0.9, 0.85, 1.1, 1.05, 1.25, 1.5)
        years = (self.now - moment).days / 365
        return float(months[moment.month - 1] * 1.2 ** (-years))

    def said(self, pair: Sequence[str], *, chinese: bool) -> str:
        """The English or the Chinese of a pair."""
        return pair[1] if chinese else pair[0]


def store(world: World, object_name: str, records: Sequence[Any], *, dated: Sequence[datetime] | None = None) -> None:
    """Insert business records with codes, history and search entries; `dated` gives each its day of creation.

    The generator writes in bulk what the write path would write one by one; derived columns are the caller's.
    """
    kind = registry.get(object_name)
    _dress(world, kind, records, dated or [world.now] * len(records))
    for start in range(0, len(records), BATCH):
        part = list(records[start : start + BATCH])
        insert_rows(kind.model, part, read_back=False)
        index_records(kind, part)
        title = kind.by_name[kind.title].column
        entries = [(item.id, 1, "created", {kind.title: [None, plain(getattr(item, title))]}) for item in part]
        write_history(world.actor.through("import"), kind.name, entries)


def store_plain(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert rows that are no business records of their own."""
    insert_rows(model, rows, read_back=False)


def _dress(world: World, kind: Any, part: Sequence[Any], days: Sequence[datetime]) -> None:
    missing = [record for record in part if not isinstance(record.code, str) or not record.code]
    if kind.code_pattern and missing:
        for record, code in zip(missing, reserve_codes(kind.name, kind.code_pattern, len(missing)), strict=True):
            record.code = code
    elif not kind.code_pattern:
        for record in missing:
            record.code = ""
    for record, day in zip(part, days, strict=True):
        record.tenant_id = world.actor.tenant_id
        record.created_at = record.updated_at = min(day.astimezone(UTC), world.now)
        record.created_by_id = record.updated_by_id = record.owner_id
