"""New, edit, one field, delete and restore: forms of the registry over the one write path."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.errors import Conflict as Clash
from guanxi.core.errors import Invalid, NotFound, Stale
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.conflicts import Conflict, Difference, find_conflict
from guanxi.records.custom import custom_fields
from guanxi.records.display import Painter, labels_of, links_of, plain_row, record_url
from guanxi.records.forms import MANY, editable_fields, form_sections, quick_sections, read_form, single_input
from guanxi.records.inputs import FormSection
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import Field, ObjectType
from guanxi.records.screens import fragment, page
from guanxi.records.similar import Similar
from guanxi.records.views.base import actor_of, done, is_htmx, next_url, object_of, version_of
from guanxi.records.views.field_states import all_similar, mark_states, similar_names, without_idle
from guanxi.records.views.uploads import with_uploads
from guanxi.records.wordwise import compare_words

Errors = Mapping[str, Sequence[str]]
# Kinds whose values are told apart word by word.
WORDY = ("text", "longtext", "tags", "multichoice")


def new_record(request: HttpRequest, plural: str) -> HttpResponse:
    """The form of a new record, with presets from the address (`?account=…`); POST creates it."""
    kind = object_of(request, plural, "create")
    actor = actor_of(request)
    if not kind.creatable:
        raise NotFound(_("There is no such page."))
    fields = editable_fields(actor, kind)
    if request.method != "POST":
        presets = {item.name: request.GET[item.name] for item in fields if item.name in request.GET}
        return _form(request, kind, form_sections(actor, kind, values=presets), values=presets)
    data, refused = with_uploads(request, fields)
    values = without_idle(actor, kind, read_form(kind, data, fields))
    if refused:
        return _form(
            request, kind, form_sections(actor, kind, values=values, errors=refused), values=values, errors=refused
        )
    own = {item.name: item for item in fields if item.custom}
    given = {name: value for name, value in values.items() if value not in ("", []) or kind_requires(kind, own, name)}
    doubts = unseen(request, all_similar(actor, kind, values))
    if doubts:
        return _form(request, kind, form_sections(actor, kind, values=values), values=values, doubts=doubts)
    try:
        record = create_record(actor, kind.name, given)
    except (Invalid, Clash) as refusal:
        errors = errors_of(refusal)
        sections = form_sections(actor, kind, values=values, errors=errors)
        return _form(request, kind, sections, values=values, errors=errors)
    text = _("%(what)s created: %(name)s") % {"what": kind.label, "name": shown_label(actor_of(request), record)}
    if kind.mergeable and request.POST.get("similar_seen"):
        # It was made although something alike was shown: the way to look at both stays at hand.
        address = f"/{kind.plural}/{record.id}/duplicates"
        link = format_html(' <a class="link" data-dialog href="{}">{}</a>', address, _("Compare"))
        text = format_html("{}{}", text, link)
    target = request.POST.get("next") or record_url(kind, record.id)
    return done(
        request, target if target.startswith("/") and not target.startswith("//") else record_url(kind, record.id), text
    )


def similar(request: HttpRequest, plural: str) -> HttpResponse:
    """Records that may be the one being entered (POST, the form as it stands): shown beside the form."""
    kind = object_of(request, plural, "create")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    values = read_form(kind, request.POST, editable_fields(actor_of(request), kind))
    return fragment(request, "records/_similar.html.jinja", {"similar": all_similar(actor_of(request), kind, values)})


def unseen(request: HttpRequest, found: Sequence[Similar]) -> Sequence[Similar]:
    """All of `found` when the person has not been shown each of them beside the form, else nothing."""
    seen = set(request.POST.get("similar_seen", "").split(","))
    return found if any(str(item.id) not in seen for item in found) else []


def edit_record(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """The form of a record; POST saves it, merges what others saved meanwhile, or asks where both changed the same."""
    kind = object_of(request, plural, "edit")
    actor = actor_of(request)
    record = get_record(actor, kind.name, id, "edit")
    if request.method != "POST":
        return _form(request, kind, form_sections(actor, kind, record=record), record=record)
    fields = editable_fields(actor, kind)
    data, refused = with_uploads(request, fields)
    values = without_idle(actor, kind, read_form(kind, data, fields), record)
    version = version_of(request.POST.get("version"))
    if refused:
        sections = form_sections(actor, kind, record=record, values=values, errors=refused)
        return _form(request, kind, sections, record=record, values=values, errors=refused, version=version)
    try:
        saved = update_record(actor, kind.name, id, values, version=version)
        if saved.version == version:
            return done(request, next_url(request, record_url(kind, id)), _("Nothing was changed."))
        return done(request, next_url(request, record_url(kind, id)), _("Saved."), undo=undo_url(kind, saved))
    except Stale:
        return _merge(request, kind, id, values, version or 0)
    except (Invalid, Clash) as refusal:
        errors = errors_of(refusal)
        sections = form_sections(actor, kind, record=record, values=values, errors=errors)
        return _form(request, kind, sections, record=record, values=values, errors=errors, version=version)


def resolve_conflict(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Save what was chosen for each field in the conflict dialog (POST); with `keep_editing` back to the form, with what was chosen."""
    kind = object_of(request, plural, "edit")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    actor = actor_of(request)
    version = version_of(request.POST.get("version")) or 0
    fields = {item.name: item for item in editable_fields(actor, kind)}
    values = {name: _sent(request, item) for name, item in fields.items() if f"mine_{name}" in request.POST}
    chosen = {name: value for name, value in values.items() if request.POST.get(f"choice_{name}", "mine") != "theirs"}
    for name in chosen:
        if request.POST.get(f"choice_{name}") == "both":
            chosen[name] = request.POST.getlist(f"both_{name}")
    if "keep_editing" in request.POST:
        record = get_record(actor, kind.name, id, "edit")
        sections = form_sections(actor, kind, record=record, values=chosen)
        return _form(request, kind, sections, record=record, values=chosen)
    try:
        saved = update_record(actor, kind.name, id, chosen, version=version)
    except Stale:
        return _merge(request, kind, id, chosen, version)
    return done(
        request, next_url(request, record_url(kind, id)), _("Merged version saved."), undo=undo_url(kind, saved)
    )


def _sent(request: HttpRequest, item: Field) -> Any:
    if item.kind in MANY:
        return [one for one in request.POST.getlist(f"mine_{item.name}") if one]
    return request.POST.get(f"mine_{item.name}", "")


def _merge(request: HttpRequest, kind: ObjectType, id: UUID, values: dict[str, Any], version: int) -> HttpResponse:
    """Somebody was faster: save what fits together, ask for the rest."""
    actor = actor_of(request)
    try:
        found = find_conflict(actor, kind, id, values, version)
    except Invalid as refusal:
        record = get_record(actor, kind.name, id, "edit")
        sections = form_sections(actor, kind, record=record, values=values, errors=refusal.errors)
        return _form(request, kind, sections, record=record, values=values, errors=refusal.errors, version=version)
    if found.differences:
        context = conflict_context(request, kind, found)
        if is_htmx(request):
            return fragment(request, "records/conflict.html.jinja", context, status=409)
        return page(request, "records/conflict_page.html.jinja", context, status=409)
    if not found.kept_mine:
        return done(request, next_url(request, record_url(kind, id)), _("Nothing was changed."))
    saved = update_record(actor, kind.name, id, found.kept_mine, version=found.version)
    text = _("Saved, together with what %(name)s changed meanwhile.") % {"name": found.who or _("somebody")}
    return done(request, next_url(request, record_url(kind, id)), text, undo=undo_url(kind, saved))


def conflict_context(request: HttpRequest, kind: ObjectType, found: Conflict) -> dict[str, Any]:
    """What the dialog of 12-record-conflict shows."""
    show = ValueText(request, kind)
    count = len(found.differences)
    fits = len(found.kept_mine) + len(found.kept_theirs)
    note = ngettext("%(count)d field differs; choose.", "%(count)d fields differ; choose for each.", count) % {
        "count": count
    }
    if fits:
        note += " " + ngettext(
            "%(count)d other change fits and is kept.", "%(count)d other changes fit together and are kept.", fits
        ) % {"count": fits}
    return {
        "page_title": shown_label(actor_of(request), found.record),
        "kind": kind,
        "title": _("%(name)s saved %(record)s while you were editing")
        % {"name": found.who or _("Somebody"), "record": shown_label(actor_of(request), found.record)},
        "note": _("Nothing is lost.") + " " + note,
        "who": found.who or _("Somebody"),
        # Not "me": that is the frame's.
        "my_name": actor_of(request).name,
        "at": found.at,
        "action": f"/{kind.plural}/{found.record.id}/merge",
        "version": found.version,
        "next": next_url(request, record_url(kind, found.record.id)),
        "record_url": record_url(kind, found.record.id),
        "lines": [_line(show, difference) for difference in found.differences],
        "mine": [(name, _as_sent(value)) for name, value in found.kept_mine.items()],
        "kept": [(*show(name, value), _("you")) for name, value in found.kept_mine.items()]
        + [(*show(name, value), found.who) for name, value in found.kept_theirs.items()],
    }


def _line(show: "ValueText", difference: Difference) -> dict[str, Any]:
    name = difference.item.name
    before = show(name, difference.before)[1]
    by_words = difference.item.kind in WORDY
    return {
        "name": name,
        "label": show(name, None)[0],
        "mine": compare_words(before, show(name, difference.mine)[1]) if by_words else show(name, difference.mine)[1],
        "theirs": compare_words(before, show(name, difference.theirs)[1])
        if by_words
        else show(name, difference.theirs)[1],
        "by_words": by_words,
        "before": before,
        "mine_values": _as_sent(difference.mine),
        "both": difference.both,
        "both_text": show(name, difference.both)[1] if difference.both is not None else "",
    }


def _as_sent(value: Any) -> list[Any]:
    """A value as hidden inputs carry it back: an address as its text in JSON."""
    if isinstance(value, list):
        return [one["id"] if isinstance(one, dict) else one for one in value]
    return [orjson.dumps(value).decode() if isinstance(value, dict) else "" if value is None else value]


class ValueText:
    """Label and text of plain values of one object, as this person may see them."""

    def __init__(self, request: HttpRequest, kind: ObjectType) -> None:
        self.actor, self.kind = actor_of(request), kind
        self.painter = Painter(self.actor, kind)

    def __call__(self, name: str, value: Any) -> tuple[str, str]:
        """(label, text) of a field's plain value."""
        item = self.kind.by_name.get(name) or custom_fields(self.kind.name).get(name)
        if item is None:
            return name, str(value if value is not None else "–")
        if item.kind == "link" and value:
            label = labels_of(self.actor, self.kind, [item], {name: value}).get((name, UUID(str(value))), "")
            value = {"id": str(value), "label": label or "?"}
        return str(item.label), self.painter.text(item, value) or "–"


def field_form(request: HttpRequest, plural: str, id: UUID, name: str) -> HttpResponse:
    """One field in place, in a cell or among facts: GET a small form, POST saves it and shows the value.

    `?show=1` answers the value alone, to leave the form without a change.
    """
    kind = object_of(request, plural, "edit")
    actor = actor_of(request)
    item = kind.by_name.get(name) or custom_fields(kind.name).get(name)
    if item is None:
        raise NotFound(_("There is no such field."))
    record = get_record(actor, kind.name, id)
    if request.GET.get("show"):
        return field_value(request, kind, record, item)
    if request.method != "POST":
        return _field_form(request, kind, record, item)
    data, refused = with_uploads(request, [item])
    values = read_form(kind, data, [item])
    if refused:
        return _field_form(request, kind, record, item, values, refused, status=422)
    try:
        saved = update_record(actor, kind.name, id, values, version=version_of(request.POST.get("version")))
    except (Invalid, Clash) as refusal:
        return _field_form(request, kind, record, item, values, errors_of(refusal), status=422)
    except Stale:
        fresh = get_record(actor, kind.name, id)
        message = {name: [_("Somebody changed this record meanwhile. Look at the value and save again.")]}
        return _field_form(request, kind, fresh, item, values, message, status=409)
    return field_value(request, kind, saved, item, saved=True)


def _field_form(
    request: HttpRequest, kind: ObjectType, record: Any, item: Field, values: Mapping[str, Any] | None = None,
    errors: Errors | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    made = single_input(actor_of(request), kind, item, record=record, values=values, errors=errors)
    if made is None or made.access != "write":
        raise NotFound(_("You may not change this field."))
    whole = [text for key, texts in (errors or {}).items() if key != item.name for text in texts]
    made.errors = [*made.errors, *whole]
    context = {"input": made, "action": f"/{kind.plural}/{record.id}/cell/{item.name}", "version": record.version}
    return fragment(request, "records/field.html.jinja", context, status=status)


def field_value(
    request: HttpRequest, kind: ObjectType, record: Any, item: Field, *, saved: bool = False
) -> HttpResponse:
    """The value of one field as the page shows it."""
    actor = actor_of(request)
    fields = [*kind.fields, item] if item.custom else kind.fields
    row = plain_row(kind, fields, record, labels_of(actor, kind, fields, links_of(fields, record)))
    context = {"shown": Painter(actor, kind).show(item, row[item.name], row), "saved": saved, "item": item,
               "edit_url": f"/{kind.plural}/{record.id}/cell/{item.name}"}  # fmt: skip
    return fragment(request, "records/field_value.html.jinja", context)


def delete(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Into the recycle bin (POST), with a way back."""
    kind = object_of(request, plural, "delete")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    record = delete_record(actor_of(request), kind.name, id)
    text = _("%(name)s is in the recycle bin.") % {"name": shown_label(actor_of(request), record)}
    return done(request, f"/{kind.plural}/", text, undo=f"/{kind.plural}/{id}/restore")


def restore(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """Out of the recycle bin (POST)."""
    kind = object_of(request, plural, "delete")
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    record = restore_record(actor_of(request), kind.name, id)
    return done(
        request, record_url(kind, id), _("%(name)s is back.") % {"name": shown_label(actor_of(request), record)}
    )


def undo_url(kind: ObjectType, record: Any) -> str:
    """Where to POST to take the last change of a record back."""
    return f"/{kind.plural}/{record.id}/undo?version={record.version}"


def kind_requires(kind: ObjectType, own: Mapping[str, Field], name: str) -> bool:
    """Whether a field, one of the tenant's `own` included, must be filled in."""
    item = kind.by_name.get(name) or own.get(name)
    return bool(item and item.required)


def errors_of(refusal: Invalid | Clash) -> dict[str, list[str]]:
    """Messages by field of a refusal."""
    return refusal.errors if isinstance(refusal, Invalid) else {"": [refusal.message]}


def _form(
    request: HttpRequest, kind: ObjectType, sections: list[FormSection], *, record: Any = None, errors: Errors | None = None,
    values: Mapping[str, Any] | None = None, version: int | None = None, doubts: Sequence[Similar] = (),
) -> HttpResponse:  # fmt: skip
    quick = quick_sections(actor_of(request), kind, sections) if is_htmx(request) and record is None else None
    sections = quick or sections
    placed = {made.name for section in sections for made in section.inputs}
    whole = [text for name, texts in (errors or {}).items() if name not in placed for text in texts]
    names = [made.name for section in sections for made in section.inputs if made.access == "write"]
    context = {
        "page_title": shown_label(actor_of(request), record) if record else _("New: %(what)s") % {"what": kind.label},
        "breadcrumbs": [{"label": str(kind.label_plural), "url": f"/{kind.plural}/"}],
        "kind": kind,
        "sections": sections,
        "all_url": f"/{kind.plural}/new" if quick else "",
        "form_errors": whole,
        "names": ",".join(names),
        "record": record,
        "version": version if version is not None else getattr(record, "version", None),
        "action": f"/{kind.plural}/{record.id}/edit" if record else f"/{kind.plural}/new",
        "next": request.POST.get("next") or request.GET.get("next", ""),
        "cancel_url": record_url(kind, record.id) if record else f"/{kind.plural}/",
        "submit": _("Save") if record else _("Create anyway") if doubts else _("Create"),
        "similar_url": f"/{kind.plural}/similar" if similar_names(kind) and not record else "",
        "similar_fields": similar_names(kind),
        "similar": doubts,
        "multipart": any(made.control == "file" for section in sections for made in section.inputs),
        **mark_states(request, kind, sections, values or {}, record),
    }
    status = 422 if errors else 409 if doubts else 200
    if is_htmx(request):
        return fragment(request, "records/form_dialog.html.jinja", context, status=status)
    return page(request, "records/form.html.jinja", context, status=status)
