"""Groups of customers that a run found: what they are like, what to do with them; each becomes a segment."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guanxi.analytics.access import may_manage
from guanxi.analytics.models import Cluster
from guanxi.analytics.queries.portfolio import groups_in_use, scored_accounts
from guanxi.analytics.services.groups import name_group
from guanxi.analytics.services.segments import keep_customers
from guanxi.analytics.views.base import Tab, offer_tab, region_of, value_page, viewer
from guanxi.analytics.words import FEATURES
from guanxi.core.errors import NotFound
from guanxi.identity.permissions import may
from guanxi.records.views.base import done

offer_tab(Tab("groups", gettext_lazy("Groups"), "/value/groups", 10))


@require_safe
def groups(request: HttpRequest) -> HttpResponse:
    """The grouping in use."""
    actor, region = viewer(request), region_of(request)
    clustering, found = groups_in_use(actor, region)
    context = {
        "clustering": clustering,
        "groups": [(one, _levels(one.cluster)) for one in found],
        "may_manage_groups": may_manage(actor),
        "may_keep": may(actor, "segment", "create"),
    }
    return value_page(request, "analytics/groups.html.jinja", "groups", context)


def _levels(cluster: Cluster) -> list[tuple[str, str]]:
    """What stands out in a group, in words: features of which the group in the middle lies clearly above or below the others."""
    others = Cluster.objects.filter(clustering_id=cluster.clustering_id).exclude(id=cluster.id)
    rest = [one.centre for one in others if one.centre]
    said = []
    for name, (high, low) in FEATURES.items():
        own, theirs = cluster.centre.get(name), [one[name] for one in rest if name in one]
        if own is None or not theirs:
            continue
        if own > max(theirs):
            said.append((str(high), "up"))
        elif own < min(theirs):
            said.append((str(low), "down"))
    return said


@require_POST
def rename(request: HttpRequest, id: UUID) -> HttpResponse:
    """A person's own name and next step of a group, which it keeps as long as it goes on."""
    actor = viewer(request)
    name_group(actor, id, request.POST.get("name", ""), request.POST.get("next_step", ""))
    return done(request, "/value/groups", _("Saved."))


@require_POST
def keep(request: HttpRequest, id: UUID) -> HttpResponse:
    """A segment kept by hand of the group's customers, as far as the actor sees them."""
    actor = viewer(request)
    cluster = Cluster.objects.filter(id=id).first()
    if cluster is None:
        raise NotFound(_("It does not exist."))
    members: Any = scored_accounts(actor).filter(id__in=cluster.members.values("account_id"))
    segment = keep_customers(actor, cluster.called[:100], members)
    Cluster.objects.filter(id=cluster.id).update(segment_id=segment.id)
    return done(request, f"/segments/{segment.id}/", _("Segment “%(name)s” made.") % {"name": segment.name})
