"""My day: the first page of everybody who sells or serves."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.desk.queries import my_day
from guanxi.desk.queries.attention import needs
from guanxi.desk.queries.figures import Quarter, SalesFigures, current_quarter, sales_figures, today_of
from guanxi.desk.queries.team import leads_a_team
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.identity.queries import fiscal_first_month
from guanxi.records.screens import page


def my_day_page(request: HttpRequest) -> HttpResponse:
    """Target, agenda, tasks, closing soon, what needs an answer, what was open last."""
    actor: Any = request.actor  # type: ignore[attr-defined]
    quarter = current_quarter(actor, first_month=fiscal_first_month())
    tasks, task_count, late_count = my_day.my_tasks(actor)
    now = timezone.localtime()
    agenda = my_day.day_agenda(actor)
    figures, everybody = day_figures(actor, quarter)
    context = {
        "page_title": greeting(actor.name),
        "today": today_of(actor),
        "now": now,
        "quarter": quarter,
        "figures": figures,
        "everybody": everybody,
        "needs": needs(actor, leads=everybody),
        "contacts": my_day.contacts_by_day(actor, everybody=everybody),
        "agenda": agenda,
        "grid": my_day.day_grid(agenda, now),
        "tomorrow": my_day.day_agenda(actor, days_ahead=1),
        "tasks": tasks,
        "task_count": task_count,
        "late_count": late_count,
        "closing": my_day.closing_soon(actor, everybody=everybody),
        "closing_total": my_day.closing_total(actor, everybody=everybody),
        "may_log": may(actor, "interaction", "create"),
        "leads": my_day.new_leads(actor),
        "quotes": my_day.quotes_waiting(actor),
        "notices": my_day.waiting_notices(actor),
        "recent": my_day.recent_records(actor),
    }
    return page(request, "desk/my_day.html.jinja", context)


def day_figures(actor: Actor, quarter: Quarter) -> tuple[SalesFigures, bool]:
    """The actor's figures; those of the team, and True, for somebody who leads one and sells nothing."""
    mine = (actor.member_id,) if actor.member_id else ()
    own = sales_figures(actor, quarter.first, quarter.after, members=mine)
    if own.open_count or own.won_count or own.lost_count or own.target or not leads_a_team(actor):
        return own, False
    whole = sales_figures(actor, quarter.first, quarter.after)
    return whole, bool(whole.open_count or whole.won_count or whole.lost_count or whole.target)


def greeting(name: str) -> str:
    """A greeting by the hour where the person is; the given name alone where the script allows it."""
    hour = timezone.localtime().hour
    called = name if _is_han(name) else name.split(" ")[0]
    if hour < 11:
        return _("Good morning, %(name)s") % {"name": called}
    if hour < 18:
        return _("Good afternoon, %(name)s") % {"name": called}
    return _("Good evening, %(name)s") % {"name": called}


def _is_han(name: str) -> bool:
    return any("\u3400" <= char <= "\u9fff" for char in name)
