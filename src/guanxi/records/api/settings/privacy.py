"""Privacy: rules of retention, reports on persons, erasures."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import (
    KEY,
    MOMENT,
    OBJECT,
    TEXT,
    WHOLE,
    YES_NO,
    key_in,
    moment,
    one_of,
    or_null,
    words,
)
from guanxi.records.display import object_or_none
from guanxi.records.models import Erasure, RetentionRule
from guanxi.records.privacy.reporting import report_person
from guanxi.records.privacy.retention import delete_rule, get_rule, preview, retention_rules, save_rule
from guanxi.records.privacy.services import agree_erasure, ask_erasure, erasures, get_erasure, refuse_erasure

LISTED = 200


def _rule(row: Any) -> Row:
    return {
        "id": str(row.id),
        "version": row.version,
        "name": row.name,
        "object": row.object,
        "criteria": row.criteria,
        "date_field": row.date_field,
        "days": row.days,
        "action": row.action,
        "is_active": row.is_active,
        "last_run_at": moment(row.last_run_at),
        "last_done": row.last_done,
        "last_held": row.last_held,
    }


def _one_rule(actor: Actor, key: UUID) -> Row:
    row = get_rule(actor, key)
    found = preview(row, first=0)
    return {**_rule(row), "due": found.count, "held": found.held}


def _rules(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [_rule(row) for row in retention_rules(actor) if object_or_none(row.object)]


RETENTION = Resource(
    name="retention-rules",
    schema="RetentionRule",
    label=gettext_lazy("How long records are kept"),
    rows=_rules,
    get=_one_rule,
    read={
        "version": WHOLE, "name": TEXT, "object": TEXT, "criteria": OBJECT, "date_field": TEXT, "days": WHOLE, "action": TEXT, "is_active": YES_NO,
        "last_run_at": or_null(MOMENT), "last_done": WHOLE, "last_held": WHOLE, "due": WHOLE, "held": WHOLE,
    },
    write={
        "name": words(120), "object": words(60), "criteria": OBJECT, "date_field": words(60), "days": WHOLE,
        "action": one_of(*RetentionRule.Action.values), "is_active": YES_NO,
    },
    creating=("object",),
    required=("name", "object", "date_field", "days", "action"),
    create=lambda actor, values: (save_rule(actor, values).id, {}),
    update=lambda actor, key, values, version: save_rule(actor, values, key, version=version),
    delete=lambda actor, key, version: delete_rule(actor, key, version=version),
    versioned=True,
)  # fmt: skip


def _erasure(row: Any) -> Row:
    return {
        "id": str(row.id),
        "object": row.object,
        "record": str(row.record_id),
        "code": row.code,
        "pseudonym": row.pseudonym,
        "basis": row.basis,
        "reference": row.reference,
        "state": row.state,
        "asked_at": moment(row.asked_at),
        "done_at": moment(row.done_at),
        "counts": row.counts,
    }


def _ask(actor: Actor, values: Values) -> tuple[UUID, Row]:
    require_admin(actor)
    record = key_in(values, "record")
    if record is None or object_or_none(values["object"]) is None:
        raise Invalid({"object": [_("Choose one of the list.")]})
    row = ask_erasure(actor, values["object"], record, basis=values["basis"], reference=values.get("reference") or "")
    return row.id, {}


ERASURES = Resource(
    name="erasures",
    schema="Erasure",
    label=gettext_lazy("Erased persons"),
    rows=lambda actor, _query: [_erasure(row) for row in erasures(actor)],
    get=lambda actor, key: _erasure(get_erasure(actor, key)),
    read={
        "object": TEXT, "record": KEY, "code": TEXT, "pseudonym": TEXT, "basis": TEXT, "reference": TEXT, "state": TEXT, "asked_at": MOMENT,
        "done_at": or_null(MOMENT), "counts": OBJECT,
    },
    write={"object": words(60), "record": KEY, "basis": one_of(*Erasure.Basis.values), "reference": words(120)},
    required=("object", "record", "basis"),
    create=_ask,
    actions={
        "agree": Action(gettext_lazy("Agree and erase"), lambda actor, key, _version: agree_erasure(actor, key)),
        "refuse": Action(gettext_lazy("Refuse"), lambda actor, key, _version: refuse_erasure(actor, key)),
    },
)  # fmt: skip


def _read(row: Any) -> Row:
    return {"id": str(row.id), "object": row.object, "record": str(row.record_id), "at": moment(row.at)}


def _reported(actor: Actor) -> Any:
    require_admin(actor)
    return AccessEntry.objects.filter(action="personal_data.reported")


def _one_report(actor: Actor, key: UUID) -> Row:
    row = _reported(actor).filter(id=key).first()
    if row is None:
        raise NotFound(_("There is no such report."))
    return _read(row)


def _make_report(actor: Actor, values: Values) -> tuple[UUID, Row]:
    require_admin(actor)
    record = key_in(values, "record")
    if record is None or object_or_none(values["object"]) is None:
        raise Invalid({"object": [_("Choose one of the list.")]})
    report = report_person(actor, values["object"], record, form="api")
    noted = _reported(actor).filter(record_id=record).order_by("-at", "-id").values_list("id", flat=True)[0]
    return noted, {"report": report.as_json()}


PERSON_REPORTS = Resource(
    name="personal-data-reports",
    schema="PersonalDataReport",
    label=gettext_lazy("What is kept about a person"),
    rows=lambda actor, _query: [_read(row) for row in _reported(actor).order_by("-at", "-id")[:LISTED]],
    get=_one_report,
    read={"object": TEXT, "record": KEY, "at": MOMENT, "report": OBJECT},
    write={"object": words(60), "record": KEY},
    required=("object", "record"),
    create=_make_report,
)
