"""Settings of privacy: rules of retention, erasures with their certificates; a person's report and erasure."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import require_admin
from guanxi.identity.screens import attempt, settings_page, version_or_none
from guanxi.records import registry
from guanxi.records.display import object_or_none, record_url
from guanxi.records.models import Erasure, RetentionRule
from guanxi.records.privacy.declaring import tables
from guanxi.records.privacy.finding import is_person
from guanxi.records.privacy.reporting import report_person
from guanxi.records.privacy.retention import (
    EDITABLE,
    actions_for,
    date_fields,
    delete_rule,
    get_rule,
    preview,
    retention_rules,
    save_rule,
)
from guanxi.records.privacy.services import (
    agree_erasure,
    ask_erasure,
    erasures,
    get_erasure,
    refuse_erasure,
    set_takes_two,
    takes_two,
)
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.views.base import actor_of, done, object_of
from guanxi.records.views.filters import conditions_dialog
from guanxi.records.views.histories import changes_in_words
from guanxi.records.wording import in_words

HOME = "/settings/privacy/"
TONES = {"done": "jade", "asked": "amber", "refused": "grey", "running": "indigo"}


@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """Rules of retention and erasures."""
    actor = actor_of(request)
    people = _people()
    rules = [
        {"rule": row, "kind": kind, "words": _sentence(actor, row)}
        for row in retention_rules(actor)
        if (kind := object_or_none(row.object))
    ]
    rows = [
        {
            "row": row,
            "kind": object_or_none(row.object),
            "by": people.get(row.asked_by_id, "Guanxi"),
            "tone": TONES[row.state],
        }
        for row in erasures(actor)
    ]
    context = {"page_title": _("Privacy"), "rules": rules, "erasures": rows, "two": takes_two()}
    return settings_page(request, "records/settings_privacy.html.jinja", context)  # fmt: skip


@require_POST
def two_people(request: HttpRequest) -> HttpResponse:
    """Whether erasures need a second person."""
    set_takes_two(actor_of(request), bool(request.POST.get("two")))
    messages.success(request, _("Saved."))
    return redirect(HOME)


@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """The form of a new rule of `?object=`; it is switched off until somebody has seen what it would do."""
    actor = actor_of(request)
    require_admin(actor)
    kind = _kind(actor, (request.POST if request.method == "POST" else request.GET).get("object", ""))
    row = RetentionRule(object=kind.name, days=365, date_field="updated_at")
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        made, errors = attempt(lambda: save_rule(actor, {**_posted(request), "object": kind.name, "is_active": False}))
        if made is not None:
            messages.success(
                request, _("Rule “%(name)s” added. Look at what it would do, then switch it on.") % {"name": made.name}
            )
            return redirect(f"{HOME}rules/{made.id}/")
    return _form(request, kind, row, errors, new=True)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """One rule, and what it would do now."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    kind = _kind(actor, row.object)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        version = version_or_none(request.POST.get("version"))
        values = _posted(request) | {"is_active": bool(request.POST.get("is_active"))}
        saved, errors = attempt(lambda: save_rule(actor, values, id, version=version))
        if saved is not None:
            messages.success(request, _("Saved."))
            return redirect(f"{HOME}rules/{id}/")
    return _form(request, kind, row, errors, new=False)


@require_http_methods(["GET", "HEAD", "POST"])
def conditions(request: HttpRequest, id: UUID) -> HttpResponse:
    """The filter builder for the conditions of a rule; POST saves them."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    kind = _kind(actor, row.object)
    return conditions_dialog(
        request,
        kind,
        row.criteria,
        lambda wanted: save_rule(actor, {"criteria": wanted}, id),
        home=f"{HOME}rules/{id}/",
        said=_("Saved."),
        template="records/settings_retention_conditions.html.jinja",
    )


@require_POST
def remove_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """Forget a rule."""
    delete_rule(actor_of(request), id)
    messages.success(request, _("The rule has ended. What it did stays done."))
    return redirect(HOME)


@require_safe
def erasure(request: HttpRequest, id: UUID) -> HttpResponse:
    """The certificate of an erasure, or the question whether it may be carried out."""
    row = get_erasure(actor_of(request), id)
    people = _people()
    kind = object_or_none(row.object)
    context = {
        "page_title": _("Certificate of erasure") if row.state == Erasure.State.DONE else _("Erasure"),
        "row": row,
        "kind": kind,
        "url": record_url(kind, row.record_id) if kind else "",
        "tone": TONES[row.state],
        "asked_by": people.get(row.asked_by_id, "Guanxi"),
        "done_by": people.get(row.done_by_id, "Guanxi"),
        "counts": [_count(name, count) for name, count in row.counts.items()],
    }
    return settings_page(request, "records/settings_erasure.html.jinja", context)


@require_POST
def agree(request: HttpRequest, id: UUID) -> HttpResponse:
    """The second person agrees: the erasure is carried out."""
    _row, errors = attempt(lambda: agree_erasure(actor_of(request), id))
    _tell(request, errors, _("The person’s data are erased."))
    return redirect(f"{HOME}erasures/{id}/")


@require_POST
def refuse(request: HttpRequest, id: UUID) -> HttpResponse:
    """The second person does not agree."""
    refuse_erasure(actor_of(request), id)
    messages.success(request, _("Nothing was erased."))
    return redirect(f"{HOME}erasures/{id}/")


@require_safe
def person(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The dialog on a person's record: the report, the erasure."""
    kind, record = _person(request, plural, id)
    context = _dialog(request, kind, record)
    return fragment(request, "records/person_dialog.html.jinja", context)


@require_safe
def report(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Everything kept about the person, as a page to read and print; `?form=json` as a file."""
    kind, record = _person(request, plural, id)
    as_file = request.GET.get("form") == "json"
    found = report_person(actor_of(request), kind.name, id, form="json" if as_file else "page")
    if as_file:
        name = f"personal-data-{record.code or id}.json"
        answer = JsonResponse(found.as_json(), json_dumps_params={"ensure_ascii": False, "indent": 1})
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
    context = {
        "page_title": _("Personal data of %(name)s") % {"name": found.person.label},
        "report": found,
        "history": list(zip(found.history, changes_in_words(actor_of(request), found.history), strict=True)),
        "kinds": {one.name: str(one.label) for one in registry.objects()},
        "back_url": record_url(kind, id),
        "file_url": f"/{kind.plural}/{id}/personal/report?form=json",
    }
    return page(request, "records/person_report.html.jinja", context)


@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The form that erases; the record's code must be typed."""
    kind, record = _person(request, plural, id)
    actor = actor_of(request)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        if request.POST.get("code", "").strip() != record.code:
            errors = {"code": [_("Type the code of the record as it stands above.")]}
        else:
            basis, reference = request.POST.get("basis", ""), request.POST.get("reference", "")
            row, errors = attempt(lambda: ask_erasure(actor, kind.name, id, basis=basis, reference=reference))
            if row is not None:
                text = (
                    _("The person’s data are erased.")
                    if row.state == "done"
                    else _("Asked for. Somebody else has to agree.")
                )
                return done(request, f"{HOME}erasures/{row.id}/", text)
    context = _dialog(request, kind, record) | {
        "errors": errors,
        "values": request.POST,
        "bases": Erasure.Basis.choices,
    }
    return fragment(request, "records/erase_dialog.html.jinja", context)


def _dialog(request: HttpRequest, kind: ObjectType, record: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "record": record,
        "name": shown_label(actor_of(request), record),
        "base": f"/{kind.plural}/{record.id}/personal",
        "two": takes_two(),
    }


def _person(request: HttpRequest, plural: str, id: UUID) -> tuple[ObjectType, Any]:
    """The person at an address. Raises `NotFound` for records that are none, `NotAllowed`."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    require_admin(actor)
    record = get_record(actor, kind.name, id)
    if not is_person(kind.name, record):
        raise NotFound(_("There is no such page."))
    return kind, record


def _form(
    request: HttpRequest, kind: ObjectType, row: Any, errors: Mapping[str, list[str]], *, new: bool
) -> HttpResponse:
    actor = actor_of(request)
    shown = {name: getattr(row, name) for name in EDITABLE}
    found = None if new else preview(row)
    context: dict[str, Any] = {
        "page_title": _("New rule") if new else row.name,
        "kind": kind,
        "rule": row,
        "new": new,
        "values": {**shown, **(request.POST.dict() if errors else {})},
        "errors": errors,
        "objects": [(one.name, str(one.label_plural)) for one in _kinds(actor)],
        "dates": [(name, str(item.label)) for name, item in date_fields(kind).items()],
        "actions": actions_for(kind.name),
        "words": _conditions(actor, kind, row.criteria),
        "preview": found,
        "first": [(shown_label(actor, one), record_url(kind, one.id)) for one in found.first] if found else [],
    }
    return settings_page(request, "records/settings_retention.html.jinja", context, status=422 if errors else 200)


def _kinds(actor: Actor) -> list[ObjectType]:
    return [kind for kind in registry.objects() if kind.room not in actor.rooms_off]


def _kind(actor: Actor, name: str) -> ObjectType:
    kinds = _kinds(actor)
    found = next((kind for kind in kinds if kind.name == (name or "lead")), None)
    if found is None:
        raise NotFound(_("There is no such page."))
    return found


def _posted(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in ("name", "date_field", "days", "action")}


def _conditions(actor: Actor, kind: ObjectType, criteria: Any) -> str:
    return str(in_words(actor, kind, criteria)) if criteria else _("all of them")


def _sentence(actor: Actor, row: Any) -> str:
    kind = registry.get(row.object)
    return _conditions(actor, kind, row.criteria)


def _people() -> dict[UUID, str]:
    return dict(Membership.objects.values_list("id", "name"))


def _count(name: str, count: int) -> tuple[str, str, int]:
    """A line of the certificate: what, what was done with it, how often."""
    name, _blank, way = name.partition(" ")
    words = {
        "removed": _("removed for good"), "pseudonymised": _("emptied or given the pseudonym"), "scrubbed": _("the name in it replaced"),
        "rewritten": _("values taken out"), "file removed": _("original file removed"), "to look at": _("to be looked at: files of others that may name the person"),
    }  # fmt: skip
    others = {
        "core_change": _("History"),
        "core_accessentry": _("Access log"),
        "core_storedfile": _("Files"),
        "core_outbox_event": _("Events"),
    }
    called = next((table.called for table in tables() if table.model._meta.db_table == name), name)
    return others.get(name, called), words.get(way, way), count


def _tell(request: HttpRequest, errors: Mapping[str, list[str]], text: str) -> None:
    if errors:
        messages.error(request, " ".join(text for texts in errors.values() for text in texts))
    else:
        messages.success(request, text)
