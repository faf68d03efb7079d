"""What a person makes of a proposed action. What is accepted goes to the offers' own commands; the rest is learnt from here."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.activity.services import plan_task
from guanxi.analytics.models import ActionChoice, Choice
from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.engagement.queries import offers_for
from guanxi.engagement.services import propose_offer
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import require
from guanxi.records.queries import get_record

UNSUITABLE_DAYS = 180
LONGEST_DAYS = 365


def take_action(actor: Actor, account_id: UUID, offer_id: UUID, channel: str) -> Any:
    """Propose the offer to the customer now. Raises what `propose_offer` raises."""
    return propose_offer(actor, offer_id, account=account_id, channel=channel)


def postpone_action(actor: Actor, account_id: UUID, offer_id: UUID, *, channel: str = "", until: date) -> ActionChoice:
    """Another time: a task says so on that day, and until then it is not proposed. Raises `Invalid`, `NotFound`, `NotAllowed`."""
    today = timezone.localdate()
    if not today < until <= today + timedelta(days=LONGEST_DAYS):
        raise Invalid({"until": [_("Choose a day within the next year.")]})
    with tenant_tx(actor.tenant_id):
        offer = _offer(actor, account_id, offer_id)
        subject = _("Offer: %(name)s") % {"name": offer.name_in(get_language() or "en")}
        plan_task(
            actor, subject=subject[:200], due_at=datetime.combine(until, time(1), tzinfo=UTC), account_id=account_id, object="offer",
            record_id=offer.id,
        )  # fmt: skip
        return _keep(actor, account_id, offer, channel, Choice.LATER, until)


def refuse_action(actor: Actor, account_id: UUID, offer_id: UUID, *, channel: str = "") -> ActionChoice:
    """Not suitable for this customer: not proposed for half a year, and the next run takes it for asked in vain."""
    with tenant_tx(actor.tenant_id):
        offer = _offer(actor, account_id, offer_id)
        until = timezone.localdate() + timedelta(days=UNSUITABLE_DAYS)
        return _keep(actor, account_id, offer, channel, Choice.UNSUITABLE, until)


def _offer(actor: Actor, account_id: UUID, offer_id: UUID) -> Any:
    """The offer, which may be proposed to this customer of the actor's now."""
    require(actor, "response", "create")
    get_record(actor, "account", account_id)
    found = next((one for one in offers_for(actor, account_id) if one.id == offer_id), None)
    if found is None:
        raise Invalid({"offer": [_("This offer cannot be proposed to this customer now.")]})
    return found


def _keep(actor: Actor, account_id: UUID, offer: Any, channel: str, choice: Choice, until: date) -> ActionChoice:
    made: ActionChoice = ActionChoice.objects.create(
        account_id=account_id,
        offer_id=offer.id,
        channel=channel[:10],
        choice=choice,
        until=until,
        member_id=actor.member_id,
    )
    detail = {"offer": offer.code, "choice": str(choice), "until": until.isoformat()}
    note_access(actor, "action.chosen", object_name="account", record_id=account_id, detail=detail)
    return made
