"""A path such as "account.region" as an expression, within what the role may read.

What a linked record holds counts only as far as the actor sees that record: else its value is nothing in figures, and
`HIDDEN` as a key of groups.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.db import models
from django.db.models import Case, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.models import ExchangeRate
from guanxi.core.money import SCALE
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may, scope_of
from guanxi.records.custom import alias_of, stored_in
from guanxi.records.display import object_or_none
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType
from guanxi.records.reports.definition import Group
from guanxi.records.reports.sources import Source

HIDDEN, OTHER, EMPTY = "\x01", "\x02", ""
NUMERIC = ("integer", "number", "percent", "money")
DATES = ("date", "datetime")
GROUPED = ("text", "integer", "choice", "link", "bool", "email", "phone", "url", *DATES)
TEXT = models.TextField()
WHOLE: Any = models.DecimalField(max_digits=30, decimal_places=0)
RATE_DAY = "report_rate_day"


@dataclass(frozen=True)
class Reach:
    """A field found: `kind` is the object that has it (None for a line's own), `prefix` the ORM path of the links to it."""

    path: str
    item: Field
    kind: ObjectType | None
    prefix: str
    label: str
    guards: tuple[Q, ...]

    @property
    def lookup(self) -> str:
        """The name by which a query filters by it, once `aliases` are given."""
        return alias_of(self.item) if self.item.custom and not self.prefix else self.prefix + self.item.column

    @property
    def expression(self) -> Any:
        """The value as it is stored, without regard to `guards`."""
        if not self.item.custom:
            return F(self.prefix + self.item.column)
        if not self.prefix:
            return stored_in(self.item)
        text = KeyTextTransform(self.item.name, f"{self.prefix}custom")
        output = _OUTPUT.get(self.item.kind)
        return Cast(text, output) if output else text

    @property
    def guard(self) -> Q:
        """True where the actor sees the record that has the field."""
        return reduce(lambda one, other: one & other, self.guards, Q())


_OUTPUT: dict[str, Any] = {
    **dict.fromkeys(("number", "money", "percent"), models.DecimalField(max_digits=24, decimal_places=4)),
    "integer": models.BigIntegerField(), "bool": models.BooleanField(), "date": models.DateField(),
    "datetime": models.DateTimeField(),
}  # fmt: skip


def reach(actor: Actor, source: Source, path: str, place: str) -> Reach:
    """The field at a path. Raises `Invalid` at `place` when there is none for the actor."""
    parts = path.split(".")
    fields, prefix, labels = source.fields, "", list[str]()
    kind: ObjectType | None = None
    guards: list[Q] = []
    for depth, part in enumerate(parts):
        # A part of an address ("site.city") is found by its whole name.
        whole = fields.get(".".join(parts[depth:]))
        item = whole or fields.get(part)
        readable = source.readable(actor, part) if kind is None else matchable(actor, kind.name, part)
        if item is None or not readable:
            raise unknown(path, place)
        labels.append(str(item.label))
        if whole is not None:
            return Reach(path, item, kind, prefix, " · ".join(labels[-2:]), tuple(guards))
        kind = _target(actor, item)
        if kind is None or item.custom:
            raise unknown(path, place)
        prefix = f"{prefix}{item.column}__"
        if prefix != f"{source.link}__" and scope_of(actor, kind.name, "view") != "all":
            guards.append(Q(**{f"{prefix.removesuffix('__')}__in": visible_records(actor, kind.name).values("id")}))
        fields = kind.by_name
    raise unknown(path, place)


def _target(actor: Actor, item: Field) -> ObjectType | None:
    found = object_or_none(item.to) if item.kind == "link" else None
    if found is None or found.room in actor.rooms_off or not may(actor, found.name, "view"):
        return None
    return found


def unknown(path: str, place: str) -> Invalid:
    """There is no such field, or none that the actor may read: the answer is the same."""
    return Invalid({place: [_("There is no field “%(name)s”.") % {"name": path[:80]}]})


def groupable(found: Reach, group: Group, place: str) -> None:
    """Raise `Invalid` when the field cannot make groups in this way."""
    kind = found.item.kind
    if group.bands:
        fits = kind in NUMERIC
    elif group.by:
        fits = kind in DATES and (group.by != "hour" or kind == "datetime")
    else:
        fits = kind in GROUPED
    if not fits:
        raise Invalid({place: [_("%(field)s cannot be grouped in this way.") % {"field": found.label}]})


def key_of(found: Reach, group: Group, zone: str, fiscal: int) -> Any:
    """The key of a group as text: "" for nothing, HIDDEN where the actor does not see the linked record."""
    key = Coalesce(_key(found, group, zone, fiscal), Value(EMPTY), output_field=TEXT)
    if not found.guards:
        return key
    link = f"{found.prefix.removesuffix('__')}__isnull"
    return Case(When(**{link: True}, then=Value(EMPTY)), When(found.guard, then=key), default=Value(HIDDEN), output_field=TEXT)  # fmt: skip


def _key(found: Reach, group: Group, zone: str, fiscal: int) -> Any:
    item = found.item
    if group.bands:
        value, scale = number_of(found)
        cases = [
            When(GreaterOrEqual(value, Value(band * scale)), then=Value(str(at + 1)))
            for at, band in reversed(list(enumerate(group.bands)))
        ]
        return Case(When(IsNull(value), then=Value(EMPTY)), *cases, default=Value("0"), output_field=TEXT)
    if item.kind in DATES:
        return _span(found, group.by or "day", zone, fiscal)
    if item.kind == "link" and not item.custom:
        return Cast(F(f"{found.prefix}{item.column}_id"), TEXT)
    if item.kind == "bool" and item.custom:
        yes = GreaterOrEqual(Cast(found.expression, models.IntegerField()), Value(1))
        return Case(When(yes, then=Value("true")), default=Value("false"), output_field=TEXT)
    return Cast(found.expression, TEXT)


class GreaterOrEqual(Func):
    """a >= b as a condition."""

    template = "(%(expressions)s)"
    arg_joiner = " >= "
    output_field = models.BooleanField()


class IsNull(Func):
    """a IS NULL as a condition."""

    template = "(%(expressions)s) IS NULL"
    output_field = models.BooleanField()


_SPANS = {
    "day": "date_trunc('day', %(expressions)s)",
    "week": "date_trunc('week', %(expressions)s)",
    "month": "date_trunc('month', %(expressions)s)",
    "quarter": "date_trunc('quarter', %(expressions)s)",
    "year": "date_trunc('year', %(expressions)s)",
}


def _span(found: Reach, by: str, zone: str, fiscal: int) -> Any:
    """The first day of the span that holds the value, in the company's time zone and fiscal year; or weekday, or hour."""
    if found.item.kind == "datetime" or found.item.slot:
        # A date in a slot stands at midnight UTC.
        at = "UTC" if found.item.kind == "date" else zone
        moment: Any = Func(Value(at), found.expression, function="timezone", output_field=models.DateTimeField())
    else:
        moment = found.expression
    if by in ("weekday", "hour"):
        unit = "isodow" if by == "weekday" else "hour"
        return Func(moment, template=f"extract({unit} FROM %(expressions)s)::int::text", output_field=TEXT)
    if by in ("fiscal_week", "fiscal_month"):
        # The same days as weeks and months: only their numbers begin with the fiscal year.
        inner = _SPANS[by.removeprefix("fiscal_")]
    elif by.startswith("fiscal_"):
        months = f"interval '{(fiscal - 1) % 12} months'"
        unit = by.removeprefix("fiscal_")
        inner = f"date_trunc('{unit}', date_trunc('month', %(expressions)s) - {months}) + {months}"
    else:
        inner = _SPANS[by]
    return Func(moment, template=f"to_char({inner}, 'YYYY-MM-DD')", output_field=TEXT)


def number_of(found: Reach) -> tuple[Any, int]:
    """The value as a number, and how many of its units make one: money and slots count in ten-thousandths."""
    item = found.item
    expression = found.expression
    if item.custom:
        whole = item.kind in ("integer", "bool")
        scaled = bool(item.slot) and not found.prefix and not whole
        return Plain(expression), SCALE if scaled else 1
    return Plain(expression), SCALE if item.kind == "money" else 1


class Plain(Func):
    """The expression as numeric, whatever Python would make of its column."""

    template = "(%(expressions)s)::numeric"
    output_field = models.DecimalField(max_digits=30, decimal_places=4)


class Rounded(Func):
    """a * b rounded half up to whole units."""

    template = "round(%(expressions)s)"
    arg_joiner = " * "
    output_field = WHOLE


def home_amount(found: Reach, home: str) -> tuple[Any, Any] | None:
    """An amount in the company's currency at the rate of its day, and a condition that there is none; None for other fields."""
    item = found.item
    if item.kind != "money" or not item.currency or item.custom:
        return None
    owner = found.kind
    column = owner.by_name[item.currency].column if owner and item.currency in owner.by_name else item.currency
    currency = found.prefix + column.replace(".", "__")
    rates = ExchangeRate.objects.filter(currency=OuterRef(currency), day__lte=OuterRef(RATE_DAY)).order_by("-day")
    rate = Subquery(rates.values("rate")[:1], output_field=models.DecimalField(max_digits=20, decimal_places=10))
    amount, _scale = number_of(found)
    at_home = Q(**{f"{currency}__in": ["", home]}) | Q(**{f"{currency}__isnull": True})
    converted = Case(When(at_home, then=amount), default=Rounded(amount, rate), output_field=WHOLE)
    without = Case(When(at_home, then=Value(False)), default=IsNull(rate), output_field=models.BooleanField())
    return converted, Case(When(IsNull(amount), then=Value(False)), default=without, output_field=models.BooleanField())


def guarded(found: Reach, value: Any) -> Any:
    """The value where the actor sees the record that has it, else nothing."""
    return Case(When(found.guard, then=value), default=None) if found.guards else value
