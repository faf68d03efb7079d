"""Import of a file in three steps: file, columns, result; and what was imported before."""

import csv
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.jobs import enqueue
from guanxi.identity.models import Membership
from guanxi.identity.permissions import matchable
from guanxi.records.imports.errors import error_lines
from guanxi.records.imports.forms import DECIMALS, DELIMITERS, ENCODINGS, ORDERS, Form
from guanxi.records.imports.preview import preview
from guanxi.records.imports.rules import Rule, importable_fields, key_fields, rules_of
from guanxi.records.imports.running import figures_of, run_import
from guanxi.records.imports.services import (
    change_form,
    decide,
    get_import,
    past_imports,
    pause_import,
    start_import,
    undo_import,
    wait_for_worker,
)
from guanxi.records.models import Import, Operation
from guanxi.records.operations import may_undo
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.tasks import run_file_import
from guanxi.records.views.base import actor_of, done, object_of
from guanxi.records.views.import_forms import Sent, column_rows, part_choices, policy_choices, sent_rules, shape_of

AT_ONCE = 1000
SHOWN = 20
PAST = 20
ACTIVE = ("waiting", "running")
TONES = {
    "uploaded": ("grey", "file"), "waiting": ("grey", "clock"), "running": ("indigo", "refresh"), "paused": ("amber", "player-pause"),
    "failed": ("rose", "alert-triangle"), "done": ("jade", "check"),
}  # fmt: skip


def choose_file(request: HttpRequest, plural: str) -> HttpResponse:
    """Step 1: the file."""
    kind = _importable(request, plural)
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, kind, "records/import_file.html.jinja", 1, {"past": _past(request, kind)})
    sent = request.FILES.get("file")
    try:
        if sent is None:
            raise Invalid({"file": [_("Choose a file.")]})
        row = start_import(actor, object_name=kind.name, name=sent.name or "import.csv", content=sent.file)  # type: ignore[arg-type]
    except Invalid as refusal:
        context = {"errors": refusal.errors, "past": _past(request, kind)}
        return _page(request, kind, "records/import_file.html.jinja", 1, context, status=422)
    return done(request, f"/{kind.plural}/import/{row.id}/")


def choose_columns(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Step 2: what becomes of each column, with the first rows as they would be stored. POST starts the import."""
    kind = _importable(request, plural)
    actor = actor_of(request)
    row = _import(request, kind, id)
    if row.status != "uploaded" and not (row.status == "done" and row.options.get("dry")):
        return done(request, f"/{kind.plural}/import/{id}/result")
    if request.method != "POST":
        return _columns(request, kind, row, rules_of(row.mapping), {})
    rules: list[Rule] = []
    try:
        heads = row.options["headers"]
        rules = sent_rules(request.POST, len(heads))
        if request.POST.get("reread"):
            row = change_form(actor, id, shape_of(request.POST))
            # Other columns need other rules; the same ones keep what was decided.
            kept = rules if row.options["headers"] == heads else rules_of(row.mapping)
            return _columns(request, kind, row, kept, {})
        if request.POST.get("preview"):
            return _columns(request, kind, row, rules, {})
        dry = bool(request.POST.get("dry"))
        sent = {name: request.POST.get(name, "") for name in ("key", "tag")}
        row = decide(actor, id, rules=rules, policy=request.POST.get("policy") or "create", dry=dry, **sent)
    except Invalid as refusal:
        return _columns(request, kind, row, rules or rules_of(row.mapping), refusal.errors, status=422)
    return _begin(request, kind, row)


def _begin(request: HttpRequest, kind: ObjectType, row: Import) -> HttpResponse:
    """Few rows are imported before the answer, more by the worker."""
    actor = actor_of(request)
    wait_for_worker(actor, row.id)
    if 0 < row.total <= AT_ONCE:
        run_import(actor, row.id)
    else:
        enqueue(run_file_import, actor.tenant_id, import_id=row.id, user_id=actor.user_id, once_key=f"import-{row.id}")
    return done(request, f"/{kind.plural}/import/{row.id}/result")


@require_safe
def result(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Step 3: what came of it; while the worker is busy the page asks again every second."""
    kind = _importable(request, plural)
    row = _import(request, kind, id)
    figures = figures_of(row)
    operation = Operation.objects.filter(id=row.id).first()
    share = min(100, round(100 * figures.read / row.total)) if row.total else 0
    context: dict[str, Any] = {
        "row": row,
        "figures": figures,
        "share": 100 if row.status == "done" else share,
        "active": row.status in ACTIVE,
        "dry": bool(row.options.get("dry")),
        "state": state_word(row),
        "tone": TONES[row.status],
        "reasons": list(row.rows.order_by("number")[:SHOWN]),
        "may_undo": (may_undo(operation) if operation else row.status in ("failed", "paused"))
        and row.undone_at is None,
        "undone_by": operation.undone_by if operation else None,
        "base": f"/{kind.plural}/import/{row.id}/",
        "list_url": _list_url(kind, row),
        "rate": round(row.read / row.seconds) if row.seconds and row.read > AT_ONCE else 0,
        "followed": row.followed_at is not None or row.created == 0,
    }
    if request.headers.get("HX-Request"):
        return fragment(request, "records/_import_result.html.jinja", {"kind": kind, **context})
    return _page(request, kind, "records/import_result.html.jinja", 3, context)


@require_safe
def errors(request: HttpRequest, plural: str, id: UUID) -> StreamingHttpResponse:
    """The refused rows as they stood in the file, each with its reason, as CSV."""
    row = _import(request, _importable(request, plural), id)
    writer = csv.writer(_Echo())
    # Read here, inside the tenant's transaction: an answer is sent when it is over.
    lines = ["\ufeff", *(writer.writerow(cells) for cells in error_lines(row))]
    answer = StreamingHttpResponse(iter(lines), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="refused.csv"'
    return answer


@require_POST
def pause(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Stop behind the rows that are being stored."""
    kind = _importable(request, plural)
    _import(request, kind, id)
    pause_import(actor_of(request), id)
    return done(request, f"/{kind.plural}/import/{id}/result")


@require_POST
def resume(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Go on where it stopped."""
    kind = _importable(request, plural)
    return _begin(request, kind, _import(request, kind, id))


@require_POST
def undo(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Take the import back, with its updates; where people changed records since, these changes stay."""
    kind = _importable(request, plural)
    _import(request, kind, id)
    operation = undo_import(actor_of(request), id)
    return done(request, f"/operations/{operation.id}/")


def state_word(row: Import) -> str:
    """The state of an import in words."""
    words = {
        "uploaded": _("Not begun"), "waiting": _("Waiting"), "running": _("Running"), "paused": _("Paused"), "failed": _("Failed"),
        "done": _("Dry run") if row.options.get("dry") else _("Done"),
    }  # fmt: skip
    return _("Taken back") if row.undone_at else words[row.status]


class _Echo:
    """What csv writes to: it gives each line back."""

    def write(self, text: str) -> str:
        """The line itself."""
        return text


def _columns(
    request: HttpRequest, kind: ObjectType, row: Import, rules: list[Rule], problems: dict[str, list[str]], status: int = 200
) -> HttpResponse:  # fmt: skip
    actor = actor_of(request)
    fields = importable_fields(actor, kind)
    shown = preview(actor, row, rules)
    form = Form.of(row.options["form"])
    keys = [
        item
        for item in key_fields(actor, kind, [rule.field for rule in rules])
        if matchable(actor, kind.name, item.name)
    ]
    context = {
        "row": row,
        "errors": problems,
        "fields": [(item.name, str(item.label) + (" *" if item.required else "")) for item in fields],
        "links": {item.name for item in fields if item.kind == "link"},
        "columns": column_rows(shown, rules),
        "preview": shown,
        "form": form,
        "encodings": [(name, name.upper()) for name in dict.fromkeys([form.encoding, *ENCODINGS]) if name],
        "delimiters": [(mark, {"\t": _("Tab")}.get(mark, mark)) for mark in DELIMITERS],
        "decimals": [(mark, f"1{mark}5") for mark in DECIMALS],
        "orders": [(name, {"ymd": "2026-11-19", "dmy": "19.11.2026", "mdy": "11/19/2026"}[name]) for name in ORDERS],
        "keys": [(item.name, str(item.label)) for item in keys],
        "policies": policy_choices(),
        "parts": part_choices(),
        "cases": [("upper", _("CAPITALS")), ("lower", _("small letters")), ("title", _("First Letters"))],
        "sent": Sent.of(request.POST, row),
        "tag": request.POST.get("tag", _("Import") + timezone.localtime().strftime(" %Y-%m-%d %H:%M")),
    }
    return _page(request, kind, "records/import_columns.html.jinja", 2, context, status=status)


def _past(request: HttpRequest, kind: ObjectType) -> list[dict[str, Any]]:
    rows = past_imports(actor_of(request), kind.name, limit=PAST)
    people = dict(Membership.objects.filter(id__in={row.member_id for row in rows}).values_list("id", "name"))
    return [
        {
            "row": row,
            "who": people.get(row.member_id, _("System")),
            "state": state_word(row),
            "tone": TONES[row.status],
            "figures": figures_of(row),
            "url": f"/{kind.plural}/import/{row.id}/" + ("" if row.status == "uploaded" else "result"),
        }
        for row in rows
        if not (row.status == "uploaded" and row.file_id is None)
    ]


def _list_url(kind: ObjectType, row: Import) -> str:
    tag = row.options.get("tag", "")
    if not tag:
        return f"/{kind.plural}/?sort=-created_at"
    criteria = orjson.dumps({"field": "tags", "op": "contains", "value": tag}).decode()
    return f"/{kind.plural}/?{urlencode({'filter': criteria})}"


def _importable(request: HttpRequest, plural: str) -> ObjectType:
    kind = object_of(request, plural, "import")
    if not kind.importable:
        raise NotFound(_("There is no such page."))
    return kind


def _import(request: HttpRequest, kind: ObjectType, id: UUID) -> Import:
    row = get_import(actor_of(request), id)
    if row.object != kind.name:
        raise NotFound(_("There is no such import."))
    return row


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
