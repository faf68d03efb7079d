"""Reports by mail: who gets which, when, and what was sent."""

from typing import Any

from django.utils.translation import gettext_lazy

from guanxi.identity.actor import Actor
from guanxi.records.api.settings.reports import KEY as REPORT_KEY
from guanxi.records.api.settings.resources import Action, Resource, Row, Values
from guanxi.records.api.settings.shapes import KEY, MOMENT, TEXT, WHOLE, YES_NO, moment, one_of, or_null, words
from guanxi.records.models import ReportSubscription
from guanxi.records.reports.subscriptions.schedule import RHYTHMS
from guanxi.records.reports.subscriptions.sending import send_now
from guanxi.records.reports.subscriptions.services import (
    FORMS,
    GIVEN,
    KINDS,
    delete_subscription,
    deliveries_of,
    get_subscription,
    list_subscriptions,
    recipients_of,
    save_subscription,
    set_active,
    unsubscribe,
)

_PERSON = {"type": "object", "properties": {"member": KEY, "next_at": or_null(MOMENT), "stopped": YES_NO}}
_SENT = {"type": "object", "properties": {"member": KEY, "due_at": MOMENT, "state": TEXT, "error": TEXT, "message": or_null(KEY)}}  # fmt: skip


def _row(row: ReportSubscription, people: Any) -> Row:
    return {
        "id": str(row.id), "kind": row.kind, "key": row.key, "name": row.name, "forms": row.forms, "rhythm": row.rhythm, "day": row.day,
        "at": f"{row.at:%H:%M}", "note": row.note, "is_active": row.is_active, "by": str(row.owner_id), "version": row.version,
        "recipients": [str(one.member_id) for one in people],
        "people": [{"member": str(one.member_id), "next_at": moment(one.next_at), "stopped": one.stopped_at is not None} for one in people],
        **{name: row.given.get(name, "") for name in GIVEN},
    }  # fmt: skip


def _rows(actor: Actor, _query: Any) -> list[Row]:
    found = list_subscriptions(actor)
    people = recipients_of(found)
    return [_row(row, people[row.id]) for row in found]


def _get(actor: Actor, key: Any) -> Row:
    row = get_subscription(actor, key)
    sent = [
        {
            "member": str(one.member_id), "due_at": moment(one.due_at), "state": one.state, "error": one.error,
            "message": str(one.message_id) if one.message_id else None,
        }
        for one in deliveries_of(actor, row)
    ]  # fmt: skip
    return _row(row, recipients_of([row])[row.id]) | {"sent": sent}


def _make(actor: Actor, values: Values) -> tuple[Any, Row]:
    return save_subscription(actor, {"kind": "report", **values}).id, {}


def _change(actor: Actor, key: Any, values: Values, version: int | None) -> None:
    stored = _get(actor, key)
    save_subscription(
        actor, {**{name: stored[name] for name in _WRITE}, **values}, subscription_id=key, version=version
    )


def _send(actor: Actor, key: Any, _version: int | None) -> None:
    send_now(actor, get_subscription(actor, key))


_WRITE = {
    "kind": one_of(*KINDS), "key": REPORT_KEY, "forms": {"type": "array", "items": one_of(*FORMS)}, "rhythm": one_of(*RHYTHMS), "day": WHOLE,
    "at": TEXT, "recipients": {"type": "array", "items": KEY}, "note": words(500), "within": TEXT, "owner": TEXT, "team": TEXT,
}  # fmt: skip
REPORT_SUBSCRIPTIONS = Resource(
    name="report-subscriptions",
    schema="ReportSubscription",
    label=gettext_lazy("Reports by mail"),
    rows=_rows,
    get=_get,
    read=_WRITE
    | {
        "name": TEXT, "note": TEXT, "is_active": YES_NO, "by": KEY, "version": WHOLE, "people": {"type": "array", "items": _PERSON},
        "sent": {"type": "array", "items": _SENT},
    },
    write=_WRITE,
    required=("key", "forms", "rhythm", "at", "recipients"),
    create=_make,
    update=_change,
    delete=delete_subscription,
    actions={
        "pause": Action(gettext_lazy("Pause it"), lambda actor, key, version: set_active(actor, key, False, version)),
        "resume": Action(gettext_lazy("Go on"), lambda actor, key, version: set_active(actor, key, True, version)),
        "stop": Action(gettext_lazy("No longer get it oneself"), lambda actor, key, _version: unsubscribe(actor, key)),
        "again": Action(gettext_lazy("Get it again"), lambda actor, key, _version: unsubscribe(actor, key, back=True)),
        "send": Action(gettext_lazy("Send it to oneself now"), _send),
    },
    versioned=True,
)  # fmt: skip
