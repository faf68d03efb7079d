"""The dialog that asks for what a stage needs, and then moves the card."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from guanxi.core.errors import Conflict as Clash
from guanxi.core.errors import Invalid, NotFound
from guanxi.records.board import move_card
from guanxi.records.changes import update_record
from guanxi.records.demands.gates import gate_values, missing
from guanxi.records.forms import editable_fields, param_inputs, read_form
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of, done, next_url, object_of, version_of
from guanxi.records.views.editing import errors_of


@require_http_methods(["GET", "HEAD", "POST"])
def gate(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """What the column `to` of the board needs of a record; POST fills it in and moves the record, both or neither."""
    kind = object_of(request, plural, "edit")
    actor = actor_of(request)
    if kind.board is None:
        raise NotFound(_("There is no board of these records."))
    record = get_record(actor, kind.name, id, "edit")
    to = (request.POST if request.method == "POST" else request.GET).get("to", "")[:80]
    label = dict(gate_values(kind, kind.by_name[kind.board.field])).get(to)
    if label is None:
        raise NotFound(_("There is no such stage."))
    needs = set(missing(kind, record, kind.board.field, to))
    fields = [item for item in editable_fields(actor, kind) if item.name in needs]
    if request.method != "POST":
        return _form(request, kind, record, fields, to, label, {}, {})
    values = read_form(kind, request.POST, fields)
    try:
        with transaction.atomic():
            saved = update_record(actor, kind.name, id, values, version=version_of(request.POST.get("version")))
            move_card(actor, kind.name, id, to, version=saved.version)
    except (Invalid, Clash) as refusal:
        return _form(request, kind, record, fields, to, label, values, errors_of(refusal), status=422)
    text = _("%(name)s moved to %(stage)s.") % {"name": shown_label(actor, saved), "stage": label}
    return done(request, next_url(request, f"/{kind.plural}/board"), text)


def _form(
    request: HttpRequest, kind: ObjectType, record: Any, fields: list[Field], to: str, label: str, values: dict[str, Any],
    errors: dict[str, list[str]], status: int = 200,
) -> HttpResponse:  # fmt: skip
    names = {item.name for item in fields}
    context = {
        "title": _("%(name)s to %(stage)s") % {"name": shown_label(actor_of(request), record), "stage": label},
        "record": record,
        "stage": label,
        "to": to,
        "inputs": param_inputs(actor_of(request), kind, fields, values, errors),
        "form_errors": [text for name, texts in errors.items() if name not in names for text in texts],
        "action": f"/{kind.plural}/{record.id}/gate",
        "names": ",".join(names),
    }
    return fragment(request, "records/gate.html.jinja", context, status=status)
