"""KPIs over the API: the catalogue, and the figures of the cubes."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.kpis import reading
from guanxi.analytics.kpis.catalogue import UNITS
from guanxi.analytics.kpis.reading import Known
from guanxi.analytics.kpis.saving import delete_kpi, save_kpi
from guanxi.analytics.models import Dimension, Figure, Grain
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.calls import Call, answer, number, query
from guanxi.records.api.settings import offer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import DAY, KEY, TEXT, TEXTS, WHOLE, YES_NO, key_in, one_of, or_null, words

MOST = 2_000
NUMBER = {"type": "number"}
KPI_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{1,49}$"}


def _key(text: str) -> str:
    if not text.isascii() or len(text) > 50 or not text.replace("_", "").isalnum():
        raise ValueError(text)
    return text


def _row(one: Known) -> Row:
    row = one.row
    return {
        "id": one.key, "name": one.name, "formula": one.formula, "about": one.about, "unit": one.unit, "source": one.source,
        "rising": one.rising, "dimensions": list(one.by), "own": one.own, "owner": str(row.owner_id) if row.owner_id else None,
        "target": row.target, "watch": row.watch, "late": row.late, "is_active": row.is_active, "version": row.version,
    }  # fmt: skip


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    reading.require_kpis(actor)
    return [_row(one) for one in reading.known_kpis(actor).values()]


def _create(actor: Actor, values: Values) -> tuple[str, Row]:
    return save_kpi(actor, str(values["key"]), _given(values), new=True).key, {}


def _change(actor: Actor, key: str, values: Values, version: int | None) -> None:
    save_kpi(actor, key, _given(values), version=version)


def _given(values: Values) -> dict[str, Any]:
    given: dict[str, Any] = {name: value for name, value in values.items() if name != "key"}
    if "owner" in given:
        given["owner"] = key_in(values, "owner")
    return given


_WRITE = {
    "key": KPI_KEY, "owner": or_null(KEY), "target": or_null(NUMBER), "watch": NUMBER, "late": NUMBER, "is_active": YES_NO, "name_en": words(120),
    "name_zh": words(120), "about_en": words(1000), "about_zh": words(1000), "formula": words(300), "report": words(60), "unit": one_of(*UNITS), "rising": YES_NO,
}  # fmt: skip
offer(
    Resource(
        name="kpis",
        schema="Kpi",
        label=gettext_lazy("KPIs"),
        rows=_rows,
        get=lambda actor, key: _row(reading.known_kpi(actor, key)),
        key=_key,
        key_schema=KPI_KEY,
        read={
            "name": TEXT, "formula": TEXT, "about": TEXT, "unit": one_of(*UNITS), "source": TEXT, "rising": or_null(YES_NO), "dimensions": TEXTS, "own": YES_NO,
            "owner": or_null(KEY), "target": or_null(NUMBER), "watch": NUMBER, "late": NUMBER, "is_active": YES_NO, "version": WHOLE,
        },
        write=_WRITE,
        creating=("key",),
        required=("key",),
        create=_create,
        update=_change,
        delete=delete_kpi,
        versioned=True,
        room="analytics",
    )
)  # fmt: skip


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid({name: [_("Write the date as 2026-12-31.")]}) from None


def _figures(call: Call) -> HttpResponse:
    values = query(call.request, tuple(FILTERS))
    try:
        one = reading.known_kpi(call.actor, values.get("kpi", ""), hidden=False)
    except NotFound as missing:
        raise Invalid({"kpi": [missing.message]}) from None
    grain, dimension = values.get("grain") or "month", values.get("dimension") or "all"
    for name, given, known in (("grain", grain, Grain.values), ("dimension", dimension, Dimension.values)):
        if given not in known:
            raise Invalid({name: [_("Choose one of the list.")]})
    since, until = _day(values.get("since", ""), "since"), _day(values.get("until", ""), "until")
    rows = Figure.objects.filter(kpi=one.key, grain=grain, dimension=dimension).order_by("-since", "member")
    rows = rows.filter(since__gte=since) if since else rows
    rows = rows.filter(since__lte=until) if until else rows
    reach = reading.reach_of(call.actor, one)
    found = [row for row in rows[: MOST * 5] if reach.sees(dimension, row.member)][: number(values, "limit", 200, MOST)]
    names = reading.labels(call.actor, dimension, {row.member for row in found})
    return answer({"data": [_figure(row, names[row.member]) for row in found], "next": None})


def _figure(row: Figure, label: str) -> Row:
    return {
        "id": str(row.id), "kpi": row.kpi, "grain": row.grain, "since": row.since.isoformat(), "dimension": row.dimension, "member": row.member,
        "label": label, "value": row.value, "top": row.top, "bottom": row.bottom, "as_of": row.as_of.isoformat(),
    }  # fmt: skip


def _one(actor: Actor, key: Any) -> Row:
    row = Figure.objects.filter(id=key).first()
    one = reading.known_kpi(actor, row.kpi if row else "")
    if row is None or not reading.reach_of(actor, one).sees(row.dimension, row.member):
        return _row(reading.known_kpi(actor, ""))
    return _figure(row, reading.labels(actor, row.dimension, [row.member])[row.member])


FILTERS = {
    "kpi": gettext_lazy("The key of the KPI (required)"),
    "grain": gettext_lazy("day, week, month (default), quarter or year"),
    "dimension": gettext_lazy("all (default), region, family, channel, team or owner"),
    "since": gettext_lazy("Periods that begin on this day or later"),
    "until": gettext_lazy("Periods that begin on this day or earlier"),
    "limit": gettext_lazy("At most so many"),
}
offer(
    Resource(
        name="kpi-figures",
        schema="KpiFigure",
        label=gettext_lazy("Figures of KPIs"),
        list_call=_figures,
        get=_one,
        read={
            "kpi": TEXT, "grain": one_of(*Grain.values), "since": DAY, "dimension": one_of(*Dimension.values), "member": TEXT, "label": TEXT,
            "value": or_null(NUMBER), "top": NUMBER, "bottom": or_null(NUMBER), "as_of": DAY,
        },
        filters=FILTERS,
        room="analytics",
    )
)  # fmt: skip
