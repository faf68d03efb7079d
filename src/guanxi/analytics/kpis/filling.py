"""Computed figures into their table: by the process of the nightly run only."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from guanxi.analytics.kpis.cubes import Rows, cubes
from guanxi.analytics.kpis.formulas import value_of
from guanxi.analytics.models import Figure, Kpi
from guanxi.core.errors import Refused
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.reports.running import run_report
from guanxi.records.reports.saved import check_definition, find_report

_KEEP = """
INSERT INTO analytics_figure (id, tenant_id, kpi, dimension, grain, since, member, top, bottom, as_of)
SELECT gen_random_uuid(), %s, %s, %s, %s, f.since, f.member, f.top, f.bottom, %s
FROM unnest(%s::date[], %s::text[], %s::float8[], %s::float8[]) AS f(since, member, top, bottom)
ON CONFLICT (tenant_id, kpi, dimension, grain, since, member)
DO UPDATE SET top = excluded.top, bottom = excluded.bottom, as_of = excluded.as_of
"""


def fill_figures(tenant_id: UUID, facts: Mapping[str, Any], as_of: date) -> int:
    """Every cube anew, then the company's own KPIs; all of it is there at once or not at all. Returns how many figures there are now."""
    parts = list(cubes(facts, as_of))
    with tenant_tx(tenant_id):
        Figure.objects.filter(kpi__in={part.kpi for part in parts}).delete()
        keep_rows(tenant_id, parts, as_of)
        fill_own(Actor.system(tenant_id), as_of)
        return int(Figure.objects.count())


def keep_rows(tenant_id: UUID, parts: Iterable[Rows], as_of: date) -> None:
    """Parts of cubes into the table, one statement each."""
    with connection.cursor() as cursor:
        for part in parts:
            bottom: list[float | None] = list(part.bottom) if part.bottom is not None else [None] * len(part.top)
            head: list[Any] = [tenant_id, part.kpi, part.dimension, part.grain, as_of]
            cursor.execute(_KEEP, [*head, list(part.since), list(part.member), list(part.top), bottom])


def fill_own(actor: Actor, as_of: date) -> None:
    """KPIs of the company's own: formulas for every figure that has all parts, reports as they count today."""
    for kpi in Kpi.objects.filter(is_own=True, is_active=True).order_by("key"):
        parts = _of_report(actor, kpi, as_of) if kpi.report else _of_formula(kpi)
        if not kpi.report:
            Figure.objects.filter(kpi=kpi.key).delete()
        keep_rows(actor.tenant_id, parts, as_of)


def _of_formula(kpi: Kpi) -> list[Rows]:
    values: dict[tuple[str, str], dict[tuple[date, str], dict[str, float | None]]] = {}
    for figure in Figure.objects.filter(kpi__in=kpi.uses).iterator(chunk_size=5_000):
        cube = values.setdefault((figure.dimension, figure.grain), {})
        cube.setdefault((figure.since, figure.member), {})[figure.kpi] = figure.value
    parts = []
    for (dimension, grain), cells in values.items():
        found = {place: value_of(kpi.formula, given) for place, given in cells.items()}
        known = {place: value for place, value in found.items() if value is not None}
        since, member = [place[0] for place in known], [place[1] for place in known]
        parts.append(Rows(kpi.key, dimension, grain, since, member, list(known.values()), None))
    return parts


def _of_report(actor: Actor, kpi: Kpi, as_of: date) -> list[Rows]:
    """The first measure of a report today, kept as the figure of the day and of the running month."""
    try:
        result = run_report(actor, check_definition(actor, find_report(actor, kpi.report).definition))
    except Refused:
        return []
    value = result.total.total.get(result.headings[0].key) if result.headings else None
    if value is None:
        return []
    return [
        Rows(kpi.key, "all", grain, [since], [""], [float(value)], None)
        for grain, since in (("day", as_of), ("month", as_of.replace(day=1)))
    ]
