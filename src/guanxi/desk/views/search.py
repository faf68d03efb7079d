"""Search and commands: the palette and the page of all results."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from guanxi.desk.queries.finding import Results, find
from guanxi.identity.permissions import may
from guanxi.records.screens import create_entries, fragment, menu_entries, page

SHORT = 5
SIGNS = ">@#"
PEOPLE = ("contact", "lead")


def palette(request: HttpRequest) -> HttpResponse:
    """The palette's answer to what was typed: results by object, commands for the best hit, commands by name.

    A first sign narrows it: > commands, @ people, # codes.
    """
    actor: Any = request.actor  # type: ignore[attr-defined]
    text = request.GET.get("q", "").replace("\x00", "").strip()[:100]
    results = _results(actor, text)
    context = {
        "query": text.lstrip(SIGNS).strip(),
        "results": results,
        "commands": [] if text[:1] in ("@", "#") else _commands(request, text),
        "do": _for_best(actor, results),
        "new": _new_account(actor, text),
        "short": SHORT,
    }
    return fragment(request, "desk/_palette.html.jinja", context)


def _results(actor: Any, text: str) -> Results:
    wanted = text.lstrip(SIGNS).strip()
    if not wanted or text.startswith(">"):
        return Results([], 0, 0)
    return find(
        actor,
        wanted,
        objects=PEOPLE if text.startswith("@") else None,
        only="code" if text.startswith("#") else "",
    )


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


def _new_account(actor: Any, text: str) -> dict[str, Any] | None:
    """The last command: what was looked for becomes the name of a new account."""
    if not text or text[0] in SIGNS or "customers" in actor.rooms_off or not may(actor, "account", "create"):
        return None
    return {
        "label": _("New account “%(name)s”") % {"name": text},
        "url": f"/accounts/new?{urlencode({'name': text})}",
    }


def _for_best(actor: Any, results: Results) -> list[dict[str, Any]]:
    """What can be done at once with the best hit, when it is somebody one talks to."""
    if not results.groups or results.groups[0].kind.name not in ("account", "contact"):
        return []
    kind, best = results.groups[0].kind, results.groups[0].items[0]
    about = urlencode({kind.name: str(best.id)})
    commands = [
        {
            "needs": "interaction",
            "label": _("Log call with %(name)s") % {"name": best.name},
            "icon": "phone",
            "url": f"/activity/call?{about}",
            "key": "L",
        },
        {
            "needs": "task",
            "label": _("New task for %(name)s") % {"name": best.name},
            "icon": "checkbox",
            "url": f"/activity/task?{about}",
            "key": "T",
        },
    ]
    return [command for command in commands if may(actor, command["needs"], "create")]
