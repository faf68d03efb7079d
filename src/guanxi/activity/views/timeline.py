"""The timeline and the note box above it: parts of other rooms' pages, loaded anew by htmx."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from guanxi.activity import services
from guanxi.activity.queries import GROUPS, timeline
from guanxi.activity.views.base import About, about_of, own_of
from guanxi.activity.wording import details, mark, place, sentence
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.files import store_file
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.forms import own_inputs
from guanxi.records.screens import fragment
from guanxi.records.views.base import actor_of

MAX_FILES = 10


def timeline_context(
    actor: Actor, about: About, *, group: str = "", text: str = "", before: str = "", under: str = ""
) -> dict[str, Any]:
    """What activity/_composer.html.jinja and activity/_timeline.html.jinja need; for pages of rooms above.

    `under` is the heading that the page showed last, so that it is not repeated.
    """
    chosen = _chosen(about)
    page = timeline(actor, **chosen, group=group, text=text, before=before)
    lines, heading = [], under
    for entry in page.entries:
        spot = place(entry.line.at)
        icon, tone = mark(entry.line)
        lines.append(
            {
                "entry": entry,
                "heading": spot.heading if spot.heading != heading else "",
                "place": spot,
                "icon": icon,
                "tone": tone,
                "sentence": sentence(entry.line),
                "details": details(entry.line),
            }
        )
        heading = spot.heading
    query = {name: value for name, value in about.hidden.items() if name in _names(chosen)}
    address = "/timeline/?" + urlencode(query)
    more = {"group": group, "q": text, "before": page.next, "under": heading}
    return {
        "about": about,
        "timeline_url": address,
        "timeline_lines": lines,
        "timeline_more": f"{address}&{urlencode(more)}" if page.next else "",
        "timeline_text": text,
        "timeline_group": group,
        "timeline_filters": _filters(address, page.counts, group),
        "may_write": may(actor, "note", "create"),
        "own": own_inputs(actor, registry.get("note")) if may(actor, "note", "create") else [],
        "may_log": may(actor, "interaction", "create"),
        "about_query": urlencode(about.hidden),
    }


@require_GET
def timeline_part(request: HttpRequest) -> HttpResponse:
    """GET ?account=…|contact=…|object=…&record=…, group, q; with `before` only the lines that follow."""
    actor = actor_of(request)
    about = about_of(actor, request.GET)
    if not about.hidden:
        raise NotFound(_("There is no such page."))
    given = {name: request.GET.get(name, "")[:200].replace("\x00", "") for name in ("group", "q", "before", "under")}
    context = timeline_context(
        actor, about, group=given["group"], text=given["q"], before=given["before"], under=given["under"]
    )
    part = "activity/_timeline_lines.html.jinja" if given["before"] else "activity/_timeline.html.jinja"
    return fragment(request, part, context)


@require_POST
def write_note(request: HttpRequest) -> HttpResponse:
    """The note box: keeps the words and files, answers an empty box; wrong input comes back with its reason."""
    actor = actor_of(request)
    about = about_of(actor, request.POST)
    context = {"about": about, "may_write": True, "may_log": may(actor, "interaction", "create"), "errors": {}}
    kind = registry.get("note")
    files = request.FILES.getlist("files")[:MAX_FILES]
    try:
        note = services.write_note(actor, body=request.POST.get("body", ""), own=own_of(request, "note"), **about.links)
        for file in files:
            store_file(
                name=file.name or "file",
                content=file,  # type: ignore[arg-type]
                content_type=file.content_type,
                object="interaction",
                record_id=note.id,
                member_id=actor.member_id,
            )
    except Invalid as refused:
        request.failed = True  # type: ignore[attr-defined]
        own = own_inputs(actor, kind, request.POST, refused.errors)
        messages = {name: texts for name, texts in refused.errors.items() if name not in {one.name for one in own}}
        context |= {"errors": messages, "body": request.POST.get("body", ""), "own": own}
        return fragment(request, "activity/_composer.html.jinja", context, status=422)
    context["own"] = own_inputs(actor, kind)
    return fragment(request, "activity/_composer.html.jinja", context, headers={"HX-Trigger": "gx:timeline"})


def _chosen(about: About) -> dict[str, Any]:
    """The narrowest thing the form names: a record, else the contact, else the account."""
    if about.subject == "record":
        return {"object": about.object, "record_id": about.record_id}
    if about.subject == "contact":
        return {"contact_id": about.contact.id}
    return {"account_id": about.account.id}


def _names(chosen: dict[str, Any]) -> set[str]:
    return {
        {"record_id": "record", "account_id": "account", "contact_id": "contact"}.get(name, name) for name in chosen
    }


def _filters(address: str, counts: dict[str, int], group: str) -> list[dict[str, Any]]:
    labels = {
        "": _("All"),
        "calls": _("Calls"),
        "mail": _("Mail"),
        "messages": _("Messages"),
        "visits": _("Visits"),
        "notes": _("Notes"),
        "system": _("Records"),
    }
    shown = ["", *(name for name in GROUPS if counts.get(name) or name == group)]
    return [
        {
            "label": labels[name],
            "count": counts.get(name or "all", 0),
            "current": name == group,
            "url": f"{address}&group={name}",
            "attrs": {"hx-get": f"{address}&group={name}", "hx-target": "#timeline", "hx-swap": "outerHTML"},
        }
        for name in shown
    ]
