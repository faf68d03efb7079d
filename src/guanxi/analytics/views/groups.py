"""Groups of customers that a run found: what they are like, what to do with them, how far they can be trusted; each becomes a segment."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guanxi.analytics.access import may_manage
from guanxi.analytics.models import Basis, Cluster, Clustering
from guanxi.analytics.queries.groups import (
    Describing,
    bases_in_use,
    groups_in_use,
    history,
    members_of,
    overlooked,
    risks,
)
from guanxi.analytics.queries.portfolio import scored_accounts
from guanxi.analytics.services.groups import keep_group, name_group
from guanxi.analytics.services.segments import keep_customers
from guanxi.analytics.views.base import Tab, offer_tab, region_of, value_page, viewer
from guanxi.analytics.views.overview import COLUMNS
from guanxi.core.errors import NotFound
from guanxi.identity.permissions import may
from guanxi.records.views.base import done

offer_tab(Tab("groups", gettext_lazy("Groups"), "/value/groups", 10))
SHOWN, FEW = 200, 8
BY = {
    Basis.BEHAVIOUR: gettext_lazy("how they buy"),
    Basis.VALUE: gettext_lazy("what they are worth"),
    Basis.NEEDS: gettext_lazy("what matters to them and what they buy"),
    Basis.DEMOGRAPHICS: gettext_lazy("where they are, what they do, how large they are"),
}
VERDICTS = {
    "good": (gettext_lazy("Good"), "green"),
    "doubtful": (gettext_lazy("Doubtful"), "amber"),
    "poor": (gettext_lazy("Poor"), "rose"),
}


@require_safe
def groups(request: HttpRequest) -> HttpResponse:
    """The grouping in use on a basis: `?basis=`, behaviour without one."""
    actor, region = viewer(request), region_of(request)
    known = bases_in_use()
    asked = request.GET.get("basis", "")
    basis = asked if asked in known else known[0] if known else str(Basis.BEHAVIOUR)
    clustering, found = groups_in_use(actor, region, basis)
    context: dict[str, Any] = {
        "clustering": clustering, "basis": basis, "by": BY[Basis(basis)], "bases": [(one, Basis(one).label) for one in known],
        "may_manage_groups": may_manage(actor), "may_keep": may(actor, "segment", "create"),
    }  # fmt: skip
    if clustering:
        words = Describing(actor, [one.cluster for one in found])
        missed = overlooked(actor, clustering, region)
        context |= {
            "groups": [(one, words.of(one.cluster)) for one in found],
            "missed": missed,
            "rows": missed.accounts.values(*COLUMNS)[:FEW],
            "risks": [(one, *VERDICTS[one.verdict]) for one in risks(clustering, missed)],
            "history": history(basis),
        }
    return value_page(request, "analytics/groups.html.jinja", "groups", context)


def _group(id: UUID) -> Cluster:
    found: Cluster | None = Cluster.objects.filter(id=id, clustering__in_use=True).select_related("clustering").first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


@require_safe
def group(request: HttpRequest, id: UUID) -> HttpResponse:
    """One group: what sets it apart, and its members."""
    actor, region = viewer(request), region_of(request)
    found = _group(id)
    rows = members_of(actor, found, region)
    basis = found.clustering.basis
    context = {
        "page_title": found.called, "group": found, "said": Describing(actor, [found]).of(found), "by": BY[Basis(basis)],
        "count": rows.count(), "shown": SHOWN, "rows": rows.values(*COLUMNS)[:SHOWN], "may_keep": may(actor, "segment", "create"),
        "breadcrumbs": [{"label": _("Customer value"), "url": "/value/"}, {"label": _("Groups"), "url": f"/value/groups?basis={basis}"}],
    }  # fmt: skip
    return value_page(request, "analytics/group.html.jinja", "", context)


@require_POST
def rename(request: HttpRequest, id: UUID) -> HttpResponse:
    """A person's own name and next step of a group, which it keeps as long as it goes on."""
    actor = viewer(request)
    name_group(actor, id, request.POST.get("name", ""), request.POST.get("next_step", ""))
    return done(request, f"/value/groups?basis={_group(id).clustering.basis}", _("Saved."))


@require_POST
def keep(request: HttpRequest, id: UUID) -> HttpResponse:
    """A segment of the group's customers, as far as the actor sees them; later runs keep it up to date."""
    segment = keep_group(viewer(request), id)
    return done(request, f"/segments/{segment.id}/", _("Segment “%(name)s” made.") % {"name": segment.name})


@require_POST
def keep_overlooked(request: HttpRequest) -> HttpResponse:
    """A segment of the customers whom no group of a basis describes."""
    actor = viewer(request)
    clustering = Clustering.objects.filter(in_use=True, basis=request.POST.get("basis", "")[:12]).first()
    if clustering is None:
        raise NotFound(_("It does not exist."))
    name = _("In no group (%(basis)s)") % {"basis": clustering.get_basis_display()}
    accounts = scored_accounts(actor).filter(id__in=overlooked(actor, clustering).accounts.order_by().values("id"))
    segment = keep_customers(actor, name, accounts)
    return done(request, f"/segments/{segment.id}/", _("Segment “%(name)s” made.") % {"name": segment.name})
