"""A report as somebody looks at it just now: another period, one person or team, a dashboard's filter, without changing what is kept."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.reports.definition import Definition, Period
from guanxi.records.reports.narrowing import Narrowing, narrowed, narrowing_of
from guanxi.records.reports.sources import source_of
from guanxi.records.wording import parse_criteria, period_words

# What an address or a form may say of it.
ADJUSTING = ("within", "owner", "team", "filter")
WITHIN = (
    "this_week", "last_week", "this_month", "last_month", "this_quarter", "last_quarter", "this_year", "last_year",
    "this_fiscal_quarter", "last_fiscal_quarter", "this_fiscal_year", "last_fiscal_year",
)  # fmt: skip
ROLLING = {"30d": 30, "90d": 90, "180d": 180, "365d": 365}


def within_choices() -> list[tuple[str, str]]:
    """The periods to choose from, with their words."""
    fiscal = {
        "this_fiscal_quarter": _("this fiscal quarter"), "last_fiscal_quarter": _("last fiscal quarter"),
        "this_fiscal_year": _("this fiscal year"), "last_fiscal_year": _("last fiscal year"),
    }  # fmt: skip
    named = [(name, fiscal.get(name) or period_words(name)) for name in WITHIN]
    return [*named, *((key, period_words({"last": days, "unit": "days"})) for key, days in ROLLING.items())]


def within_of(key: str) -> Any:
    """What a definition says for a choice. Raises `Invalid` for what is none."""
    if key in WITHIN:
        return key
    if key in ROLLING:
        return {"last": ROLLING[key], "unit": "days"}
    raise Invalid({"within": [_("Give a period such as the last 180 days.")]})


def key_of_within(within: Any) -> str:
    """The choice for what a definition says, or ""."""
    if isinstance(within, str):
        return within if within in WITHIN else ""
    days = within.get("last") if isinstance(within, Mapping) and within.get("unit", "days") == "days" else None
    return next((key for key, count in ROLLING.items() if count == days), "")


def adjusted(actor: Actor, made: Definition, values: Mapping[str, str]) -> Definition:
    """The definition with `within`, `owner`, `team` and `filter` of `values`, as far as the report knows them. Raises `Invalid`."""
    if values.get("within") and made.period:
        made = replace(made, period=Period(made.period.field, within_of(values["within"])))
    source = source_of(actor, made.object)
    parts: list[Mapping[str, Any]] = []
    for name in ("owner", "team"):
        if values.get(name) and name in source.kind.by_name:
            parts.append({"field": name, "op": "is", "value": _key(values[name], name)})
    if values.get("filter"):
        fitting, _left = narrowed(actor, source.kind, parse_criteria(values["filter"]))
        parts += [fitting] if fitting else []
    if parts:
        made = replace(made, filter={"all": [*([made.filter] if made.filter else []), *parts]})
    return made


def narrowing(actor: Actor, made: Definition, values: Mapping[str, str]) -> Narrowing:
    """What `adjusted` did to the report of these values, in words, and what it left alone. Raises `Invalid`."""
    words = dict(within_choices()).get(values.get("within", ""), "") if made.period else ""
    return narrowing_of(actor, source_of(actor, made.object).kind, values, period=words)


def _key(text: str, place: str) -> str:
    try:
        return str(UUID(text))
    except ValueError:
        raise Invalid({place: [_("Choose one of the list.")]}) from None
