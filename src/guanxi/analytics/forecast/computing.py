"""Revenue of the next months by family, region, person and as a whole: the best method of each series, sums reconciled, accuracy kept.

Imported by the process of the nightly run only.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from dateutil.relativedelta import relativedelta
from django.db import connection

from guanxi.analytics.models import Figure, ForecastPoint, ForecastSeries, Grain
from guanxi.core.tenancy import tenant_tx
from guanxi.science.arrays import Floats, Unusable
from guanxi.science.forecasts import METHODS, Forecast, by_working_day, mint, rolling_by_series, totals
from guanxi.science.forecasts.accuracy import Measured
from guanxi.science.forecasts.methods import Method

MONTHS, AHEAD, SEASON, ORIGINS = 36, 6, 12, 3
BREAKDOWNS = ("family", "region", "owner")
NAIVE = "seasonal-naive"
MOST_MEMBERS = 2_000
Place = tuple[str, str]
_KEEP = """
INSERT INTO analytics_forecastpoint (id, tenant_id, dimension, member, since, as_of, mean, low, high, base)
SELECT gen_random_uuid(), %s, f.dimension, f.member, f.since, %s, f.mean, f.low, f.high, f.base
FROM unnest(%s::text[], %s::text[], %s::date[], %s::float8[], %s::float8[], %s::float8[], %s::float8[]) AS f(dimension, member, since, mean, low, high, base)
"""


def forecast_sales(tenant_id: UUID, as_of: date) -> Mapping[str, Any]:
    """Forecast from the months that are over by `as_of`; what was forecast on the first day of each month before stays, to be compared with what came."""
    with tenant_tx(tenant_id):
        places, months, table = revenue_table(as_of)
    if table.shape[1] < 2 * SEASON or not table.any():
        return {"series": 0, "months": int(table.shape[1])}
    forecast, methods, measured = best(table, months)
    reconciled = settle(places, table, forecast.mean, methods, months)
    with tenant_tx(tenant_id):
        _keep_points(tenant_id, as_of, places, months, forecast, reconciled)
        _keep_series(as_of, places, methods, measured)
        _keep_accuracy(as_of)
    total = float(reconciled[places.index(("all", ""))].sum())
    return {"series": len(places), "months": int(table.shape[1]), "ahead": AHEAD, "revenue": round(total)}


def revenue_table(as_of: date) -> tuple[list[Place], list[date], Floats]:
    """Revenue of the months that are over, from the first with any: whole company, then the members of each breakdown."""
    last = as_of.replace(day=1)
    rows = Figure.objects.filter(kpi="revenue", grain=Grain.MONTH, dimension__in=("all", *BREAKDOWNS), since__lt=last)
    cells: dict[Place, dict[date, float]] = {("all", ""): {}}
    for row in rows.order_by("dimension", "member", "since"):
        cells.setdefault((row.dimension, row.member), {})[row.since] = row.top
    begun = min(cells["all", ""], default=last)
    first = max(begun, last - relativedelta(months=MONTHS))
    months = []
    while first < last:
        months.append(first)
        first += relativedelta(months=1)
    places = sorted(cells, key=lambda place: (place[0] != "all", place))[: MOST_MEMBERS * len(BREAKDOWNS)]
    table = np.array([[cells[place].get(month, 0.0) for month in months] for place in places])
    return places, months, table.reshape(len(places), len(months))


def best(table: Floats, months: Sequence[date]) -> tuple[Forecast, list[str], Mapping[str, Measured]]:
    """The forecast of each series by the method that erred least from rolling origins, which method that was, and all accuracies."""
    methods = all_methods(months)
    try:
        measured = _measured(table, methods)
    except Unusable:
        measured = {}
    names = list(methods)
    if measured:
        chosen = np.argmin(np.stack([measured[name].mase for name in names]), axis=0)
    else:
        chosen = np.full(len(table), names.index(NAIVE))
    found = {name: methods[name](table, SEASON, AHEAD) for place, name in enumerate(names) if (chosen == place).any()}
    mean, deviation = np.zeros((len(table), AHEAD)), np.zeros((len(table), AHEAD))
    for place, name in enumerate(names):
        rows = chosen == place
        if rows.any():
            mean[rows], deviation[rows] = found[name].mean[rows], found[name].deviation[rows]
    return Forecast(mean, deviation), [names[place] for place in chosen], measured


def all_methods(months: Sequence[date]) -> dict[str, Method]:
    """The methods, each also on sales per working day."""
    return {**METHODS, **{f"{name}-days": by_working_day(method, months) for name, method in METHODS.items()}}


def _measured(table: Floats, methods: Mapping[str, Method]) -> Mapping[str, Measured]:
    for horizon in (3, 1):
        if table.shape[1] - ORIGINS * horizon >= 2 * SEASON:
            return rolling_by_series(table, SEASON, horizon, origins=ORIGINS, methods=methods)
    raise Unusable("Too few months to look back.")


def settle(
    places: Sequence[Place], table: Floats, mean: Floats, methods: Sequence[str], months: Sequence[date]
) -> Floats:
    """Forecasts that add up in every breakdown. Errors are those of the seasonal naive: the same measure for all series."""
    group = [0 if place[0] == "all" else BREAKDOWNS.index(place[0]) + 1 for place in places]
    if not any(group):
        return mean
    errors = table[:, SEASON:] - table[:, :-SEASON]
    if errors.shape[1] < 2:
        return mean
    found = mint(mean, totals(group), errors, shrink=len(places) <= 400)
    return np.asarray(found)


def _keep_points(
    tenant_id: UUID, as_of: date, places: Sequence[Place], months: Sequence[date], forecast: Forecast, mean: Floats
) -> None:
    # One forecast a month is kept for comparing, the first; later ones of the month replace each other.
    month = as_of.replace(day=1)
    kept = ForecastPoint.objects.filter(as_of__gte=month).order_by("as_of").values_list("as_of", flat=True).first()
    ForecastPoint.objects.filter(as_of__gte=month).exclude(as_of=kept).delete()
    ForecastPoint.objects.filter(as_of=as_of).delete()
    ahead = [months[-1] + relativedelta(months=step + 1) for step in range(AHEAD)]
    low = mean + forecast.quantile(0.1) - forecast.mean
    high = mean + forecast.quantile(0.9) - forecast.mean
    columns: list[list[Any]] = [[], [], [], [], [], [], []]
    for row, (dimension, member) in enumerate(places):
        for step, since in enumerate(ahead):
            cell = (
                dimension,
                member,
                since,
                mean[row, step],
                low[row, step],
                high[row, step],
                forecast.mean[row, step],
            )
            for column, value in zip(columns, cell, strict=True):
                column.append(float(value) if isinstance(value, np.floating) else value)
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, [tenant_id, as_of, *columns])


def _keep_series(
    as_of: date, places: Sequence[Place], methods: Sequence[str], measured: Mapping[str, Measured]
) -> None:
    ForecastSeries.objects.all().delete()
    rows = []
    for row, ((dimension, member), method) in enumerate(zip(places, methods, strict=True)):
        each = {
            name: {
                "mase": float(one.mase[row]),
                "pinball": float(one.pinball[row]),
                "coverage": float(one.coverage[row]),
            }
            for name, one in measured.items()
        }
        own, naive = each.get(method, {}), each.get(NAIVE, {})
        rows.append(
            ForecastSeries(
                dimension=dimension, member=member, as_of=as_of, method=method, mase=own.get("mase"), naive_mase=naive.get("mase"),
                pinball=own.get("pinball"), coverage=own.get("coverage"), accuracy=each,
            )
        )  # fmt: skip
    ForecastSeries.objects.bulk_create(rows, batch_size=1_000)


def _keep_accuracy(as_of: date) -> None:
    """The KPI of forecast accuracy: each month beside what was forecast of it in the month before."""
    actual = {
        row.since: row.top
        for row in Figure.objects.filter(
            kpi="revenue", grain=Grain.MONTH, dimension="all", since__lt=as_of.replace(day=1)
        )
    }
    said: dict[date, tuple[date, float]] = {}
    for point in ForecastPoint.objects.filter(dimension="all", as_of__lt=as_of.replace(day=1)).order_by("as_of"):
        if point.as_of < point.since:
            said[point.since] = (point.as_of, point.mean)
    Figure.objects.filter(kpi="forecast_accuracy").delete()
    Figure.objects.bulk_create(
        Figure(
            kpi="forecast_accuracy", dimension="all", grain=Grain.MONTH, since=month, top=100 * max(0.0, 1 - abs(mean - actual[month]) / actual[month]), as_of=as_of
        )
        for month, (_when, mean) in said.items()
        if actual.get(month)
    )  # fmt: skip
