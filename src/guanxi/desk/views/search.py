"""Search and commands: the palette and the page of all results."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from guanxi.desk.queries.finding import Results, find
from guanxi.records.screens import create_entries, fragment, menu_entries, page

SHORT = 5


def palette(request: HttpRequest) -> HttpResponse:
    """The palette's answer to what was typed: results by object, commands for the best hit, commands by name."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    results = find(actor, text.lstrip("@#")) if text and not text.startswith(">") else Results([], 0, 0)
    context = {
        "query": text,
        "results": results,
        "commands": _commands(request, text),
        "do": _for_best(results),
        "short": SHORT,
    }
    return fragment(request, "desk/_palette.html.jinja", context)


def search_page(request: HttpRequest) -> HttpResponse:
    """All results on a page of their own."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    results = find(request.actor, text, limit=100) if text else Results([], 0, 0)  # type: ignore[attr-defined]
    context = {"query": text, "results": results, "page_title": _("Search")}
    return page(request, "desk/search.html.jinja", context)


def _commands(request: HttpRequest, text: str) -> list[dict[str, Any]]:
    """Pages and new records whose name contains the text; all of them for an empty palette."""
    wanted = text.lstrip("> ").casefold()
    actor: Any = request.actor  # type: ignore[attr-defined]
    entries = [
        {
            "label": _("Go to %(page)s") % {"page": item["label"]},
            "icon": item["icon"],
            "url": item["url"],
            "dialog": False,
        }
        for group in menu_entries(actor, request.path)
        for item in group["items"]
    ]
    entries += [
        {
            "label": _("New: %(object)s") % {"object": item["label"]},
            "icon": item["icon"],
            "url": item["url"],
            "dialog": True,
        }
        for item in create_entries(actor)
    ]
    found = [entry for entry in entries if wanted in str(entry["label"]).casefold()]
    return found[: 8 if text else 20]


def _for_best(results: Results) -> list[dict[str, Any]]:
    """What can be done at once with the best hit, when it is somebody one talks to."""
    if not results.groups or results.groups[0].kind.name not in ("account", "contact"):
        return []
    kind, best = results.groups[0].kind, results.groups[0].items[0]
    about = urlencode({kind.name: str(best.id)})
    return [
        {
            "label": _("Log call with %(name)s") % {"name": best.name},
            "icon": "phone",
            "url": f"/activity/call?{about}",
            "key": "L",
        },
        {
            "label": _("New task for %(name)s") % {"name": best.name},
            "icon": "checkbox",
            "url": f"/tasks/new?{about}",
            "key": "T",
        },
    ]
