"""The builder without code: what its choices are, and the definition that a filled form means.

What a form cannot say (bands, figures with a filter of their own, relations) stays as it is: such a part is the choice `keep:…`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records.display import object_or_none
from guanxi.records.registry import Field
from guanxi.records.reports.adjusting import within_choices, within_of
from guanxi.records.reports.definition import SPANS
from guanxi.records.reports.fields import DATES, GROUPED, NUMERIC
from guanxi.records.reports.labels import span_words
from guanxi.records.reports.sources import Source

Options = list[tuple[str, list[tuple[str, str]]]]
KEEP = "keep:"
MEASURES, GROUPS = 3, 2
ALSO = ("share", "running", "change")


def figure_words() -> dict[str, str]:
    """How fields are summed up, in words."""
    return {
        "sum": _("Sum"), "average": _("Average"), "median": _("Median"), "min": _("Smallest"), "max": _("Largest"),
        "distinct": _("How many different"),
    }  # fmt: skip


def chart_words() -> list[tuple[str, str]]:
    """Forms of charts in words; the first is chosen by the figures."""
    return [
        ("", _("Fits by itself")), ("bar", _("Bars")), ("row", _("Lying bars")), ("line", _("Line")), ("area", _("Area")),
        ("stacked", _("Stacked bars")), ("pie", _("Pie")), ("funnel", _("Funnel")), ("heat", _("Heat map")),
        ("scatter", _("Points")), ("gauge", _("Gauge")), ("table", _("Table only")),
    ]  # fmt: skip


def also_words() -> list[tuple[str, str]]:
    """Figures made of the first figure."""
    return [("share", _("Share of the total")), ("running", _("Running total")), ("change", _("Change to the period before"))]  # fmt: skip


def reachable(actor: Actor, source: Source) -> list[tuple[str, list[tuple[str, Field]]]]:
    """Fields of the rows and of the records they link to, under headings, as far as the role may read them."""
    own = [(name, item) for name, item in source.fields.items() if source.readable(actor, name)]
    found = [(source.label, own)]
    for name, item in own:
        target = object_or_none(item.to) if item.kind == "link" and not item.custom else None
        if target is None or target.room in actor.rooms_off or not may(actor, target.name, "view"):
            continue
        fields = [
            (f"{name}.{inner.name}", inner) for inner in target.fields if matchable(actor, target.name, inner.name)
        ]
        found.append((str(item.label), fields))
    return found


def measure_options(actor: Actor, source: Source, kept: Sequence[Mapping[str, Any]] = ()) -> Options:
    """What can be counted: the records, then fields by the way they are summed up."""
    options: Options = [(_("Count"), [("count", _("Number of %(what)s") % {"what": source.label})])]
    special = [(f"{KEEP}{one['key']}", str(one.get("label") or one["key"])) for one in kept if not _plain_measure(one)]
    if special:
        options.append((_("As it is"), special))
    fields = reachable(actor, source)
    for kind, word in figure_words().items():
        fits = ("link", "choice") if kind == "distinct" else NUMERIC
        items = [(f"{kind}:{path}", f"{word}: {item.label}") for _head, found in fields[:1] for path, item in found if item.kind in fits]  # fmt: skip
        items += [(f"{kind}:{path}", f"{word}: {head} · {item.label}") for head, found in fields[1:] for path, item in found if item.kind in fits and kind in ("sum", "average")]  # fmt: skip
        if items:
            options.append((word, items))
    return options


def group_options(actor: Actor, source: Source, kept: Sequence[Mapping[str, Any]] = ()) -> Options:
    """What rows can be grouped by; dates by each span."""
    options: Options = []
    special = [(f"{KEEP}{one['field']}", str(one["field"])) for one in kept if one.get("bands")]
    if special:
        options.append((_("As it is"), special))
    for head, found in reachable(actor, source):
        items: list[tuple[str, str]] = []
        for path, item in found:
            if item.kind in DATES:
                spans = [by for by in SPANS if by != "hour" or item.kind == "datetime"]
                items += [(f"{path}:{by}", f"{item.label}: {span_words(by)}") for by in spans]
            elif item.kind in GROUPED:
                items.append((path, str(item.label)))
        if items:
            options.append((head, items))
    return options


def date_options(actor: Actor, source: Source) -> list[tuple[str, str]]:
    """Dates by which a period can be chosen."""
    return [(path, str(item.label)) for path, item in reachable(actor, source)[0][1] if item.kind in DATES]


def form_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form for a definition."""
    measures = [one for one in definition.get("measures", []) if one["kind"] not in ("share", "running", "change")]
    derived = [one["kind"] for one in definition.get("measures", []) if one["kind"] in ("share", "running", "change")]
    period = definition.get("period") or {}
    within = period.get("within")
    given = within if isinstance(within, Mapping) and "from" in within else {}
    chosen = {orjson.dumps(within_of(key)).decode(): key for key, _label in within_choices()}
    targets = definition.get("targets") or [{}]
    return {
        "measure": [_measure_value(one) for one in measures],
        "also": derived,
        "group": [_group_value(one) for one in definition.get("groups", [])],
        "pivot": _group_value(definition["pivot"]) if definition.get("pivot") else "",
        "period_field": period.get("field", ""),
        "within": "given" if given else chosen.get(orjson.dumps(within).decode(), "") if within else "",
        "from": given.get("from", ""),
        "to": given.get("to", ""),
        "compare": definition.get("compare", ""),
        "limit": definition.get("limit") or "",
        "chart": definition.get("chart", ""),
        "target": targets[0].get("value", ""),
        "filter": definition.get("filter") or {"all": []},
    }


def _plain_measure(one: Mapping[str, Any]) -> bool:
    return not (one.get("filter") or one.get("since") or one.get("label") or one["kind"] == "ratio")


def _measure_value(one: Mapping[str, Any]) -> str:
    if not _plain_measure(one):
        return f"{KEEP}{one['key']}"
    return "count" if one["kind"] == "count" else f"{one['kind']}:{one['field']}"


def _group_value(one: Mapping[str, Any]) -> str:
    if one.get("bands"):
        return f"{KEEP}{one['field']}"
    return f"{one['field']}:{one['by']}" if one.get("by") else str(one["field"])


def definition_of(object_name: str, data: Mapping[str, Sequence[str]], base: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a filled form means. `base` is what was opened; its parts may be kept. Raises `Invalid`."""
    measures = _measures(data, base)
    definition: dict[str, Any] = {
        "object": object_name,
        "filter": _filter(_first(data, "filter")),
        "measures": measures,
        "groups": [_group(text, base) for text in dict.fromkeys(data.get("group", ())) if text],
        "chart": _first(data, "chart"),
        "limit": _whole(_first(data, "limit")),
    }
    if pivot := _first(data, "pivot"):
        definition["pivot"] = _group(pivot, base)
    if period := _period(data):
        definition["period"] = period
        definition["compare"] = _first(data, "compare")
    if target := _first(data, "target").replace(",", ""):
        definition["targets"] = [{"measure": measures[0]["key"], "value": target}]
    keys = {one["key"] for one in measures} | {"group"}
    if str(base.get("sort", "")).removeprefix("-") in keys:
        definition["sort"] = base["sort"]
    return definition


def _measures(data: Mapping[str, Sequence[str]], base: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = {one["key"]: dict(one) for one in base.get("measures", [])}
    found: list[dict[str, Any]] = []
    for text in dict.fromkeys(data.get("measure", ())):
        if not text:
            continue
        if text.startswith(KEEP):
            found += _kept(known, text.removeprefix(KEEP))
            continue
        kind, _colon, path = text.partition(":")
        key = f"{kind}_{path.replace('.', '_')}"[:30].rstrip("_") if path else kind
        found.append({"key": key, "kind": kind, **({"field": path} if path else {})})
    found = found or [{"key": "count", "kind": "count"}]
    first = next((one["key"] for one in found if one["kind"] not in ("ratio", *ALSO)), found[0]["key"])
    found += [{"key": kind, "kind": kind, "of": first} for kind in ALSO if kind in data.get("also", ())]
    return list({one["key"]: one for one in found}.values())


def _kept(known: Mapping[str, dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """A figure of before, with those that it is made of behind it."""
    one = known.get(key)
    if one is None:
        return []
    return [one, *(known[name] for name in (str(one.get("of")), str(one.get("to"))) if name in known)]


def _group(text: str, base: Mapping[str, Any]) -> dict[str, Any]:
    if text.startswith(KEEP):
        path = text.removeprefix(KEEP)
        axes = [*base.get("groups", []), *([base["pivot"]] if base.get("pivot") else [])]
        return dict(next((one for one in axes if one["field"] == path), {"field": path}))
    path, _colon, by = text.partition(":")
    return {"field": path, **({"by": by} if by else {})}


def _period(data: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    path, within = _first(data, "period_field"), _first(data, "within")
    if not path or not within:
        return None
    if within == "given":
        return {"field": path, "within": {"from": _first(data, "from"), "to": _first(data, "to")}}
    return {"field": path, "within": within_of(within)}


def _filter(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        raise Invalid({"filter": [_("The filter is not well formed.")]}) from None
    return found if isinstance(found, dict) and found != {"all": []} else {}


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _first(data: Mapping[str, Sequence[str]], name: str) -> str:
    values = data.get(name) or ("",)
    return str(values[0]).strip()
