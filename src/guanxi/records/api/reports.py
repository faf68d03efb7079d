"""Running reports: GET /reports/{id}/run of one that is kept or ready, POST /reports/run of a definition that is not kept."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.api.calls import Call, answer, object_body, query
from guanxi.records.api.operations import Part, operation, ref, text_parameter
from guanxi.records.api.settings.report_runs import listing_json
from guanxi.records.api.settings.reports import KEY, pointed
from guanxi.records.reports.adjusting import ADJUSTING, adjusted, narrowing
from guanxi.records.reports.definition import Definition, read_definition
from guanxi.records.reports.listing import run_list
from guanxi.records.reports.running import run_report
from guanxi.records.reports.saved import find_report


def report_methods(steps: Sequence[str]) -> dict[str, Any] | None:
    """The functions of an address below /reports that runs one; None for others."""
    if list(steps) == ["reports", "run"]:
        return {"POST": try_call}
    if len(steps) == 3 and steps[0] == "reports" and steps[2] == "run":
        return {"GET": lambda call: run_call(call, steps[1])}
    return None


def run_call(call: Call, key: str) -> HttpResponse:
    """The figures of a report; `within`, `owner`, `team` and `filter` narrow it, and the answer says by what."""
    values = query(call.request, ADJUSTING)
    made = find_report(call.actor, key).read
    figures = _figures(call.actor, adjusted(call.actor, made, values))
    if not values:
        return answer(figures)
    found = narrowing(call.actor, made, values)
    return answer(figures | {"narrowed": {"by": list(found.by), "not_by": list(found.without)}})


def try_call(call: Call) -> HttpResponse:
    """The figures of a definition in the body."""
    query(call.request, ())
    try:
        return answer(_figures(call.actor, read_definition(object_body(call.request))))
    except Invalid as refusal:
        raise pointed(refusal) from refusal


def _figures(actor: Actor, made: Definition) -> dict[str, Any]:
    if not made.columns:
        return run_report(actor, made).as_json()
    return listing_json(run_list(actor, made))


def report_paths() -> Part:
    """The addresses that run reports."""
    narrowed = [
        text_parameter("within", _("Another period, such as last_year or 90d")),
        text_parameter("owner", _("Only records of this user")),
        text_parameter("team", _("Only records of this team")),
        text_parameter(
            "filter", _("Criteria as JSON. A field may be named as account.region, whatever the report is about")
        ),
    ]
    run = operation(
        None, "run", _("Run a report"), "ReportResult", tag="reports", path=True, query=narrowed, more=(404, 409)
    )
    run["parameters"][0] = run["parameters"][0] | {"schema": KEY}
    tried = operation(None, "try", _("Run a definition without keeping it"), "ReportResult", tag="reports", body="ReportDefinition", more=(400, 409, 413, 415))  # fmt: skip
    return {"/reports/{id}/run": {"get": run}, "/reports/run": {"post": tried}}


_WORDS = {"type": "array", "items": {"type": "string"}}
# In words: what narrows the figures, and what does not fit the records they count.
NARROWED: Part = {"type": "object", "required": ["by", "not_by"], "properties": {"by": _WORDS, "not_by": _WORDS}}


def report_schemas() -> Part:
    """What is run, and what it answers."""
    group = {"type": "object", "required": ["field"], "properties": {"field": {"type": "string"}, "by": {"type": "string"}, "bands": {"type": "array"}}}  # fmt: skip
    measure = {
        "type": "object",
        "required": ["key", "kind"],
        "properties": {name: {"type": "string"} for name in ("key", "kind", "field", "since", "of", "to", "label")} | {"filter": {"type": "object"}},
    }  # fmt: skip
    definition = {
        "type": "object",
        "required": ["object"],
        "additionalProperties": False,
        "properties": {
            "object": {"type": "string"}, "filter": {"type": "object"}, "period": {"type": ["object", "null"]},
            "groups": {"type": "array", "items": group}, "pivot": {"anyOf": [group, {"type": "null"}]}, "measures": {"type": "array", "items": measure},
            "columns": {"type": "array", "items": {"type": "string"}}, "sort": {"type": "string"}, "limit": {"type": "integer"}, "compare": {"type": "string"},
            "targets": {"type": "array"}, "chart": {"type": "string"},
        },
    }  # fmt: skip
    figures = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
    row = {"type": "object", "properties": {"keys": {"type": "array"}, "labels": {"type": "array"}, "figures": figures, "id": {"type": "string"}, "values": {"type": "array"}}}  # fmt: skip
    result = {"type": "object", "required": ["rows", "read_at"], "properties": {"narrowed": NARROWED, "rows": {"type": "array", "items": row}, "read_at": {"type": "string", "format": "date-time"}, "total": ref("ReportRow")}}  # fmt: skip
    return {"ReportDefinition": definition, "ReportRow": row, "ReportResult": result}
