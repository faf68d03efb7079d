"""Which rows a report counts: records of an object, or lines of one, which a room tells through the port REPORTS."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.criteria import compile_q
from guanxi.records.custom import reachable_fields
from guanxi.records.ports import REPORTS, ReportLines
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType


@dataclass(frozen=True)
class Source:
    """Rows of `model`. `kind` is the object whose criteria narrow them and whose list shows them; `lines` when they belong to it."""

    name: str
    label: str
    kind: ObjectType
    model: Any
    fields: Mapping[str, Field]
    lines: ReportLines | None = None

    @property
    def link(self) -> str:
        """The column of a line that names its record; "" for records themselves."""
        return self.lines.link if self.lines else ""

    def readable(self, actor: Actor, name: str) -> bool:
        """Whether a field of these rows may be counted, grouped and summed."""
        if self.lines is None:
            return matchable(actor, self.kind.name, name)
        needs = (*self.lines.needs.get("*", ()), *self.lines.needs.get(name, ()))
        return all(matchable(actor, self.kind.name, one) for one in needs)

    def rows(self, actor: Actor, criteria: Mapping[str, Any]) -> "QuerySet[Any, Any]":
        """The rows that the actor sees and that meet the criteria. Raises `Invalid`."""
        records = compile_q(actor, self.kind.name, criteria).apply(visible_records(actor, self.kind.name))
        if self.lines is None:
            return records  # type: ignore[no-any-return]
        return self.model.objects.filter(**{f"{self.link}__in": records.order_by().values("id")})  # type: ignore[no-any-return]

    def condition(self, actor: Actor, criteria: Mapping[str, Any]) -> tuple[Q, Mapping[str, Any]]:
        """The criteria of one figure as a condition on these rows, with the aliases it needs."""
        compiled = compile_q(actor, self.kind.name, criteria)
        if self.lines is None:
            return compiled.q, compiled.aliases
        records = compiled.apply(self.kind.model.objects.all())  # type: ignore[attr-defined]
        return Q(**{f"{self.link}__in": records.values("id")}), {}


def source_of(actor: Actor, name: str) -> Source:
    """The rows of this name. Raises `Invalid` for an unknown one, `NotAllowed` when the role may not see them."""
    found = next((one for one in _known(actor) if one[0] == name), None)
    if found is None:
        raise Invalid({"object": [_("“%(name)s” is not an object.") % {"name": name[:60]}]})
    _name, kind, lines = found
    if not may(actor, kind.name, "view"):
        raise NotAllowed(_("Your role does not permit this."))
    return _made(kind, lines)


def sources(actor: Actor) -> list[Source]:
    """Everything that this actor may report on."""
    return [_made(kind, lines) for _name, kind, lines in _known(actor) if may(actor, kind.name, "view")]


def source_names(actor: Actor) -> set[str]:
    """The names of `sources`, without a query."""
    return {name for name, kind, _lines in _known(actor) if may(actor, kind.name, "view")}


def _known(actor: Actor) -> Iterator[tuple[str, ObjectType, ReportLines | None]]:
    on = {kind.name: kind for kind in registry.objects() if kind.room not in actor.rooms_off}
    yield from ((name, kind, None) for name, kind in on.items())
    for offer in REPORTS:
        yield from ((one.name, on[one.object], one) for one in offer().lines if one.object in on)


def _made(kind: ObjectType, lines: ReportLines | None) -> Source:
    if lines is None:
        own = reachable_fields(kind.name)
        return Source(kind.name, str(kind.label_plural), kind, kind.model, {**own, **kind.by_name})
    return Source(lines.name, str(lines.label), kind, lines.model, {item.name: item for item in lines.fields}, lines)
