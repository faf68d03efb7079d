"""Short ways of writing the ready reports of a room."""

from collections.abc import Mapping
from typing import Any

from guanxi.records.ports import ReadyReport

Part = dict[str, Any]


def ready(
    key: str, label: Any, about: Any, folder: Any, object_name: str, *measures: Part, **parts: Any
) -> ReadyReport:
    """A ready report; `groups` and `pivot` may be texts such as "closed_at:month"."""
    definition: Part = {"object": object_name, "measures": list(measures), **parts}
    if "groups" in parts:
        definition["groups"] = [by(one) for one in parts["groups"]]
    if "pivot" in parts:
        definition["pivot"] = by(parts["pivot"])
    return ReadyReport(key, label, about, folder, definition)


def by(group: str | Part) -> Part:
    """A group: "owner", "closed_at:month", or as it is."""
    if isinstance(group, dict):
        return group
    field, _colon, span = group.partition(":")
    return {"field": field, "by": span} if span else {"field": field}


def count(key: str = "count", *, where: Mapping[str, Any] | None = None, label: Any = "") -> Part:
    """How many records, or how many of them meet `where`."""
    return _measure({"key": key, "kind": "count"}, where, label)


def figure(kind: str, field: str, *, key: str = "", where: Mapping[str, Any] | None = None, label: Any = "", since: str = "") -> Part:  # fmt: skip
    """A field summed up; `since` counts the days from one date to the other."""
    made = {"key": key or kind, "kind": kind, "field": field, **({"since": since} if since else {})}
    return _measure(made, where, label)


def derived(kind: str, of: str, *, to: str = "", key: str = "", label: Any = "") -> Part:
    """A figure made of others: share, running, change, ratio."""
    return _measure({"key": key or kind, "kind": kind, "of": of, **({"to": to} if to else {})}, None, label)


def during(field: str, within: Any) -> Part:
    """The period of a report."""
    return {"field": field, "within": within}


def met(field: str, op: str, value: Any = None) -> Part:
    """One condition."""
    return {"field": field, "op": op, **({} if value is None else {"value": value})}


def _measure(made: Part, where: Mapping[str, Any] | None, label: Any) -> Part:
    return made | ({"filter": dict(where)} if where else {}) | ({"label": label} if label else {})
