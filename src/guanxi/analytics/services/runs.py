"""Starting runs. What computes is a process of its own: pages and workers never load its libraries."""

import os
import subprocess
import sys
from datetime import date
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.models import OPEN, Run, RunCause, RunState
from guanxi.analytics.queries.preferences import company_today, preferences
from guanxi.core.errors import Invalid
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.actor import Actor

MODULE = "guanxi.analytics"


def plan_run(cause: RunCause, *, as_of: date | None = None, member_id: UUID | None = None) -> Run:
    """The run that will compute everything as of a day (today): one that is open for that day goes on, otherwise a new one. In the tenant's transaction.

    Raises Invalid for a day that lies ahead.
    """
    today = company_today()
    day = as_of or today
    if day > today:
        raise Invalid({"as_of": [_("The day cannot lie ahead.")]})
    found: Run | None = Run.objects.select_for_update().filter(as_of=day, state__in=OPEN).order_by("created_at").first()
    if found is not None:
        return found
    engine = preferences().engine
    planned: Run = Run.objects.create(as_of=day, cause=cause, member_id=member_id, engine=engine)
    return planned


def ask_for_run(actor: Actor, *, as_of: date | None = None) -> Run:
    """A run that a person asked for; its job is started by the caller. Raises NotAllowed, Invalid."""
    require_manage(actor)
    return plan_run(RunCause.PERSON, as_of=as_of, member_id=actor.member_id)


def compute(tenant_id: UUID, run_id: UUID | None) -> int:
    """Run the process of analytics for a planned run and wait for it; returns its exit code: 0 done, 1 failed, 75 somebody else computes.

    Without a run it only brings the warehouse up to date.
    """
    command = [sys.executable, "-P", "-m", MODULE, "--tenant", str(tenant_id)]
    command += ["--run", str(run_id)] if run_id else []
    environment = os.environ | {"GUANXI_POOL": "0"}
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def note_interrupted(but: UUID | None = None) -> int:
    """Runs that say they are running although nobody computes: whoever holds the warehouse's lock calls this. Returns how many."""
    stale = Run.objects.filter(tenant_id=current_tenant_id(), state=RunState.RUNNING)
    if but is not None:
        stale = stale.exclude(id=but)
    return int(stale.update(state=RunState.INTERRUPTED, finished_at=timezone.now()))
