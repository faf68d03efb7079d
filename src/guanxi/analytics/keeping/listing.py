"""Early warnings as their page and the API show them: within the accounts that the actor sees."""

from dataclasses import dataclass
from typing import Any

from guanxi.analytics.keeping.reasons import Reason, said
from guanxi.analytics.models import EarlyWarning
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.queries import visible_records

MOST = 300


@dataclass(frozen=True)
class Warned:
    """A warning with what has become of it: the chance to leave today (None where it is not known any more), the task where the actor may see it."""

    row: EarlyWarning
    account: Any
    owner: str
    now: float | None
    task: Any | None
    reasons: list[Reason]


def lasting_count(actor: Actor) -> int:
    """How many falls last, of the customers within the actor's sight."""
    within = visible_records(actor, "account").order_by().values("id")
    return int(EarlyWarning.objects.filter(recovered_on=None, account_id__in=within).count())


def warnings_of(actor: Actor, *, lasting: bool | None = None) -> list[Warned]:
    """The last warnings, newest and most valuable first; `lasting`: only those of falls that last, or are over. Five statements."""
    accounts = visible_records(actor, "account")
    rows = EarlyWarning.objects.filter(account_id__in=accounts.order_by().values("id"))
    if lasting is not None:
        rows = rows.filter(recovered_on__isnull=lasting)
    found = list(rows.order_by("-as_of", "-value", "id")[:MOST])
    named = accounts.in_bulk([row.account_id for row in found])
    owners = dict(Membership.objects.filter(id__in={row.owner_id for row in found} - {None}).values_list("id", "name"))
    now = dict(Score.objects.filter(account_id__in=list(named)).values_list("account_id", "churn"))
    tasks = visible_records(actor, "task").in_bulk([row.task_id for row in found if row.task_id])
    return [
        Warned(
            row, named[row.account_id], owners.get(row.owner_id, ""), now.get(row.account_id), tasks.get(row.task_id),
            [one for one in said(row.reasons, actor.currency) if one.up],
        )
        for row in found
        if row.account_id in named
    ]  # fmt: skip
