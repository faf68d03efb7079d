"""What is done to one record beside editing: commands, undo of the last change, files."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotFound, Stale
from guanxi.core.files import delete_file, files_of, store_file, tells_nothing_hidden
from guanxi.records.changes import update_record
from guanxi.records.display import record_url
from guanxi.records.forms import param_inputs, read_form
from guanxi.records.history import value_at
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import Command, Field, ObjectType
from guanxi.records.screens import fragment
from guanxi.records.values import Wrong, clean_value
from guanxi.records.views.base import actor_of, done, next_url, object_of, version_of
from guanxi.records.views.details import permitted
from guanxi.records.views.editing import errors_of

MOST_FILES = 20


def command(request: HttpRequest, plural: str, id: UUID, key: str) -> HttpResponse:
    """Run a command of the object. With parameters, GET answers their form as a dialog."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    chosen = next((one for one in kind.commands if one.key == key), None)
    if chosen is None or not permitted(actor, kind, record, chosen):
        raise NotFound(_("This is not possible now."))
    if request.method != "POST":
        return _command_form(request, kind, record, chosen, {}, {})
    sent = read_form(kind, request.POST, chosen.params)
    try:
        values = _clean_params(chosen, sent)
        chosen.run(actor, id, version=version_of(request.POST.get("version")), **values)
    except (Invalid, Conflict) as refusal:
        return _command_form(request, kind, record, chosen, sent, errors_of(refusal), status=422)
    except Stale as refusal:
        fresh = get_record(actor, kind.name, id)
        return _command_form(request, kind, fresh, chosen, sent, {"": [refusal.message]}, status=409)
    text = _("%(command)s: done for %(name)s.") % {"command": chosen.label, "name": shown_label(actor, record)}
    return done(request, next_url(request, record_url(kind, id)), text)


def _clean_params(chosen: Command, sent: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for item in chosen.params:
        value = sent.get(item.name)
        if value in (None, "") and not item.required:
            continue
        try:
            values[item.name] = clean_value(item, value)
        except Wrong as wrong:
            errors[item.name] = [str(wrong)]
    if errors:
        raise Invalid(errors)
    return values


def _command_form(
    request: HttpRequest, kind: ObjectType, record: Any, chosen: Command, values: dict[str, Any],
    errors: dict[str, list[str]], status: int = 200,
) -> HttpResponse:  # fmt: skip
    names = {item.name for item in chosen.params}
    presets = {**_presets(request, chosen), **values}
    context = {
        "kind": kind,
        "record": record,
        "command": chosen,
        "title": f"{chosen.label}: {shown_label(actor_of(request), record)}",
        "inputs": param_inputs(actor_of(request), kind, chosen.params, presets, errors),
        "form_errors": [text for name, texts in errors.items() if name not in names for text in texts],
        "action": f"/{kind.plural}/{record.id}/do/{chosen.key}",
        "names": ",".join(names),
    }
    return fragment(request, "records/command.html.jinja", context, status=status)


def _presets(request: HttpRequest, chosen: Command) -> dict[str, Any]:
    return {item.name: request.GET[item.name] for item in chosen.params if item.name in request.GET}


def undo(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Take back the change that led to `?version=` (POST); refused when the record has moved on since."""
    kind = object_of(request, plural, "edit")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = actor_of(request)
    version = version_of(request.GET.get("version"))
    record = get_record(actor, kind.name, id, "edit")
    if version is None or version < 2 or record.version != version:
        raise Conflict(_("The record has been changed since; nothing was taken back."))
    before = value_at(kind.name, id, version - 1)
    fields = {name: value for name, value in before.items() if _writable(kind, name)}
    update_record(actor, kind.name, id, fields, version=version)
    return done(request, next_url(request, record_url(kind, id)), _("Taken back."))


def _writable(kind: ObjectType, name: str) -> bool:
    item: Field | None = kind.by_name.get(name)
    return item.writable if item else True


def add_files(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Attach files to a record (POST, multipart)."""
    kind = object_of(request, plural, "edit")
    actor = actor_of(request)
    get_record(actor, kind.name, id, "edit")
    sent = request.FILES.getlist("file")[:MOST_FILES]
    if request.method != "POST" or not sent:
        raise Invalid({"file": [_("Choose a file.")]})
    for one in sent:
        store_file(
            name=one.name or "", content=one.file, content_type=one.content_type, object=kind.name, record_id=id,  # type: ignore[arg-type]
            member_id=actor.member_id,
        )  # fmt: skip
    text = _("%(count)d files added.") % {"count": len(sent)}
    return done(request, f"{record_url(kind, id)}?tab=files", text)


def remove_file(request: HttpRequest, plural: str, id: UUID, file_id: UUID) -> HttpResponse:
    """Delete a file of a record (POST)."""
    kind = object_of(request, plural, "edit")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    get_record(actor_of(request), kind.name, id, "edit")
    if file_id not in {file.id for file in files_of(kind.name, id) if tells_nothing_hidden(actor_of(request), file)}:
        raise NotFound(_("There is no such file."))
    delete_file(file_id)
    return done(request, f"{record_url(kind, id)}?tab=files", _("File deleted."))
