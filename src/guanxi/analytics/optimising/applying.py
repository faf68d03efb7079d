"""The planned offers proposed: by mail at once through the one gate, in person as tasks of the customers' owners."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.activity.services import may_contact, plan_task, reachable_accounts
from guanxi.analytics.models import Allocated, AllocationPlan, AllocationState, AllocationStep
from guanxi.core.errors import Refused
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.customers.models import ConsentChannel
from guanxi.engagement.queries import channel_label, offered_now, purpose_of
from guanxi.engagement.services import propose_offer
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.queries import actor_of_user
from guanxi.records.queries import get_record

PART = 50
LATER = timedelta(hours=1)
SENT = ConsentChannel.MAIL
"""The channel that carries a proposal by itself."""


@job(name="analytics.propose_plan", in_transaction=False)
def propose_planned(tenant_id: UUID, plan_id: UUID, member_id: UUID) -> None:
    """Part by part, by the rights of the colleague who applied the plan; killed, it goes on with who is still planned.

    Whom only quiet hours keep from being reached is tried again an hour later, as long as the plan lasts.
    """
    tried: set[UUID] = set()
    while True:
        with tenant_tx(tenant_id):
            plan = AllocationPlan.objects.filter(id=plan_id, state=AllocationState.APPLIED).first()
            actor = _person(tenant_id, member_id)
            if plan is None or actor is None or plan.last < timezone.localdate():
                return
            waiting = Allocated.objects.filter(plan=plan, step=AllocationStep.PLANNED).exclude(id__in=tried)
            rows = list(waiting.order_by("id")[:PART])
            offers = {one.id: one for one in offered_now(actor).filter(id__in={row.offer_id for row in rows})}
            for row in rows:
                propose_row(actor, plan, row, offers.get(row.offer_id))
            tried |= {row.id for row in rows if row.step == AllocationStep.PLANNED}
            if not rows:
                if tried:
                    enqueue_proposals(plan_id, member_id, delay=LATER)
                return


def enqueue_proposals(plan_id: UUID, member_id: UUID, *, delay: timedelta | None = None) -> None:
    """Have a worker propose what a plan of the running tenant planned."""
    key = f"analytics:propose:{plan_id}"
    enqueue(
        propose_planned, current_tenant_id(), delay=delay, serial_key=key, plan_id=plan_id, member_id=member_id
    )  # fmt: skip


def propose_row(actor: Actor, plan: AllocationPlan, row: Allocated, offer: Any) -> None:
    """One customer: proposed, a task, or the reason why not; a proposal that must wait for the morning stays planned."""
    if offer is None:
        return _keep(row, AllocationStep.REFUSED, note=_("This offer is not valid now."))
    try:
        with tenant_tx(actor.tenant_id):
            if row.channel == SENT:
                made = propose_offer(actor, offer, account=row.account_id, channel=row.channel)
                return _keep(row, AllocationStep.PROPOSED, made.id)
            return _keep(row, AllocationStep.TASK, _task(actor, plan, row, offer))
    except Refused as refusal:
        if _only_quiet(actor, row, offer):
            return None
        return _keep(row, AllocationStep.REFUSED, note=refusal.message)


def _task(actor: Actor, plan: AllocationPlan, row: Allocated, offer: Any) -> UUID:
    """A task of whoever has the customer, due when the plan ends."""
    account: Any = get_record(actor, "account", row.account_id)
    name = offer.name_in(get_language() or "en")
    subject = _("Propose %(name)s: %(channel)s") % {"name": name, "channel": channel_label(row.channel)}
    due = datetime.combine(plan.last, time(1), tzinfo=UTC)
    task = plan_task(
        actor, subject=subject[:200], due_at=due, assignee_id=account.owner_id or actor.member_id, account_id=account.id, object="offer",
        record_id=offer.id,
    )  # fmt: skip
    return task.id


def _only_quiet(actor: Actor, row: Allocated, offer: Any) -> bool:
    """Whether nothing but the hour speaks against it."""
    purpose = purpose_of(offer)
    if row.channel != SENT or not reachable_accounts(row.channel, purpose).filter(id=row.account_id).exists():
        return False
    return bool(may_contact(actor, account_id=row.account_id, channel=row.channel, purpose=purpose))


def _keep(row: Allocated, step: str, made_id: UUID | None = None, note: str = "") -> None:
    row.step, row.made_id, row.note = step, made_id, note[:300]
    row.save(update_fields=["step", "made_id", "note"])


def _person(tenant_id: UUID, member_id: UUID) -> Actor | None:
    user_id = Membership.objects.filter(id=member_id, is_active=True).values_list("user_id", flat=True).first()
    return actor_of_user(tenant_id, user_id, via="job") if user_id else None
