"""Who saw what: the log of revealed fields, exports and whatever else changed no record."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guanxi.identity.access_log import GROUPS, Seen, action_words, group_words, read_access_log
from guanxi.identity.models import Membership
from guanxi.identity.screens import settings_page
from guanxi.records.display import object_or_none, record_url
from guanxi.records.views.base import actor_of, uuids

NAMES = ("group", "person", "since", "until")


@require_safe
def access_log(request: HttpRequest) -> HttpResponse:
    """One page of it; the form above narrows by what, who and when."""
    actor = actor_of(request)
    given = {name: request.GET.get(name, "") for name in NAMES}
    chosen = {"group": given["group"] if given["group"] in GROUPS else "", "member_id": _key(given["person"])}
    days, errors = _days(given)
    rows, following = read_access_log(actor, **chosen, **days, before=_key(request.GET.get("before", "")))  # type: ignore[arg-type]
    people = [(str(key), name) for key, name in Membership.objects.order_by("name").values_list("id", "name")]
    onward = urlencode({**given, "before": str(following)}) if following else ""
    context = {
        "page_title": _("Who saw what"),
        "given": given,
        "errors": errors,
        "groups": list(group_words().items()),
        "people": people,
        "lines": [_line(row) for row in rows],
        "next_url": f"/settings/access-log/?{onward}" if onward else "",
    }
    return settings_page(request, "records/settings_access_log.html.jinja", context)


def _line(row: Seen) -> dict[str, Any]:
    kind = object_or_none(row.object)
    what = str(kind.label) if kind else row.object
    field = row.detail.get("field", "")
    if kind and field:
        item = kind.by_name.get(str(field))
        what = f"{what}: {item.label if item else field}"
    if row.action == "export":
        what = f"{what}: {row.detail.get('count', '')} ({row.detail.get('format', '')})"
    url = (
        record_url(kind, row.record_id) if kind and row.record_id and not row.action.startswith("sharing_rule") else ""
    )
    return {"row": row, "action": action_words(row.action), "what": what, "url": url}


def _key(text: str) -> UUID | None:
    found = uuids([text])
    return found[0] if found else None


def _days(given: dict[str, str]) -> tuple[dict[str, date | None], dict[str, list[str]]]:
    days: dict[str, date | None] = {}
    errors: dict[str, list[str]] = {}
    for name in ("since", "until"):
        try:
            days[name] = date.fromisoformat(given[name]) if given[name] else None
        except ValueError:
            days[name], errors[name] = None, [_("Write the date as 2026-12-31.")]
    return days, errors
