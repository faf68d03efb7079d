"""The team overview: pipeline, won business, who stands where, what is stuck."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.ui import formats
from guanxi.desk.queries import team
from guanxi.desk.queries.figures import current_quarter, pipeline_by_stage, sales_figures, won_by_month
from guanxi.identity.queries import fiscal_first_month
from guanxi.records.screens import page


def team_page(request: HttpRequest) -> HttpResponse:
    """For whoever sees more than the own opportunities; others get 404."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    if not team.leads_a_team(actor):
        raise NotFound(_("This page is for those who lead a team."))
    quarter = current_quarter(actor, first_month=fiscal_first_month())
    context = {
        "page_title": _("Team"),
        "quarter": quarter,
        "figures": sales_figures(actor, quarter.first, quarter.after),
        "members": team.member_lines(actor, quarter.first, quarter.after),
        "won_chart": _won_chart(actor),
        "stage_chart": _stage_chart(actor),
        "stuck": team.stuck_opportunities(actor),
        "won": team.won_lately(actor),
        "reasons": [
            {**row, "label": _named(row, "reason")} for row in team.lost_reasons(actor, quarter.first, quarter.after)
        ],
    }
    return page(request, "desk/team.html.jinja", context)


def _won_chart(actor: Any) -> dict[str, Any]:
    months = won_by_month(actor)
    values = [float(total) for _month, total, _count in months]
    return {
        "kind": "bar",
        "unit": "money",
        "currency": actor.currency,
        "category_label": _("Month"),
        "categories": [formats.month(month) for month, _total, _count in months],
        "series": [{"name": _("Won"), "values": values, "tone": "indigo"}],
    }


def _stage_chart(actor: Any) -> dict[str, Any]:
    rows = pipeline_by_stage(actor)
    return {
        "kind": "bar",
        "unit": "money",
        "currency": actor.currency,
        "category_label": _("Stage"),
        "categories": [_named(row, "stage") for row in rows],
        "series": [
            {"name": _("Open"), "values": [float(row["total"] or 0) for row in rows], "tone": "indigo"},
            {"name": _("Weighted"), "values": [float(row["weighted_total"] or 0) for row in rows], "tone": "indigo-2"},
        ],
    }


def _named(row: dict[str, Any], prefix: str) -> str:
    chinese = (get_language() or "").startswith("zh")
    return str((chinese and row[f"{prefix}__name_zh"]) or row[f"{prefix}__name"] or _("No reason given"))
