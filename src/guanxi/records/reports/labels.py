"""Keys of groups as people read them, and the order they have of their own."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.records.display import object_or_none
from guanxi.records.queries import linked_labels
from guanxi.records.registry import Choice
from guanxi.records.reports.definition import Group
from guanxi.records.reports.fields import EMPTY, HIDDEN, OTHER, Reach

FEW = 8
STEPS = {
    "day": relativedelta(days=1), "week": relativedelta(weeks=1), "month": relativedelta(months=1),
    "quarter": relativedelta(months=3), "year": relativedelta(years=1), "fiscal_week": relativedelta(weeks=1), "fiscal_month": relativedelta(months=1), "fiscal_quarter": relativedelta(months=3),
    "fiscal_year": relativedelta(years=1),
}  # fmt: skip


def span_words(by: str) -> str:
    """How a date is grouped, in words."""
    return {
        "day": _("day"), "week": _("week"), "month": _("month"), "quarter": _("quarter"), "year": _("year"),
        "fiscal_week": _("fiscal week"), "fiscal_month": _("fiscal month"), "fiscal_quarter": _("fiscal quarter"), "fiscal_year": _("fiscal year"), "weekday": _("weekday"), "hour": _("hour"),
    }[by]  # fmt: skip


def choices_of(found: Reach) -> tuple[Choice, ...]:
    """The choices of a field in their order; links among few (stages, reasons) have them too."""
    return found.item.choices_of() if found.item.choices_of else found.item.choices


def is_ordered(group: Group, found: Reach) -> bool:
    """Whether the keys have an order of their own."""
    natural = found.item.kind in ("date", "datetime", "bool", "integer")
    # Few choices are steps of something; many (sources, channels) are only names.
    return bool(group.by or group.bands or natural or found.item.choices_of or 0 < len(found.item.choices) <= FEW)


def order_of(group: Group, found: Reach) -> Callable[[str], tuple[int, Decimal, str]]:
    """A sort key for keys: in their own order, what is no group proper behind."""
    places = {choice.value: at for at, choice in enumerate(choices_of(found))}

    def place(key: str) -> tuple[int, Decimal, str]:
        if key in (EMPTY, HIDDEN, OTHER):
            return {OTHER: 1, EMPTY: 2, HIDDEN: 3}[key], Decimal(0), key
        if key in places:
            return 0, Decimal(places[key]), key
        if places:
            return 0, Decimal(len(places)), key
        numeric = group.bands or group.by in ("weekday", "hour") or found.item.kind == "integer"
        return 0, Decimal(key) if numeric else Decimal(0), key

    return place


def labels_for(
    actor: Actor, group: Group, found: Reach, keys: Iterable[str], *, fiscal: int, currency: str
) -> dict[str, str]:
    """Every key with its label."""
    wanted = set(keys)
    special = {EMPTY: _("Not given"), HIDDEN: _("Not shown to you"), OTHER: _("All others")}
    read = _reader(actor, group, found, wanted - set(special), fiscal, currency)
    return {key: special.get(key) or read(key) for key in wanted}


def _reader(
    actor: Actor, group: Group, found: Reach, keys: set[str], fiscal: int, currency: str
) -> Callable[[str], str]:
    item = found.item
    if group.bands:
        return lambda key: band_label(group, int(key), item.kind, currency)
    if item.kind in ("date", "datetime"):
        return lambda key: span_label(group.by or "day", key, fiscal)
    if item.kind == "bool":
        return lambda key: _("Yes") if key == "true" else _("No")
    named: Mapping[str, str] = {choice.value: str(choice.label) for choice in choices_of(found)}
    if item.kind == "link":
        missing = {UUID(key) for key in keys if key not in named}
        known = item.to in ("user", "team") or object_or_none(item.to) is not None
        labels = linked_labels(actor, item.to, missing) if known else {}
        named = {**named, **{str(key): label for key, label in labels.items()}}
        return lambda key: named.get(key) or "–"
    return lambda key: named.get(key, key)


def band_label(group: Group, place: int, kind: str, currency: str) -> str:
    """`under 10`, `10 to under 50`, `500 and more`."""
    shown = (
        (lambda value: formats.money_short(value, currency, home=currency))
        if kind == "money"
        else (lambda value: formats.number(value))
    )
    if place == 0:
        return _("under %(high)s") % {"high": shown(group.bands[0])}
    if place == len(group.bands):
        return _("%(low)s and more") % {"low": shown(group.bands[-1])}
    return _("%(low)s to under %(high)s") % {"low": shown(group.bands[place - 1]), "high": shown(group.bands[place])}


def span_label(by: str, key: str, fiscal: int) -> str:
    """The name of a span of days, a weekday or an hour."""
    if by == "hour":
        return f"{int(key):02}:00"
    if by == "weekday":
        return formats.weekday(date(2024, 1, int(key)))
    first = date.fromisoformat(key)
    if by in ("day", "week"):
        return formats.day(first) if by == "day" else _("week of %(day)s") % {"day": formats.day_short(first)}
    if by == "month":
        return formats.month(first)
    year, quarter = str(first.year), (first.month - 1) // 3 + 1
    if by == "year":
        return year
    if by == "quarter":
        return _("Q%(quarter)d %(year)s") % {"quarter": quarter, "year": year}
    if by == "fiscal_week":
        year, number = _fiscal_week(first, fiscal)
        return _("FW%(week)d %(year)s") % {"week": number, "year": year}
    begun = first - relativedelta(months=(fiscal - 1) % 12)
    # A fiscal year is named by the calendar year in which it ends.
    named = str((begun.replace(month=1) + relativedelta(months=11 + (fiscal - 1) % 12)).year)
    if by == "fiscal_year":
        return _("fiscal year %(year)s") % {"year": named}
    if by == "fiscal_month":
        return _("FM%(month)d %(year)s") % {"month": begun.month, "year": named}
    return _("FQ%(quarter)d %(year)s") % {"quarter": (begun.month - 1) // 3 + 1, "year": named}


def _fiscal_week(monday: date, fiscal: int) -> tuple[str, int]:
    """The fiscal year and number of a week: the first is the one that holds the first day of the year."""
    sunday = monday + relativedelta(days=6)
    begins = date(sunday.year if sunday >= date(sunday.year, fiscal, 1) else sunday.year - 1, fiscal, 1)
    first = begins - relativedelta(days=begins.weekday())
    return str(begins.year + (fiscal > 1)), (monday - first).days // 7 + 1
