"""Whom the rhythm of their class asks for: valuable customers who were not contacted for too long and with whom nothing is planned."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from guanxi.activity.services import plan_task
from guanxi.analytics.models.serving import ServiceClass
from guanxi.analytics.queries.portfolio import scored_accounts
from guanxi.analytics.queries.preferences import channels, company_today
from guanxi.analytics.serving.classes import service_classes
from guanxi.analytics.serving.rhythm import overdue, too_dear
from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require

MOST = 100
WITHIN_DAYS = 7
KINDS = {"visit": "visit", "phone": "call", "mail": "mail", "meeting": "meeting"}


@dataclass(frozen=True)
class Served:
    """A class with what its customers within sight are worth, cost and miss. `too_dear`: serving costs more than the class allows."""

    of: ServiceClass
    channel: str
    customers: int
    value: Any
    margin: Any
    cost: Any
    due: int
    too_dear: int


def served(actor: Actor, region: str = "") -> list[Served]:
    """Each class with its customers. One statement."""
    rows = scored_accounts(actor, region).order_by().values("scores__grade")
    summed = rows.annotate(
        n=Count("id"), value=Sum("scores__value"), margin=Sum("scores__margin_12m"), cost=Sum("scores__cost_to_serve"),
        due=Count("id", filter=overdue()), dear=Count("id", filter=too_dear()),
    )  # fmt: skip
    by_grade = {row["scores__grade"]: row for row in summed}
    names = dict(channels())
    return [
        Served(
            one, names.get(one.channel, ""), row.get("n", 0), row.get("value") or 0, row.get("margin") or 0, row.get("cost") or 0, row.get("due", 0), row.get("dear", 0),
        )
        for grade, one in service_classes().items()
        for row in (by_grade.get(grade, {}),)
    ]  # fmt: skip


def due(actor: Actor, region: str = "", grade: str = "") -> Any:
    """The accounts that are due, the most valuable first."""
    rows = scored_accounts(actor, region).filter(overdue())
    return (rows.filter(scores__grade=grade) if grade else rows).order_by("-scores__value", "id")


def plan_contacts(actor: Actor, accounts: list[UUID]) -> int:
    """A task within a week for the owner of each account that is due, by the channel of its class. Raises `Invalid` where nobody is.

    Who is not due (any more) is left out, so that asking twice plans once.
    """
    require(actor, "task", "create")
    with tenant_tx(actor.tenant_id):
        rows = list(due(actor).filter(id__in=accounts[:MOST]).values_list("id", "name", "owner_id", "scores__grade"))
        if not rows:
            raise Invalid({"accounts": [_("None of these customers is due for a contact.")]})
        day = datetime.combine(company_today() + timedelta(days=WITHIN_DAYS), time(1), tzinfo=UTC)
        classes = service_classes()
        for key, name, owner, grade in rows:
            subject = _("Regular contact with %(name)s") % {"name": name}
            kind = KINDS.get(classes[grade].channel, "todo")
            plan_task(actor, subject=subject[:200], kind=kind, due_at=day, assignee_id=owner, account_id=key)
        return len(rows)
