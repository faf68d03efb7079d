"""Plans as people make, compute, apply and end them."""

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.access import may_manage, require_manage, require_view
from guanxi.analytics.models import Allocated, AllocationPlan, AllocationState
from guanxi.analytics.optimising.limits import checked
from guanxi.analytics.services.segments import keep_customers
from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.engagement.queries import ROOM as OFFERS
from guanxi.engagement.queries import offered_now
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import matchable, may, require, scope_of
from guanxi.identity.services.locking import locked
from guanxi.records.queries import get_record, visible_records

S = AllocationState
MODULE = "guanxi.analytics.optimising"
STANDING = (S.APPLIED, S.ENDED)


def sees_plans(actor: Actor) -> bool:
    """Whether plans are open to the actor: they count all customers of the company and say what offers bring."""
    return (
        OFFERS not in actor.rooms_off
        and may(actor, "offer", "view")
        and matchable(actor, "offer", "margin")
        and scope_of(actor, "account", "view") == "all"
    )


def require_plans(actor: Actor, *, change: bool = False) -> None:
    """Raise `NotFound` or `NotAllowed` unless the actor may see, or change, plans."""
    require_view(actor)
    if OFFERS in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    if not sees_plans(actor):
        raise NotAllowed(_("Plans are for those who see all customers and what offers bring."))
    if change:
        require_manage(actor)


def may_plan(actor: Actor) -> bool:
    """Whether the actor may change plans."""
    return may_manage(actor) and sees_plans(actor)


def get_plan(actor: Actor, plan_id: UUID) -> AllocationPlan:
    """A plan. Raises `NotFound`, `NotAllowed`."""
    require_plans(actor)
    found: AllocationPlan | None = AllocationPlan.objects.select_related("owner").filter(id=plan_id).first()
    if found is None:
        raise NotFound(_("There is no such plan."))
    return found


def save_plan(
    actor: Actor, values: Mapping[str, Any], plan_id: UUID | None = None, *, version: int | None = None
) -> AllocationPlan:
    """Make a plan, or change one, which makes it a draft again; what is not given stays. Raises `Invalid`, `Stale`, `Conflict` for one that was applied."""
    require_plans(actor, change=True)
    with tenant_tx(actor.tenant_id):
        plan = AllocationPlan(owner_id=actor.doing_id) if plan_id is None else locked(AllocationPlan, plan_id, version)
        if plan.state in STANDING:
            raise Conflict(_("This plan was applied; copy it to plan anew."))
        stored = {} if plan_id is None else _stored(plan)
        given = {**stored, **values}
        if given.get("segment"):
            _check_segment(actor, given["segment"])
        columns = checked(given, {one.id: one for one in offered_now(actor)}, actor.currency)
        for name, value in columns.items():
            setattr(plan, name, value)
        plan.state, plan.problem, plan.result, plan.computed_at = S.DRAFT, {}, {}, None
        plan.version += 0 if plan_id is None else 1
        plan.save(force_insert=plan_id is None)
        Allocated.objects.filter(plan=plan).delete()
        action = "allocation.added" if plan_id is None else "allocation.changed"
        note_access(actor, action, object_name="allocation", record_id=plan.id, detail={"name": plan.name})
        return plan


def _stored(plan: AllocationPlan) -> dict[str, Any]:
    names = ("name", "goal", "hurdle", "budget", "first", "last", "offers", "channels")
    return {name: getattr(plan, name) for name in names} | {"segment": plan.segment_id}


def _check_segment(actor: Actor, segment_id: Any) -> None:
    try:
        segment: Any = get_record(actor, "segment", UUID(str(segment_id)))
    except (NotFound, ValueError):
        raise Invalid({"segment": [_("Choose one of the list.")]}) from None
    if segment.object != "account":
        raise Invalid({"segment": [_("Choose a segment of accounts.")]})


def copy_plan(actor: Actor, plan_id: UUID) -> AllocationPlan:
    """A draft with the same limits. Raises `Invalid` where they no longer hold."""
    plan = get_plan(actor, plan_id)
    return save_plan(actor, {**_stored(plan), "name": _("%(name)s, copy") % {"name": plan.name[:110]}})


def delete_plan(actor: Actor, plan_id: UUID, version: int | None = None) -> None:
    """Forget a plan; what was proposed by it stays."""
    require_plans(actor, change=True)
    with tenant_tx(actor.tenant_id):
        plan = locked(AllocationPlan, plan_id, version)
        note_access(
            actor, "allocation.removed", object_name="allocation", record_id=plan.id, detail={"name": plan.name}
        )
        plan.delete()


def ask_to_compute(actor: Actor, plan_id: UUID, version: int | None = None) -> AllocationPlan:
    """Mark a plan as being computed; the caller starts the job. Raises `Conflict` for one that was applied."""
    require_plans(actor, change=True)
    with tenant_tx(actor.tenant_id):
        plan = locked(AllocationPlan, plan_id, version)
        if plan.state in STANDING:
            raise Conflict(_("This plan was applied; copy it to plan anew."))
        return _put(actor, plan, "allocation.asked", state=S.COMPUTING, problem={}, computed_at=None)


def apply_plan(actor: Actor, plan_id: UUID, version: int | None = None) -> AllocationPlan:
    """Let a computed plan hold: its prices count for the next best action; the caller starts the job that proposes. Raises `Conflict`, `NotAllowed`."""
    require_plans(actor, change=True)
    require(actor, "response", "create")
    with tenant_tx(actor.tenant_id):
        plan = locked(AllocationPlan, plan_id, version)
        if plan.state != S.COMPUTED:
            raise Conflict(_("Compute the plan first."))
        return _put(actor, plan, "allocation.applied", state=S.APPLIED, applied_at=timezone.now())


def end_plan(actor: Actor, plan_id: UUID, version: int | None = None) -> AllocationPlan:
    """Nothing more is proposed by the plan, and its prices no longer count."""
    require_plans(actor, change=True)
    with tenant_tx(actor.tenant_id):
        plan = locked(AllocationPlan, plan_id, version)
        if plan.state != S.APPLIED:
            raise Conflict(_("Only a plan that was applied can be ended."))
        return _put(actor, plan, "allocation.ended", state=S.ENDED)


def _put(actor: Actor, plan: AllocationPlan, action: str, **values: Any) -> AllocationPlan:
    for name, value in values.items():
        setattr(plan, name, value)
    plan.version += 1
    plan.save(update_fields=[*values, "version"])
    note_access(actor, action, object_name="allocation", record_id=plan.id, detail={"name": plan.name})
    return plan


def rows_of(actor: Actor, plan: AllocationPlan, offer: UUID | None = None, channel: str = "") -> Any:
    """Customers of a plan as far as the actor sees them, who bring most first."""
    rows = Allocated.objects.filter(plan=plan, account_id__in=visible_records(actor, "account").values("id"))
    rows = rows.filter(offer_id=offer) if offer else rows
    return rows.filter(channel=channel) if channel else rows


def segment_of_plan(actor: Actor, plan_id: UUID, offer: UUID | None = None, channel: str = "", name: str = "") -> Any:
    """A segment, kept by hand, of who gets an offer by the plan. Raises `Invalid`, `NotAllowed`."""
    plan = get_plan(actor, plan_id)
    members = Account.objects.filter(id__in=rows_of(actor, plan, offer, channel).values("account_id"))
    return keep_customers(actor, (name or plan.name)[:120], members)


def compute(tenant_id: UUID, plan_id: UUID) -> int:
    """Run the process that computes a plan and wait for it; a process that was killed leaves a plan that says so."""
    command = [sys.executable, "-P", "-m", MODULE, "--tenant", str(tenant_id), "--plan", str(plan_id)]
    code = subprocess.run(
        command, env=os.environ | {"GUANXI_POOL": "0"}, stdin=subprocess.DEVNULL, check=False
    ).returncode
    if code not in (0, 1):
        with tenant_tx(tenant_id):
            broken = AllocationPlan.objects.filter(id=plan_id, state=S.COMPUTING)
            broken.update(state=S.FAILED, problem={"code": "broken_off", "exit": code})
    return code


def note_export(actor: Actor, plan: AllocationPlan, count: int) -> None:
    """Who took the customers of a plan out of the system."""
    detail = {"name": plan.name, "rows": count}
    note_access(actor, "allocation.exported", object_name="allocation", record_id=plan.id, detail=detail)
