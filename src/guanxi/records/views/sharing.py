"""Sharing rules in the settings; the dialog that shows to whom a record is open, and opens it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from guanxi.identity.models import SharingRule, Team
from guanxi.identity.permissions import require_admin
from guanxi.identity.queries import team_tree
from guanxi.identity.screens import attempt, posted_values, settings_page, version_or_none
from guanxi.records import registry
from guanxi.records.display import record_url
from guanxi.records.queries import get_record, may_change, shown_label
from guanxi.records.screens import fragment
from guanxi.records.sharing.by_hand import end_share, share_record
from guanxi.records.sharing.reading import (
    colleagues,
    get_rule,
    opened_to,
    principal_of_rule,
    principals_by_id,
    sharing_rules,
)
from guanxi.records.sharing.rules import delete_rule, save_rule
from guanxi.records.views.base import actor_of, is_htmx, object_of, uuids
from guanxi.records.views.filters import conditions_dialog
from guanxi.records.wording import in_words


@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    """All sharing rules; POST makes one that is switched off until its conditions are set."""
    actor = actor_of(request)
    require_admin(actor)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        values = _posted(request) | {"criteria": {}, "is_active": False}
        rule, errors = attempt(lambda: save_rule(actor, values))
        if rule is not None:
            return redirect(f"/settings/sharing/{rule.id}/")
    people = principals_by_id()
    rows = [
        {
            "rule": rule,
            "to": principal_of_rule(rule, people),
            "words": _words(actor, rule),
            "kind": registry.get(rule.object),
        }
        for rule in sharing_rules(actor)
    ]
    context = {
        "page_title": _("Sharing rules"),
        "errors": errors,
        "posted": posted_values(request, errors),
        "rows": rows,
        "objects": _objects(actor),
        **_choices(),
    }
    return settings_page(request, "records/settings_sharing.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """One rule; POST saves name, principal, right and whether it is on."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        version = version_or_none(request.POST.get("version"))
        values = _posted(request) | {"object": row.object, "is_active": bool(request.POST.get("is_active"))}
        saved, errors = attempt(lambda: save_rule(actor, values, rule_id=id, version=version))
        if saved is not None:
            messages.success(request, _("Saved. It holds from now on."))
            return redirect(f"/settings/sharing/{id}/")
    shown = principal_of_rule(row, principals_by_id())
    context = {
        "page_title": row.name,
        "rule": row,
        "kind": registry.get(row.object),
        "words": _words(actor, row),
        "state": state_in_words(row),
        "errors": errors,
        "values": request.POST if errors else {"name": row.name, "to": f"{shown.kind}:{shown.id}", "may_edit": row.may_edit, "is_active": row.is_active},
        **_choices(),
    }  # fmt: skip
    return settings_page(request, "records/settings_sharing_rule.html.jinja", context, status=422 if errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def criteria(request: HttpRequest, id: UUID) -> HttpResponse:
    """The filter builder for the conditions of a rule; POST saves them."""
    actor = actor_of(request)
    row = get_rule(actor, id)
    kind = registry.get(row.object)
    return conditions_dialog(
        request,
        kind,
        row.criteria,
        lambda wanted: save_rule(actor, {"criteria": wanted}, rule_id=id),
        home=f"/settings/sharing/{id}/",
        said=_("Saved. It holds from now on."),
        template="records/settings_sharing_conditions.html.jinja",
    )


@require_POST
def remove_rule(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a rule."""
    delete_rule(actor_of(request), id)
    messages.success(request, _("The rule has ended."))
    return redirect("/settings/sharing/")


@require_http_methods(["GET", "HEAD", "POST"])
def shares(request: HttpRequest, plural: str, id: UUID) -> HttpResponse:
    """To whom a record is open beyond owner and team; POST opens it to somebody, or ends what was opened by hand (`end`)."""
    kind = object_of(request, plural)
    actor = actor_of(request)
    record = get_record(actor, kind.name, id)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        ending = uuids([request.POST.get("end", "")])
        if ending:
            _result, errors = attempt(lambda: end_share(actor, kind.name, id, ending[0]))
        else:
            which, _mark, key = request.POST.get("to", "").partition(":")
            chosen = uuids([key])
            edit = request.POST.get("right") == "edit"
            _share, errors = attempt(
                lambda: share_record(
                    actor,
                    kind.name,
                    id,
                    principal_kind=which,
                    principal_id=chosen[0] if chosen else None,
                    may_edit=edit,
                )
            )
        if not is_htmx(request) and not errors:
            return redirect(record_url(kind, id))
    context = {
        "kind": kind,
        "record": record,
        "name": shown_label(actor, record),
        "action": f"/{kind.plural}/{id}/shares",
        "opened": opened_to(kind.name, record),
        "may_share": may_change(actor, kind.name, record),
        "errors": errors.get("principal_kind") or errors.get("principal_id") or errors.get(""),
        "owner": record.owner.name if record.owner else "",
        "team": record.team.name if record.team else "",
        "targets": _targets(actor),
    }
    return fragment(request, "records/shares_dialog.html.jinja", context)


def _targets(actor: Any) -> list[tuple[str, str]]:
    people = [(f"member:{one.id}", one.name) for one in colleagues() if one.id != actor.member_id]
    return [*_teams(), *people]


def _teams() -> list[tuple[str, str]]:
    """Each team by itself and, where it has teams below, with them."""
    parents = set(Team.objects.exclude(parent=None).values_list("parent_id", flat=True))
    found = []
    for node in team_tree():
        found.append((f"team:{node.team.id}", _("Team %(team)s") % {"team": node.team.name}))
        if node.team.id in parents:
            found.append((f"branch:{node.team.id}", _("Team %(team)s and below") % {"team": node.team.name}))
    return found


def _choices() -> dict[str, Any]:
    return {"targets": [*_teams(), *((f"member:{one.id}", one.name) for one in colleagues())]}


def _objects(actor: Any) -> list[tuple[str, str]]:
    return [(kind.name, str(kind.label_plural)) for kind in registry.objects() if kind.room not in actor.rooms_off]


def _posted(request: HttpRequest) -> dict[str, Any]:
    which, _mark, key = request.POST.get("to", "").partition(":")
    chosen = uuids([key])
    return {
        "name": request.POST.get("name", ""),
        "object": request.POST.get("object", ""),
        "principal_kind": which,
        "principal_id": chosen[0] if chosen else None,
        "may_edit": bool(request.POST.get("may_edit")),
    }


def _words(actor: Any, row: SharingRule) -> str:
    return in_words(actor, registry.get(row.object), row.criteria) or _("all records")


def state_in_words(row: SharingRule) -> str:
    """How a rule is carried out at present."""
    if not row.is_active:
        return _("Switched off: it opens nothing.")
    if row.state == "waiting":
        return _("In force. It is being prepared for speed; that takes a minute at most.")
    if row.state == "inline":
        return _("In force, looked up in the records themselves.")
    return _("In force for %(count)s records.") % {"count": f"{row.matched or 0:,}"}
