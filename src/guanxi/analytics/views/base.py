"""What the pages of customer value share: the right, tabs, filters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from guanxi.analytics.access import may_manage, require_view
from guanxi.identity.actor import Actor
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of


@dataclass(frozen=True)
class Tab:
    """A tab below /value/: its address, its label, for whom."""

    key: str
    label: str | Promise
    url: str
    position: int
    shown: Callable[[Actor], bool] = lambda actor: True


TABS: dict[str, Tab] = {}


def offer_tab(tab: Tab) -> None:
    """Add a tab; each part of the room does so where its pages are."""
    TABS[tab.key] = tab


offer_tab(Tab("overview", _("Overview"), "/value/", 0))


def region_of(request: HttpRequest) -> str:
    """The region that the page is filtered by."""
    return request.GET.get("region", "").replace("\x00", "")[:120]


def value_page(
    request: HttpRequest, template: str, tab: str, context: Mapping[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page with the tabs of customer value; filters stay from tab to tab."""
    actor = actor_of(request)
    kept = {"region": region_of(request)} if region_of(request) else {}
    tabs = [
        {
            "key": one.key,
            "label": str(one.label),
            "url": one.url + (f"?{urlencode(kept)}" if kept else ""),
            "current": one.key == tab,
        }
        for one in sorted(TABS.values(), key=lambda one: one.position)
        if one.shown(actor)
    ]
    shared = {
        "page_title": _("Customer value"),
        "value_tabs": tabs,
        "may_manage": may_manage(actor),
        "region": region_of(request),
    }
    return page(request, template, {**shared, **context}, status=status)


def viewer(request: HttpRequest) -> Actor:
    """The actor, who may look at customer value. Raises `NotAllowed`, `NotFound`."""
    actor = actor_of(request)
    require_view(actor)
    return actor
