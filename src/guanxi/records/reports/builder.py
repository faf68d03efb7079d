"""The builder without code: what its choices are, and the definition that a filled form means.

Each row of figures has a filter and a name of its own; a relation names two of them by their numbers. What a form cannot say (days
between two dates, further relations) stays as it is: such a part is the choice `keep:…`. With columns the report lists records.
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
from guanxi.records.reports.listing import LISTED
from guanxi.records.reports.sources import Source

Options = list[tuple[str, list[tuple[str, str]]]]
KEEP = "keep:"
MEASURES, GROUPS, COLUMNS = 4, 3, 6
BANDS = "bands"
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


def column_options(actor: Actor, source: Source) -> Options:
    """What a list of records can show."""
    found = reachable(actor, source)
    return [(head, [(path, str(item.label)) for path, item in items if item.kind in LISTED]) for head, items in found]


def group_options(actor: Actor, source: Source) -> Options:
    """What rows can be grouped by; dates by each span, numbers by ranges."""
    options: Options = []
    for head, found in reachable(actor, source):
        items: list[tuple[str, str]] = []
        for path, item in found:
            if item.kind in DATES:
                spans = [by for by in SPANS if by != "hour" or item.kind == "datetime"]
                items += [(f"{path}:{by}", f"{item.label}: {span_words(by)}") for by in spans]
            elif item.kind in GROUPED and item.kind not in NUMERIC:
                items.append((path, str(item.label)))
            elif item.kind in NUMERIC:
                items += [(path, str(item.label))] if item.kind in GROUPED else []
                items.append((f"{path}:{BANDS}", _("%(field)s: ranges") % {"field": item.label}))
        if items:
            options.append((head, items))
    return options


def date_options(actor: Actor, source: Source) -> list[tuple[str, str]]:
    """Dates by which a period can be chosen."""
    return [(path, str(item.label)) for path, item in reachable(actor, source)[0][1] if item.kind in DATES]


def form_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """The values of the form for a definition."""
    measures, ratio = _rows_and_ratio(definition.get("measures", []))
    numbers = {one["key"]: str(at + 1) for at, one in enumerate(measures)}
    sort = str(definition.get("sort", ""))
    derived = [one["kind"] for one in definition.get("measures", []) if one["kind"] in ("share", "running", "change")]
    period = definition.get("period") or {}
    within = period.get("within")
    given = within if isinstance(within, Mapping) and "from" in within else {}
    chosen = {orjson.dumps(within_of(key)).decode(): key for key, _label in within_choices()}
    targets = definition.get("targets") or [{}]
    return {
        "measure": [_measure_value(one) for one in measures],
        "measure_filter": [dict(one.get("filter") or {"all": []}) for one in measures],
        "measure_label": [str(one.get("label", "")) for one in measures],
        "ratio_of": numbers.get(str(ratio.get("of")), ""),
        "ratio_to": numbers.get(str(ratio.get("to")), ""),
        "ratio_label": str(ratio.get("label", "")),
        "column": list(definition.get("columns", [])),
        "sort_column": sort.removeprefix("-") if definition.get("columns") else "",
        "sort_down": sort.startswith("-"),
        "also": derived,
        "group": [_group_value(one) for one in definition.get("groups", [])],
        "bands": [_bands_text(one) for one in definition.get("groups", [])],
        "pivot_bands": _bands_text(definition.get("pivot") or {}),
        "pivot": _group_value(definition["pivot"]) if definition.get("pivot") else "",
        "period_field": period.get("field", ""),
        "within": "given" if given else chosen.get(orjson.dumps(within).decode(), "keep") if within else "",
        "from": given.get("from", ""),
        "to": given.get("to", ""),
        "compare": definition.get("compare", ""),
        "limit": definition.get("limit") or "",
        "chart": definition.get("chart", ""),
        "target": targets[0].get("value", ""),
        "filter": definition.get("filter") or {"all": []},
    }


def _rows_and_ratio(measures: Sequence[Mapping[str, Any]]) -> tuple[list[Mapping[str, Any]], Mapping[str, Any]]:
    """The figures that have a row in the form, and the relation that has its own fields."""
    ratio: Mapping[str, Any] = next((one for one in measures if one["kind"] == "ratio"), {})
    return [one for one in measures if one["kind"] not in ALSO and one is not ratio], ratio


def _bands_text(group: Mapping[str, Any]) -> str:
    return ", ".join(str(band) for band in group.get("bands", ()))


def _plain_measure(one: Mapping[str, Any]) -> bool:
    return not (one.get("since") or one["kind"] == "ratio")


def _measure_value(one: Mapping[str, Any]) -> str:
    if not _plain_measure(one):
        return f"{KEEP}{one['key']}"
    return "count" if one["kind"] == "count" else f"{one['kind']}:{one['field']}"


def _group_value(one: Mapping[str, Any]) -> str:
    if one.get("bands"):
        return f"{one['field']}:{BANDS}"
    return f"{one['field']}:{one['by']}" if one.get("by") else str(one["field"])


def definition_of(object_name: str, data: Mapping[str, Sequence[str]], base: Mapping[str, Any]) -> dict[str, Any]:
    """The definition that a filled form means. `base` is what was opened; its parts may be kept. Raises `Invalid`."""
    columns = [path for path in dict.fromkeys(data.get("column", ())) if path]
    measures = _measures(data, base)
    definition: dict[str, Any] = {
        "object": object_name,
        "filter": _filter(_first(data, "filter")),
        "measures": measures,
        "groups": _groups(data),
        "chart": _first(data, "chart"),
        "limit": _whole(_first(data, "limit")),
    }
    if pivot := _first(data, "pivot"):
        definition["pivot"] = _group(pivot, _first(data, "pivot_bands"), "pivot.bands")
    if period := _period(data, base):
        definition["period"] = period
        definition["compare"] = _first(data, "compare")
    if target := _first(data, "target").replace(",", ""):
        before = base.get("targets") or [{}]
        kept = str(before[0].get("value")) == target and any(one["key"] == before[0]["measure"] for one in measures)
        definition["targets"] = list(before) if kept else [{"measure": measures[0]["key"], "value": target}]
    if columns:
        return _as_list(definition, columns, data)
    keys = {one["key"] for one in measures} | {"group"}
    if str(base.get("sort", "")).removeprefix("-") in keys:
        definition["sort"] = base["sort"]
    return definition


def _as_list(definition: dict[str, Any], columns: list[str], data: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A list of records: in groups with subtotals of the figures that are made of rows."""
    sort = _first(data, "sort_column")
    plain = [one for one in definition["measures"] if one["kind"] not in ("ratio", *ALSO)]
    made: dict[str, Any] = {
        name: definition[name] for name in ("object", "filter", "groups", "limit", "period") if name in definition
    }
    made |= {"columns": columns, "measures": plain if definition["groups"] else []}
    if sort in columns:
        made["sort"] = f"-{sort}" if _first(data, "sort_down") else sort
    return made


def _measures(data: Mapping[str, Sequence[str]], base: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = {one["key"]: dict(one) for one in base.get("measures", [])}
    numbered: dict[str, str] = {}
    found: list[dict[str, Any]] = []
    for at, text in enumerate(data.get("measure", ())):
        if not text:
            continue
        if text.startswith(KEEP):
            found += _kept(known, text.removeprefix(KEEP))
            numbered[str(at + 1)] = text.removeprefix(KEEP)
            continue
        one = _row(text, _nth(data, "measure_filter", at), _nth(data, "measure_label", at))
        one["key"] = _key_for(one, known, {other["key"] for other in found})
        found.append(one)
        numbered[str(at + 1)] = one["key"]
    found = found or [{"key": "count", "kind": "count"}]
    first = next((one["key"] for one in found if one["kind"] not in ("ratio", *ALSO)), found[0]["key"])
    made = [*_ratio(data, numbered), *({"key": kind, "kind": kind, "of": first} for kind in ALSO if kind in data.get("also", ()))]  # fmt: skip
    for one in made:
        key = _key_for(one, known, {other["key"] for other in found})
        found.append(known[key] if one["kind"] in ALSO and key in known else {**one, "key": key})
    found = list({one["key"]: one for one in found}.values())
    # The first figure is what the chart shows: one that is made of others stays first where it was.
    leading = [key for key, one in known.items() if one["kind"] in ("ratio", *ALSO)]
    first_plain = next((at for at, one in enumerate(known.values()) if one["kind"] not in ("ratio", *ALSO)), 0)
    ahead = leading[:first_plain]
    return sorted(found, key=lambda one: one["key"] not in ahead)


def _row(text: str, criteria: str, label: str) -> dict[str, Any]:
    """One row of figures."""
    kind, _colon, path = text.partition(":")
    told: dict[str, Any] = {"kind": kind, **({"field": path} if path else {})}
    if narrowed := _filter(criteria):
        told["filter"] = narrowed
    return told | ({"label": label} if label else {})


def _key_for(one: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]], taken: set[str]) -> str:
    """The key that the same figure had, else one of its words that is free: sorting and targets name figures by it."""
    alike = ("kind", "of") if one["kind"] in ALSO else ("kind", "field", "filter", "label", "of", "to")
    for key, other in known.items():
        if key not in taken and all((one.get(name) or None) == (other.get(name) or None) for name in alike):
            return key
    path = str(one.get("field", ""))
    stem = f"{one['kind']}_{path.replace('.', '_')}"[:26].rstrip("_") if path else str(one["kind"])
    number, key = 2, stem
    while key in taken:
        key, number = f"{stem}_{number}", number + 1
    return key


def _ratio(data: Mapping[str, Sequence[str]], numbered: Mapping[str, str]) -> list[dict[str, Any]]:
    of, to = numbered.get(_first(data, "ratio_of")), numbered.get(_first(data, "ratio_to"))
    if of is None or to is None:
        return []
    label = _first(data, "ratio_label")
    return [{"key": "ratio", "kind": "ratio", "of": of, "to": to, **({"label": label} if label else {})}]


def _nth(data: Mapping[str, Sequence[str]], name: str, at: int) -> str:
    values = data.get(name, ())
    return str(values[at]).strip() if at < len(values) else ""


def _kept(known: Mapping[str, dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """A figure of before, with those that it is made of behind it."""
    one = known.get(key)
    if one is None:
        return []
    return [one, *(known[name] for name in (str(one.get("of")), str(one.get("to"))) if name in known)]


def _groups(data: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for at, text in enumerate(data.get("group", ())):
        if text:
            found.setdefault(text, _group(text, _nth(data, "bands", at), f"groups.{len(found)}.bands"))
    return list(found.values())


def _group(text: str, bands: str, place: str) -> dict[str, Any]:
    path, _colon, by = text.partition(":")
    if by != BANDS:
        return {"field": path, **({"by": by} if by else {})}
    # "0; 1,000; 5,000" and "0, 1000, 5000" are both meant: a comma parts figures unless there are semicolons.
    wide = bands.replace("；", ";").replace("，", ",")
    parts = wide.replace(",", "").split(";") if ";" in wide else wide.replace(",", " ").split()
    numbers = [part.strip() for part in parts if part.strip()]
    if not numbers:
        raise Invalid({place: [_("Give the limits of the ranges, such as 10, 50, 100.")]})
    return {"field": path, "bands": numbers}


def _period(data: Mapping[str, Sequence[str]], base: Mapping[str, Any]) -> dict[str, Any] | None:
    path, within = _first(data, "period_field"), _first(data, "within")
    if not path or not within:
        return None
    if within == "given":
        return {"field": path, "within": {"from": _first(data, "from"), "to": _first(data, "to")}}
    if within == "keep":
        before = base.get("period") or {}
        return {"field": path, "within": before["within"]} if before else None
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
