"""Runs as the page and the API show them."""

from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.models import Run, RunState
from guanxi.analytics.words import STEPS
from guanxi.identity.models import Membership

MOST = 60
TONES = {"waiting": "grey", "running": "indigo", "done": "jade", "failed": "rose", "interrupted": "amber"}
ICONS = {
    "waiting": "clock",
    "running": "refresh",
    "done": "check",
    "failed": "alert-circle",
    "interrupted": "player-pause",
}


def list_runs(limit: int = MOST) -> list[Run]:
    """The last runs, newest first."""
    return list(Run.objects.order_by("-created_at", "-id")[:limit])


def starters(runs: list[Run]) -> dict[Any, str]:
    """Names of the members who asked for runs."""
    ids = {one.member_id for one in runs if one.member_id}
    return dict(Membership.objects.filter(id__in=ids).values_list("id", "name")) if ids else {}


def shown(run: Run, names: dict[Any, str]) -> dict[str, Any]:
    """One run for the page: its words, colours, seconds, and steps."""
    return {
        "row": run,
        "state": run.get_state_display(),
        "tone": TONES[run.state],
        "icon": ICONS[run.state],
        "active": run.state in (RunState.WAITING, RunState.RUNNING),
        "cause": run.get_cause_display(),
        "who": names.get(run.member_id, ""),
        "percent": round(run.progress * 100),
        "seconds": seconds(run),
        "steps": [_step(each) for each in run.steps],
        "error": run.error.split("\n", 1)[0],
        "trace": run.error,
    }


def seconds(run: Run) -> float | None:
    """How long its steps took together; None before any."""
    known = [each["seconds"] for each in run.steps if each.get("seconds") is not None]
    return round(sum(known), 1) if known else None


def _step(each: dict[str, Any]) -> dict[str, Any]:
    state = each.get("state", "waiting")
    return {
        "label": STEPS.get(each["key"], each["key"]),
        "state": RunState(state).label if state in RunState.values else state,
        "tone": TONES.get(state, "grey"),
        "percent": round((each.get("share") or 0) * 100),
        "running": state == "running",
        "seconds": each.get("seconds"),
        "told": _told(each["key"], each.get("told") or {}),
    }


def _told(key: str, told: dict[str, Any]) -> str:
    """What the step reports, in words."""
    if key == "extract":
        rows, read = sum(one["rows"] for one in told.values()), sum(one["read"] for one in told.values())
        return (
            _("%(rows)s rows, %(read)s of them read anew") % {"rows": f"{rows:,}", "read": f"{read:,}"} if told else ""
        )
    if key == "churn" and "window_days" in told:
        words = {"days": told["window_days"]}
        return _("within %(days)s days") % words if told.get("used") else _("1 − P(alive) stands in.")
    if "expected" in told:
        return _("%(count)s expectations") % {"count": f"{told['expected']:,}"}
    if "warnings" in told:
        return _("%(count)s warnings, %(lines)s lines") % {"count": told["warnings"], "lines": told.get("lines", 0)}
    if "customers" in told:
        return _("%(count)s customers") % {"count": f"{told['customers']:,}"}
    if "model" in told:
        return str(told["model"] or _("too few purchases for a model"))
    if "origins" in told:
        return _("%(count)s moments of the past") % {"count": told["origins"]}
    return ""
