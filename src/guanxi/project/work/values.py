"""`guanxi value run` and `guanxi value evaluate`: the models on the data of an installation."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from guanxi.analytics.access import ROOM
from guanxi.analytics.models import ModelFit, Run, RunCause, RunState
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.services.runs import compute, plan_run
from guanxi.core.errors import Refused
from guanxi.core.jobs import active_tenants
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.models import Company, Tenant
from guanxi.project.failure import Failure

BUSY = 75
SHOWN = 3
# A nightly run may fall out once, for a restart or an update.
LATE = timedelta(days=2)


def run(*, tenant: str, as_of: str) -> list[dict[str, Any]]:
    """Compute for one company, or for all; what each run did. Raises Failure."""
    day, found = _day(as_of), []
    for tenant_id, slug in _tenants(tenant):
        with _refusals(), tenant_tx(tenant_id):
            planned = plan_run(RunCause.COMMAND, as_of=day).id
        if compute(tenant_id, planned) == BUSY:
            raise Failure(f"{slug}: another run is under way.")
        with tenant_tx(tenant_id):
            found.append(_told(slug, Run.objects.get(id=planned)))
    return found


def evaluate(*, tenant: str) -> list[dict[str, Any]]:
    """The fits of the last run of one company, or of all, with what they were worth."""
    found = []
    for tenant_id, slug in _tenants(tenant):
        with tenant_tx(tenant_id):
            last = Run.objects.filter(state=RunState.DONE).order_by("-as_of", "-created_at").first()
            fits = ModelFit.objects.filter(as_of=last.as_of).order_by("purpose", "-in_use", "-score") if last else []
            day = last.as_of.isoformat() if last else None
            found.append({"tenant": slug, "as_of": day, "fits": [_fit(one) for one in fits]})
    return found


def health() -> str:
    """The last run of each company in words. Raises Failure where one failed, or where the nightly one has not come for two days."""
    said: list[str] = []
    wrong: list[str] = []
    for tenant_id, slug in _tenants(""):
        with tenant_tx(tenant_id):
            off = ROOM in (Company.objects.values_list("rooms_off", flat=True).first() or [])
            last = Run.objects.exclude(started_at=None).order_by("-created_at").first()
            nightly = preferences().nightly
        if off or last is None:
            continue
        (wrong if _is_ill(last, nightly) else said).append(f"{slug} {_in_words(last)}")
    if wrong:
        raise Failure("; ".join(wrong))
    return "; ".join(said[:SHOWN]) + (f" and {len(said) - SHOWN} more" if len(said) > SHOWN else "") or "no run yet"


def _is_ill(run: Run, nightly: bool) -> bool:
    if run.state == RunState.FAILED:
        return True
    latest = run.finished_at or run.beat_at or run.created_at
    return nightly and timezone.now() - latest > LATE


def _in_words(run: Run) -> str:
    latest = run.finished_at or run.beat_at or run.created_at
    hours = int((timezone.now() - latest).total_seconds() // 3600)
    failed = next((step["key"] for step in run.steps if step.get("state") == "failed"), "")
    reason = f" in {failed}: {run.error.splitlines()[0][:120]}" if failed and run.error else ""
    return f"{run.state}{reason}, as of {run.as_of.isoformat()}, {hours} h ago"


def _fit(one: ModelFit) -> dict[str, Any]:
    return {
        "model": one.model,
        "purpose": one.purpose,
        "in_use": one.in_use,
        "parameters": dict(one.parameters),
        "standard_errors": dict(one.standard_errors),
        "log_likelihood": one.log_likelihood,
        "score": one.score,
        "converged": one.converged,
        "warnings": [f"{each['code']}: {each['text']}" for each in one.warnings],
        "evaluation": one.evaluation,
    }


def _told(slug: str, row: Run) -> dict[str, Any]:
    return {
        "tenant": slug,
        "run": str(row.id),
        "as_of": row.as_of.isoformat(),
        "state": row.state,
        "seconds": round(sum(step["seconds"] or 0 for step in row.steps), 2),
        "peak_mb": row.peak_mb,
        "steps": {step["key"]: {"seconds": step["seconds"], **step["told"]} for step in row.steps},
        "error": row.error.split("\n", 1)[0],
    }


def _tenants(slug: str) -> list[tuple[UUID, str]]:
    rows = Tenant.objects.filter(id__in=active_tenants()).order_by("slug")
    found = [(row.id, row.slug) for row in (rows.filter(slug=slug) if slug else rows)]
    if slug and not found:
        raise Failure(f"There is no company {slug!r}.")
    return found


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Failure("Write the day as 2026-12-31.") from None


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except Refused as error:
        raise Failure(str(error)) from None
