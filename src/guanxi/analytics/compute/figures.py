"""Two steps of a run: the figures of the KPIs, and the forecast of sales from them."""

from collections.abc import Mapping
from typing import Any

from guanxi.analytics.compute.context import Context
from guanxi.analytics.forecast.computing import forecast_sales
from guanxi.analytics.kpis.filling import fill_figures
from guanxi.analytics.warehouse.extracting import all_extracts

FACTS = ("accounts", "transactions", "pipeline", "interactions", "offers", "answers")


def figures(context: Context) -> Mapping[str, Any]:
    """The cubes of all KPIs anew."""
    there = {extract.name for extract in all_extracts()}
    with context.warehouse() as warehouse:
        facts = {name: warehouse.fact(name) for name in FACTS if name in there}
        return {"figures": fill_figures(context.tenant_id, facts, context.as_of)}


def forecast(context: Context) -> Mapping[str, Any]:
    """Sales of the next months by the method that was best for each series."""
    return forecast_sales(context.tenant_id, context.as_of)
