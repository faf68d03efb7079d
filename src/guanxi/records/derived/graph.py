"""All derived fields of a tenant, in the order in which they follow from each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.identity.kept import Kept
from guanxi.identity.models import Company
from guanxi.records import registry
from guanxi.records.custom import DERIVED, custom_fields_of_all
from guanxi.records.derived.converting import Source, currency_of
from guanxi.records.formulas.checking import TYPE_OF, Formula, check
from guanxi.records.formulas.compiling import Links
from guanxi.records.formulas.functions import Setting
from guanxi.records.formulas.syntax import FormulaError
from guanxi.records.models import CustomField
from guanxi.records.registry import Field

FUNCTIONS = ("count", "sum", "average", "min", "max")
Key = tuple[str, str]
Own = Mapping[str, Mapping[str, Field]]


@dataclass(frozen=True)
class Input:
    """A field on which a value depends: of `object`, reached over `links`."""

    object: str
    field: str
    links: Links


@dataclass(frozen=True)
class Rollup:
    """What is summed up: records of `child` whose `link` names the parent, where `where` holds."""

    child: str
    link: Field
    function: str
    value: Formula | None
    where: Formula | None
    # Where the currency of amounts stands that become amounts of the company's own.
    currency: Source | None = None

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """The formulas over the child."""
        return tuple(one for one in (self.value, self.where) if one is not None)


@dataclass(frozen=True)
class Derived:
    """A derived field: a formula or a roll-up."""

    id: UUID
    object: str
    name: str
    slot: str
    type: str
    formula: Formula | None = None
    rollup: Rollup | None = None

    @property
    def key(self) -> Key:
        """Object and name."""
        return self.object, self.name

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """Its formulas: of a roll-up those over the child."""
        return self.rollup.formulas if self.rollup else (self.formula,) if self.formula else ()

    def inputs(self) -> Iterator[Input]:
        """What it follows from; of a roll-up as seen from the child."""
        for formula in self.formulas:
            for ref in formula.refs:
                yield Input(ref.kind.name, ref.field.stored_name, ref.links)
                for depth, (kind, link) in enumerate(ref.links):
                    yield Input(kind.name, link.name, ref.links[:depth])
        if self.rollup:
            yield Input(self.rollup.child, self.rollup.link.name, ())
        if self.rollup and self.rollup.currency:
            links, field = self.rollup.currency
            yield Input(links[-1][1].to if links else self.rollup.child, field.name, links)

    @property
    def dated(self) -> bool:
        """Whether it changes with the day, or with rates that somebody enters later."""
        return any(one.dated for one in self.formulas) or bool(self.rollup and self.rollup.currency)


class Circle(Exception):
    """Fields that follow from each other in a circle: their keys in order."""

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__(" → ".join(f"{object}.{name}" for object, name in keys))
        self.keys = keys


@dataclass(frozen=True)
class Graph:
    """Derived fields, each after those it follows from, and the company's time zone."""

    order: tuple[Derived, ...] = ()
    time_zone: str = "UTC"

    def __bool__(self) -> bool:
        return bool(self.order)

    def setting(self) -> Setting:
        """What formulas know of the company now."""
        return setting_now(self.time_zone)

    def find(self, object_name: str, name: str) -> Derived | None:
        """The derived field of this name."""
        return next((one for one in self.order if one.key == (object_name, name)), None)

    def after(self, key: Key) -> tuple[Derived, ...]:
        """Fields that follow from this one, directly or not, in order."""
        touched = {key}
        found = []
        for one in self.order:
            if one.key not in touched and any((given.object, given.field) in touched for given in one.inputs()):
                touched.add(one.key)
                found.append(one)
        return tuple(found)


NOTHING = Graph()


def read_graph() -> Graph:
    """The graph as it is stored now. A field whose formula fits no more (its field is gone) keeps the values it has."""
    rows = list(CustomField.objects.filter(kind__in=DERIVED, deleted_at=None).order_by("object", "name"))
    if not rows:
        return NOTHING
    own = custom_fields_of_all()
    known = []
    for row in rows:
        try:
            known.append(derived_of(row, own))
        except (FormulaError, KeyError):
            continue
    return Graph(ordered(known), time_zone_now())


# The derived fields of the running tenant; no statement for those who bring the version of the settings.
graph_now = Kept(read_graph, NOTHING)


def derived_of(row: CustomField, own: Own) -> Derived:
    """A stored field as a derived one. Raises `FormulaError`, `KeyError` when it does not fit the objects any more."""
    kind = registry.get(row.object)
    options = row.options
    type = TYPE_OF[options["result"]]
    if row.kind == "formula":
        formula = check(kind, options["formula"], own, wanted=type)
        return Derived(row.id, row.object, row.name, row.slot, type, formula=formula)
    rollup = rollup_of(options["rollup"], row.object, own)
    if options["result"] == "money" and rollup.value is not None:
        rollup = replace(rollup, currency=currency_of(rollup.value))
    return Derived(row.id, row.object, row.name, row.slot, type, rollup=rollup)


def rollup_of(options: Mapping[str, Any], parent: str, own: Own) -> Rollup:
    """A roll-up as it is stored: {"of": "opportunity.account", "function", "value", "where"}."""
    name, _dot, link_name = str(options["of"]).partition(".")
    child = registry.get(name)
    link = child.by_name.get(link_name) or own.get(name, {})[link_name]
    if link.kind != "link" or link.to != parent:
        raise KeyError(link_name)
    value, where = (str(options.get(part) or "") for part in ("value", "where"))
    return Rollup(
        child=name,
        link=link,
        function=options["function"],
        value=check(child, value, own) if value and options["function"] != "count" else None,
        where=check(child, where, own, wanted="bool") if where else None,
    )


def ordered(known: Iterable[Derived]) -> tuple[Derived, ...]:
    """Derived fields, each after those it follows from. Raises `Circle`."""
    by_key = {one.key: one for one in known}
    done: dict[Key, Derived] = {}
    under_way: list[Key] = []

    def place(one: Derived) -> None:
        if one.key in done:
            return
        if one.key in under_way:
            raise Circle([*under_way[under_way.index(one.key) :], one.key])
        under_way.append(one.key)
        for given in one.inputs():
            before = by_key.get((given.object, given.field))
            if before is not None:
                place(before)
        under_way.pop()
        done[one.key] = one

    for one in by_key.values():
        place(one)
    return tuple(done.values())


def time_zone_now() -> str:
    """The time zone of the running tenant's company."""
    return Company.objects.values_list("time_zone", flat=True).first() or "UTC"


def setting_now(time_zone: str) -> Setting:
    """The day it is in a zone."""
    now: datetime = timezone.now()
    return Setting(time_zone, now.astimezone(ZoneInfo(time_zone)).date())


def circle_text(circle: Circle) -> str:
    """A circle in words."""
    return _("These fields follow from each other in a circle: %(fields)s.") % {"fields": str(circle)}
