"""Import of a spreadsheet in three steps: file, columns, result."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.jobs import enqueue
from guanxi.records.models import Upload
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.tasks import import_rows
from guanxi.records.uploads import preview_rows, run_upload, start_upload
from guanxi.records.uploads.mapping import importable_fields
from guanxi.records.uploads.reading import Table
from guanxi.records.uploads.running import MATCHES, get_upload, set_mapping, table_of
from guanxi.records.views.base import actor_of, done, object_of

AT_ONCE = 1000
PREVIEW = 8


def choose_file(request: HttpRequest, plural: str) -> HttpResponse:
    """Step 1: the file."""
    kind = _importable(request, plural)
    if request.method != "POST":
        return _page(request, kind, "records/upload_file.html.jinja", 1, {})
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Invalid({"file": [_("Choose a file.")]})
        upload = start_upload(
            actor_of(request), object_name=kind.name, name=sent.name or "import.csv", content=sent.read()
        )
    except Invalid as refusal:
        return _page(request, kind, "records/upload_file.html.jinja", 1, {"errors": refusal.errors}, status=422)
    return done(request, f"/{kind.plural}/import/{upload.id}/")


def choose_columns(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Step 2: which column becomes which field, with the first rows as they would be stored. POST starts the import."""
    kind = _importable(request, plural)
    actor = actor_of(request)
    upload = _upload(request, kind, id)
    if upload.status != "uploaded":
        return done(request, f"/{kind.plural}/import/{id}/result")
    table = table_of(upload)
    if request.method != "POST" or request.POST.get("preview"):
        mapping = _sent_mapping(request, table) if request.method == "POST" else upload.mapping
        return _columns(request, kind, upload, table, mapping, {})
    mapping = _sent_mapping(request, table)
    try:
        set_mapping(
            actor, id, mapping=mapping, match=request.POST.get("match", ""), on_match=request.POST.get("on_match", "skip"),
            tag=request.POST.get("tag", ""),
        )  # fmt: skip
    except Invalid as refusal:
        return _columns(request, kind, upload, table, mapping, refusal.errors, status=422)
    if len(table.rows) <= AT_ONCE:
        run_upload(actor, id)
    else:
        Upload.objects.filter(id=id).update(status="running")
        enqueue(import_rows, actor.tenant_id, upload_id=id, user_id=actor.user_id, once_key=f"upload-{id}")
    return done(request, f"/{kind.plural}/import/{id}/result")


def result(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Step 3: what came of it; while the worker is busy the page asks again every two seconds."""
    kind = _importable(request, plural)
    upload = _upload(request, kind, id)
    tag = upload.options.get("tag", "")
    criteria = orjson.dumps({"field": "tags", "op": "contains", "value": tag}).decode()
    context: dict[str, Any] = {
        "upload": upload,
        "total": upload.options.get("rows", 0),
        "refusals": upload.options.get("refused", [])[:20],
        "list_url": f"/{kind.plural}/?{urlencode({'filter': criteria})}"
        if tag
        else f"/{kind.plural}/?sort=-created_at",
        "result_url": f"/{kind.plural}/import/{id}/result",
    }
    if request.headers.get("HX-Request"):
        return fragment(request, "records/_upload_result.html.jinja", {"kind": kind, **context})
    return _page(request, kind, "records/upload_result.html.jinja", 3, context)


def _columns(
    request: HttpRequest, kind: ObjectType, upload: Upload, table: Table, mapping: dict[str, str],
    errors: dict[str, list[str]], status: int = 200,
) -> HttpResponse:  # fmt: skip
    actor = actor_of(request)
    fields = importable_fields(actor, kind)
    chosen = {str(number): mapping.get(str(number), "") for number in range(len(table.headers))}
    sample = table.rows[:PREVIEW]
    context = {
        "upload": upload,
        "errors": errors,
        "fields": [(item.name, str(item.label) + (" *" if item.required else "")) for item in fields],
        "columns": [
            {
                "number": number,
                "header": header,
                "field": chosen[str(number)],
                "samples": [row[number] for row in sample if row[number]][:3],
            }
            for number, header in enumerate(table.headers)
        ],
        "preview": preview_rows(actor, kind, {number: name for number, name in chosen.items() if name}, sample),
        "rows": len(table.rows),
        "encoding": upload.options.get("encoding", ""),
        "matches": [
            (name, str(kind.by_name[name].label))
            for name in MATCHES
            if name in kind.by_name and name in mapping.values()
        ],
        "match": request.POST.get("match", ""),
        "on_match": request.POST.get("on_match", "skip"),
        "tag": request.POST.get("tag", _("Import") + timezone.localtime().strftime(" %Y-%m-%d %H:%M")),
    }
    return _page(request, kind, "records/upload_columns.html.jinja", 2, context, status=status)


def _sent_mapping(request: HttpRequest, table: Table) -> dict[str, str]:
    numbers = range(len(table.headers))
    return {
        str(number): request.POST.get(f"column_{number}", "")
        for number in numbers
        if request.POST.get(f"column_{number}")
    }


def _importable(request: HttpRequest, plural: str) -> ObjectType:
    kind = object_of(request, plural, "import")
    if not kind.importable:
        raise NotFound(_("There is no such page."))
    return kind


def _upload(request: HttpRequest, kind: ObjectType, id: UUID) -> Upload:
    upload = get_upload(actor_of(request), id)
    if upload.object != kind.name:
        raise NotFound(_("There is no such import."))
    return upload


def _page(
    request: HttpRequest, kind: ObjectType, template: str, step: int, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    base = {
        "page_title": _("Import: %(what)s") % {"what": kind.label_plural},
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}],
        "kind": kind,
        "step": step,
        "steps": [_("File"), _("Columns"), _("Result")],
        "errors": {},
    }
    return page(request, template, {**base, **context}, status=status)
