"""What people expect, and the plans that are made of forecasts."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _

from guanxi.analytics.access import RIGHT, require_manage
from guanxi.analytics.forecast.reading import BREAKDOWNS, lines, opened
from guanxi.analytics.goals.saving import save_goal
from guanxi.analytics.kpis.reading import known_kpi
from guanxi.analytics.models import Goal, Judgement, Plan, PlanCell
from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require
from guanxi.identity.services.locking import locked

MOST_MONTHS = 24
DIMENSIONS = ("all", *BREAKDOWNS)


def say_expected(actor: Actor, since: date, amount: Any, note: str = "", *, member: UUID | None = None) -> Judgement:
    """What a person (the actor, or one of its branch) expects to sell in a month. Earlier words stay. Raises `Invalid`, `NotAllowed`."""
    _kpi, seen = opened(actor)
    who = member or actor.member_id
    if who is None or (who != actor.member_id and not (seen.whole or str(who) in seen.people)):
        raise NotAllowed(_("You may speak for yourself and your branch only."))
    if who != actor.member_id:
        require(actor, RIGHT, "edit")
    value = _number(amount)
    errors: dict[str, list[str]] = {}
    if value is None or value < 0:
        errors["amount"] = [_("Write a number.")]
    if since.day != 1:
        errors["since"] = [_("Name a month by its first day.")]
    if len(note) > 300 or "\x00" in note:
        errors["note"] = [_("Use at most %(count)d characters.") % {"count": 300}]
    if errors or value is None:
        raise Invalid(errors)
    with tenant_tx(actor.tenant_id):
        last = Judgement.objects.filter(member_id=who, since=since).order_by("-said_at", "-id").first()
        if last is not None and (last.amount, last.note) == (value, note):
            return last  # type: ignore[no-any-return]
        found: Judgement = Judgement.objects.create(member_id=who, since=since, amount=value, note=note)
        return found


def plan_from_forecast(actor: Actor, name: str, dimension: str, first: date, after: date) -> Plan:
    """A plan that begins with the forecast; months that it does not reach begin with 0. Raises `Invalid`, `NotAllowed`."""
    _require_whole(actor)
    errors: dict[str, list[str]] = {}
    title = name.replace("\x00", "").strip()
    if not title or len(title) > 120:
        errors["name"] = [_("Write between 1 and %(count)d characters.") % {"count": 120}]
    if dimension not in DIMENSIONS:
        errors["dimension"] = [_("Choose one of the list.")]
    if first.day != 1 or after.day != 1 or not first < after <= first + relativedelta(months=MOST_MONTHS):
        errors["after"] = [_("A plan has whole months, at most %(count)d.") % {"count": MOST_MONTHS}]
    if errors:
        raise Invalid(errors)
    with tenant_tx(actor.tenant_id):
        plan: Plan = Plan.objects.create(
            name=title, dimension=dimension, first=first, after=after, owner_id=actor.doing_id
        )
        months = months_of(plan)
        cells = []
        for line in lines(actor, opened(actor)[1], dimension):
            for month in months:
                point = line.months.get(month)
                cells.append(
                    PlanCell(
                        plan=plan, member=line.member, since=month, amount=round(max(point.mean, 0.0)) if point else 0.0
                    )
                )
        PlanCell.objects.bulk_create(cells)
        note_access(actor, "plan.added", record_id=plan.id, detail={"name": title, "cells": len(cells)})
        return plan


def get_plan(actor: Actor, plan_id: UUID) -> Plan:
    """A plan; for those who see the whole company. Raises `NotFound`, `NotAllowed`."""
    known_kpi(actor, "revenue")
    if not opened(actor)[1].whole:
        raise NotAllowed(_("Plans are for those who see the figures of the whole company."))
    found: Plan | None = Plan.objects.select_related("owner").filter(id=plan_id).first()
    if found is None:
        raise NotFound(_("There is no such plan."))
    return found


def change_plan(
    actor: Actor,
    plan_id: UUID,
    amounts: Mapping[tuple[str, date], Any],
    *,
    name: str | None = None,
    version: int | None = None,
) -> Plan:
    """Other amounts for some cells. Raises `Invalid`, `Stale`."""
    _require_whole(actor)
    with tenant_tx(actor.tenant_id):
        get_plan(actor, plan_id)
        plan = locked(Plan, plan_id, version)
        months = set(months_of(plan))
        cells = {(cell.member, cell.since): cell for cell in plan.cells.all()}
        changed = []
        for (member, since), given in amounts.items():
            value, cell = _number(given), cells.get((member, since))
            if value is None or since not in months or cell is None:
                raise Invalid({"cells": [_("%(month)s: write a number.") % {"month": since.isoformat()[:7]}]})
            if cell.amount != value:
                cell.amount = value
                changed.append(cell)
        title = plan.name if name is None else name.replace("\x00", "").strip()[:120] or plan.name
        if changed or title != plan.name:
            PlanCell.objects.bulk_update(changed, ["amount"])
            plan.name, plan.version = title, plan.version + 1
            plan.save()
            note_access(actor, "plan.changed", record_id=plan.id, detail={"cells": len(changed)})
        return plan


def delete_plan(actor: Actor, plan_id: UUID, version: int | None = None) -> None:
    """Forget a plan; goals made of it stay."""
    _require_whole(actor)
    with tenant_tx(actor.tenant_id):
        get_plan(actor, plan_id)
        plan = locked(Plan, plan_id, version)
        note_access(actor, "plan.removed", record_id=plan.id, detail={"name": plan.name})
        plan.delete()


def goals_from_plan(actor: Actor, plan_id: UUID) -> int:
    """The plan as goals for revenue: one of the company, and by person one of each, which are changed where they are there. Returns how many."""
    plan = get_plan(actor, plan_id)
    with tenant_tx(actor.tenant_id):
        sums: dict[str, float] = {}
        for cell in plan.cells.all():
            sums[cell.member] = sums.get(cell.member, 0.0) + cell.amount
        company = _goal(actor, plan, sum(sums.values()), None, None)
        people = (
            {member: amount for member, amount in sums.items() if member and amount > 0}
            if plan.dimension == "owner"
            else {}
        )
        for member, amount in people.items():
            _goal(actor, plan, amount, UUID(member), company.id)
        return 1 + len(people)


def months_of(plan: Plan) -> list[date]:
    """The months of a plan."""
    count = (plan.after.year - plan.first.year) * 12 + plan.after.month - plan.first.month
    return [plan.first + relativedelta(months=step) for step in range(count)]


def _goal(actor: Actor, plan: Plan, amount: float, member: UUID | None, parent: UUID | None) -> Goal:
    place = {"kpi": "revenue", "first": plan.first, "after": plan.after}
    known = Goal.objects.filter(**place, member_id=member, team=None).first()
    values = (
        {"amount": amount}
        if known
        else {**place, "amount": amount, "member": member, "parent": parent, "name": plan.name}
    )
    return save_goal(actor, values, known.id if known else None)


def _require_whole(actor: Actor) -> None:
    require_manage(actor)
    if not opened(actor)[1].whole:
        raise NotAllowed(_("Plans are for those who see the figures of the whole company."))


def _number(given: Any) -> float | None:
    try:
        value = float(str(given).replace(",", ""))
    except ValueError:
        return None
    return value if -1e15 < value < 1e15 else None
