"""A reading of a report in words: how far it is, and what came of it."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.records.models import ReportRun
from guanxi.records.reports.running import JOB_SECONDS
from guanxi.records.reports.runs import ACTIVE

TONES = {
    "waiting": ("grey", "clock"),
    "running": ("indigo", "refresh"),
    "done": ("jade", "check"),
    "cancelled": ("amber", "x"),
    "failed": ("rose", "alert-triangle"),
}


def run_row(run: ReportRun) -> dict[str, Any]:
    """What templates/records/_report_run.html.jinja reads."""
    tone, icon = TONES[run.state]
    active = run.state in ACTIVE
    until = run.finished_at or timezone.now()
    passed = max(0, round((until - run.started_at).total_seconds())) if run.started_at else 0
    return {
        "id": run.id,
        "url": f"/report-runs/{run.id}/",
        "key": run.key,
        "name": run.name,
        "state": state_word(run),
        "tone": tone,
        "icon": icon,
        "active": active,
        "waiting": run.state == "waiting",
        "done": run.state == "done",
        "error": run.error,
        "at": run.created_at,
        "read_at": run.read_at,
        "seconds": passed,
        "most": JOB_SECONDS,
        "share": min(100, round(100 * passed / JOB_SECONDS)),
        "count": run.count,
    }


def state_word(run: ReportRun) -> str:
    """Where a reading is, in a word."""
    if run.stop_wanted and run.state == "running":
        return _("Stopping")
    return {
        "waiting": _("Waiting"), "running": _("Running"), "done": _("Done"), "cancelled": _("Stopped"), "failed": _("Failed"),
    }[run.state]  # fmt: skip
