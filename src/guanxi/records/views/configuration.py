"""Settings: the whole configuration as one file, and what such a file would change."""

from typing import Any

import orjson
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.core.errors import Invalid
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page
from guanxi.records.configuration.applying import apply_document
from guanxi.records.configuration.comparing import REMOVED, Difference, compare, document
from guanxi.records.configuration.parts import ordered_parts
from guanxi.records.views.base import actor_of

LARGEST = 4_000_000
PAGE = "records/settings_configuration.html.jinja"


@require_http_methods(["GET", "HEAD", "POST"])
def configuration(request: HttpRequest) -> HttpResponse:
    """The way to the file; POST of a file shows what it would change."""
    actor = actor_of(request)
    require_admin(actor)
    if request.method != "POST":
        return settings_page(request, PAGE, _context(found=None))
    sent = request.FILES.get("file")
    text = sent.read(LARGEST + 1).decode("utf-8-sig", "replace") if sent is not None else ""
    return _preview(request, text, {})


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """The configuration as a JSON file."""
    content = orjson.dumps(document(actor_of(request)), option=orjson.OPT_INDENT_2)
    name = f"configuration-{timezone.localdate().isoformat()}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/json", headers=headers)


@require_POST
def apply(request: HttpRequest) -> HttpResponse:
    """Carry out what was picked of a file's differences."""
    actor = actor_of(request)
    require_admin(actor)
    text = request.POST.get("content", "")
    picked = request.POST.getlist("pick")
    given, errors = attempt(lambda: _read(text))
    if given is not None and not picked:
        errors = {"": [_("Pick at least one difference.")]}
    if given is not None and not errors:
        done, errors = attempt(lambda: apply_document(actor, given, only=picked))
        if done is not None:
            told = {"added": done.added, "changed": done.changed, "removed": done.removed}
            messages.success(request, _("Added %(added)d, changed %(changed)d, removed %(removed)d.") % told)
            return redirect("/settings/configuration/")
    return _preview(request, text, errors)


def _preview(request: HttpRequest, text: str, errors: dict[str, list[str]]) -> HttpResponse:
    picked = request.POST.getlist("pick") if errors else None
    found, wrong = attempt(lambda: compare(actor_of(request), _read(text)))
    shown = _context(found=found if not wrong else None, picked=picked)
    lines = {name: texts for name, texts in errors.items() if name}
    whole = [*errors.get("", []), *(f"{name}: {' '.join(texts)}" for name, texts in lines.items())]
    context = {
        **shown,
        "content": text,
        "errors": whole,
        "file_errors": wrong.get("file") or wrong.get("", []),
    }
    return settings_page(request, PAGE, context, status=422 if errors or wrong else 200)


def _read(text: str) -> Any:
    if len(text) > LARGEST:
        raise Invalid({"file": [_("The file is too large.")]})
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Invalid({"file": [_("This is no configuration of Guanxi.")]}) from None


def _context(*, found: list[Difference] | None, picked: list[str] | None = None) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in found or ():
        groups.setdefault(one.label, []).append(
            {
                "name": one.name,
                "key": one.key.replace("@", ""),
                "kind": one.kind,
                "picked": one.name in picked if picked is not None else one.kind != REMOVED,
                "fields": [(name, _short(before), _short(after)) for name, (before, after) in one.fields.items()],
            }
        )
    return {
        "page_title": _("Configuration"),
        "groups": groups,
        "compared": found is not None,
        "parts": [str(part.label) for _name, part in ordered_parts() if not part.named],
        "kinds": {"added": (_("added"), "jade"), "changed": (_("changed"), "amber"), "removed": (_("removed"), "rose")},
    }


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return "–"
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 160 else f"{text[:157]}…"
