"""Reports that a job reads: order one, see how far it is, stop it, take its figures."""

from typing import Any

import orjson
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records.api.problems import InvalidAt, pointer
from guanxi.records.api.settings.reports import KEY, pointed
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import MOMENT, OBJECT, TEXT, moment, one_of, or_null
from guanxi.records.models import ReportRun
from guanxi.records.reports.adjusting import adjusted
from guanxi.records.reports.definition import read_definition
from guanxi.records.reports.runs import (
    Answer,
    cancel_run,
    delete_run,
    get_run,
    list_runs,
    may_show,
    show_run,
    start_run,
)
from guanxi.records.reports.saved import find_report

STATES = ("waiting", "running", "done", "cancelled", "failed")


def listing_json(found: Any) -> dict[str, Any]:
    """The rows of a listing report."""
    keys = found.keys or ((),) * len(found.ids)
    return {
        "fields": [one.path for one in found.columns],
        "rows": [
            {"id": str(key), "values": list(row), **({"keys": list(group)} if group else {})}
            for key, row, group in zip(found.ids, found.values, keys, strict=True)
        ],
        **({"totals": found.totals.as_json()} if found.totals else {}),
        "more": found.more,
        "read_at": found.read_at.isoformat().replace("+00:00", "Z"),
    }


def answer_json(found: Answer) -> dict[str, Any] | None:
    """The figures of an answer, or its rows."""
    if found.listing is not None:
        return listing_json(found.listing)
    return found.result.as_json() if found.result is not None else None


def _row(run: ReportRun) -> Row:
    return {
        "id": str(run.id),
        "report": run.key or None,
        "name": run.name,
        "definition": run.definition,
        "state": run.state,
        "error": run.error,
        "created_at": moment(run.created_at),
        "started_at": moment(run.started_at),
        "finished_at": moment(run.finished_at),
        "read_at": moment(run.read_at),
    }


def _get(actor: Actor, key: Any) -> Row:
    """With its figures, as long as the rights are those that they were read with."""
    run = get_run(actor, key)
    result = answer_json(show_run(actor, run)) if may_show(actor, run) else None
    return _row(run) | {"result": result}


def _order(actor: Actor, values: Values) -> tuple[Any, Row]:
    if ("report" in values) == ("definition" in values):
        raise InvalidAt({pointer("report"): [str(gettext_lazy("Give either a report or a definition."))]})
    if "definition" in values:
        try:
            made = read_definition(values["definition"])
            return start_run(actor, made).id, {}
        except Invalid as refusal:
            raise pointed(refusal, below="definition") from refusal
    found = find_report(actor, values["report"])
    given = {name: values[name] for name in ("within", "owner", "team") if values.get(name)}
    if values.get("filter"):
        given["filter"] = orjson.dumps(values["filter"]).decode()
    return start_run(actor, adjusted(actor, found.read, given), key=found.key, name=found.name).id, {}


REPORT_RUNS = Resource(
    name="report-runs",
    schema="ReportRun",
    label=gettext_lazy("Reports read in the background"),
    rows=lambda actor, _query: [_row(one) for one in list_runs(actor)],
    get=_get,
    read={
        "report": or_null(TEXT), "name": TEXT, "definition": OBJECT, "state": one_of(*STATES), "error": TEXT, "created_at": MOMENT,
        "started_at": or_null(MOMENT), "finished_at": or_null(MOMENT), "read_at": or_null(MOMENT),
        "result": or_null(OBJECT),
    },
    write={"report": KEY, "definition": OBJECT, "within": TEXT, "owner": TEXT, "team": TEXT, "filter": OBJECT},
    create=_order,
    delete=lambda actor, key, _version: delete_run(actor, key),
    actions={"cancel": Action(gettext_lazy("Stop reading it"), lambda actor, key, _version: cancel_run(actor, key))},
)  # fmt: skip
