"""One run from its first step to its last, with progress that everybody sees, and what it left when it was killed."""

import resource
import traceback
from collections.abc import Sequence
from datetime import date
from time import monotonic, perf_counter, process_time
from typing import Any
from uuid import UUID

from django.utils import timezone

from guanxi.analytics.compute.context import Context, Step
from guanxi.analytics.compute.steps import STEPS
from guanxi.analytics.models import Run, RunState, Settings
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.services.runs import note_interrupted
from guanxi.analytics.warehouse.frames import open_warehouse
from guanxi.analytics.warehouse.store import locked
from guanxi.core.tenancy import tenant_tx

BEAT = 0.5
LONGEST_ERROR = 4000


def run(tenant_id: UUID, run_id: UUID, steps: Sequence[Step] = STEPS) -> bool:
    """Compute a planned run; True when it came to its end. Raises Busy when another process works for this company.

    Steps whose results are kept and that an interrupted run has done already are not repeated.
    """
    with locked(tenant_id):
        journal = Journal(tenant_id, run_id, steps)
        context = journal.begin()
        for step in steps:
            if not journal.is_done(step) and not journal.do(step, context):
                return False
        journal.end(RunState.DONE)
        return True


class Journal:
    """What the row of the run says."""

    def __init__(self, tenant_id: UUID, run_id: UUID, steps: Sequence[Step]) -> None:
        self._tenant_id, self._run_id, self._steps = tenant_id, run_id, steps
        self._rows: list[dict[str, Any]] = []
        self._beat = 0.0

    def begin(self) -> Context:
        """Mark the run as running; steps at its head that were done before stay so."""
        with tenant_tx(self._tenant_id):
            row: Run = Run.objects.select_for_update().get(id=self._run_id)
            note_interrupted(but=row.id)
            settings = preferences()
            done = {each["key"]: each for each in row.steps if each.get("state") == "done"}
            context = self._context(row.as_of, settings)
            ahead = False
            for step in self._steps:
                ahead = ahead or not step.kept or step.key not in done or not step.still(context)
                fresh: dict[str, Any] = {"key": step.key, "state": "waiting", "seconds": None, "share": 0.0, "told": {}}
                self._rows.append(fresh if ahead else done[step.key])
            row.state, row.error, row.engine = RunState.RUNNING, "", settings.engine
            row.started_at = row.started_at or timezone.now()
            row.finished_at, row.beat_at, row.steps = None, timezone.now(), self._rows
            row.save()
        return context

    def _context(self, as_of: date, settings: Settings) -> Context:
        engine, master = settings.engine, settings.spark_master
        return Context(
            self._tenant_id,
            self._run_id,
            as_of,
            settings,
            lambda: open_warehouse(self._tenant_id, engine, master),
            self.tell,
        )

    def is_done(self, step: Step) -> bool:
        """Whether the step need not be repeated."""
        return bool(self._row(step.key)["state"] == "done")

    def do(self, step: Step, context: Context) -> bool:
        """Run a step; False when it failed, which ends the run."""
        row = self._row(step.key)
        row["state"] = "running"
        self._save(step=step.key)
        start, used = perf_counter(), process_time()
        try:
            row["told"] = dict(step.run(context))
        except Exception as error:
            row |= {"state": "failed", **_spent(start, used)}
            self.end(
                RunState.FAILED,
                f"{error.__class__.__name__}: {error}\n\n{traceback.format_exc(limit=-4)}"[:LONGEST_ERROR],
            )
            return False
        row |= {"state": "done", "share": 1.0, **_spent(start, used)}
        self._save(step=step.key)
        return True

    def tell(self, share: float, what: str) -> None:
        """How far the running step is; written down twice a second at most."""
        for row in self._rows:
            if row["state"] == "running":
                row["share"] = round(min(max(share, 0.0), 1.0), 3)
                row["now"] = what
        if monotonic() - self._beat >= BEAT:
            self._save()

    def end(self, state: RunState, error: str = "") -> None:
        """The last entry."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        self._save(state=state, error=error, finished_at=timezone.now(), peak_mb=peak)

    def _row(self, key: str) -> dict[str, Any]:
        return next(row for row in self._rows if row["key"] == key)

    def _save(self, **values: Any) -> None:
        self._beat = monotonic()
        progress = sum(row["share"] for row in self._rows) / max(len(self._rows), 1)
        with tenant_tx(self._tenant_id):
            Run.objects.filter(id=self._run_id).update(
                steps=self._rows, progress=progress, beat_at=timezone.now(), **values
            )


def _spent(start: float, used: float) -> dict[str, float]:
    """Seconds by the clock, and of processors in this process: the database works beside it, and others may keep the machine busy."""
    return {"seconds": round(perf_counter() - start, 3), "processor": round(process_time() - used, 3)}
