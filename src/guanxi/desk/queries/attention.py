"""What waits for those who answer for others: for a manager the team's stuck business, for an administrator what failed or was never begun."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.failures import failed_jobs
from guanxi.core.outbox import parked_events
from guanxi.desk.queries.team import leads_a_team, stuck_opportunities
from guanxi.identity.actor import Actor
from guanxi.identity.models import Invitation
from guanxi.messaging.queries import outgoing
from guanxi.records.queries import visible_records

MANY = 99
STUCK = 3


@dataclass(frozen=True)
class Need:
    """One line of "Needs you": what it is, why, where it is settled."""

    text: str
    note: str
    url: str
    icon: str
    tone: str


def needs(actor: Actor, *, leads: bool) -> list[Need]:
    """What waits for the actor beside the own work; `leads`: the day shows the team's business, so its stuck deals count too."""
    found = _of_administrator(actor) if actor.is_admin else []
    return found + (_of_manager(actor) if leads and leads_a_team(actor) else [])


def _of_administrator(actor: Actor) -> list[Need]:
    found = []
    if not visible_records(actor, "account").exists():
        found.append(Need(_("Begin with the first steps"), _("Logo, colleagues, customers: ten minutes"), "/welcome/", "rocket", "indigo"))  # fmt: skip
    lost = len(parked_events(actor.tenant_id, limit=MANY)) + len(failed_jobs(actor.tenant_id, limit=MANY))
    if lost:
        text = ngettext("%(count)s task in the background failed", "%(count)s tasks in the background failed", lost)
        found.append(Need(text % {"count": lost}, _("Look at the reason and try again"), "/settings/background/", "alert-triangle", "rose"))  # fmt: skip
    unsent = len(outgoing(actor, status="failed", limit=MANY))
    if unsent:
        text = ngettext("%(count)s mail could not be sent", "%(count)s mails could not be sent", unsent)
        found.append(Need(text % {"count": unsent}, _("Correct the address or the mail server"), "/mailbox/?status=failed", "mail", "rose"))  # fmt: skip
    invited = Invitation.objects.filter(revoked_at=None, accepted_at=None).count()
    if invited:
        text = ngettext("%(count)s invitation is open", "%(count)s invitations are open", invited)
        found.append(Need(text % {"count": invited}, _("Not accepted yet"), "/settings/users/", "user-plus", "amber"))
    return found


def _of_manager(actor: Actor) -> list[Need]:
    return [
        Need(
            row["name"],
            " · ".join(
                part
                for part in (
                    row["account"]["label"] if row.get("account") else "",
                    row["owner"]["label"] if row.get("owner") else "",
                    _("no next step") if not row.get("next_step") else _("past its close date"),
                )
                if part
            ),
            f"/opportunities/{row['id']}/",
            "target",
            "amber",
        )
        for row in stuck_opportunities(actor, limit=STUCK)
    ]
