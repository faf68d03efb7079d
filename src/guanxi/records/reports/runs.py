"""Reading a report by a job: for what takes longer than a person waits. Watched, stopped, announced, and kept for a week.

The job acts in the name of who ordered it, with the rights that hold when it runs and no wider than the token it came by. What it
kept is shown to that person alone, while the rights are those that it was read with; whatever changed since asks for a new reading.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from time import monotonic
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Refused
from guanxi.core.events import publish
from guanxi.core.jobs import enqueue, job
from guanxi.core.stream import announce
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.queries import actor_of_user
from guanxi.records.events import ReportRead
from guanxi.records.models import ReportRun
from guanxi.records.reports.definition import Definition, read_definition, write_definition
from guanxi.records.reports.keeping import read_figures, read_list, written_figures, written_list
from guanxi.records.reports.listing import Listing, compile_list, run_list
from guanxi.records.reports.periods import company_calendar
from guanxi.records.reports.result import Result
from guanxi.records.reports.running import JOB_SECONDS, SECONDS, TooHeavy, result_of, take_and_show, take_figures
from guanxi.records.reports.saved import check_definition

ACTIVE = ("waiting", "running")
MOST_ACTIVE = 5
KEPT = timedelta(days=7)
# A page that took this long to read is not read again by everybody who looks at it.
SLOW = 2.0
FRESH = timedelta(minutes=5)
FRESH_HEAVY = timedelta(hours=12)
PAGE = 50
# Half of the key of the lock that a reading job holds; the other half is from the run's id.
_LOCK = 0x7265706F


@dataclass(frozen=True)
class Answer:
    """What a page shows of a report: its figures (`result` or `listing`), with the run that they were kept by, or one that is on its way."""

    made: Definition
    result: Result | None = None
    listing: Listing | None = None
    run: ReportRun | None = None


def answer_report(actor: Actor, made: Definition, *, key: str = "", name: str = "", again: bool = False) -> Answer:
    """The figures for somebody who waits: read now, or kept from a reading that was slow and is still fresh.

    Raises `TooHeavy` when they take too long, `Invalid`, `NotAllowed`.
    """
    digest = digest_of(made)
    found = None if again else _fresh(actor, digest)
    if found is not None and (found.state in ACTIVE or may_show(actor, found)):
        return _shown(actor, made, found)
    begun = monotonic()
    figures, shown = _read(actor, made, SECONDS)
    if monotonic() - begun > SLOW and actor.member_id is not None and actor.user_id is not None:
        run = _new(actor, made, key, name)
        run.started_at = timezone.now() - timedelta(seconds=monotonic() - begun)
        _fill(actor, run, figures())
        run.save(force_insert=True)
        return replace(shown, run=run)
    return shown


def start_run(actor: Actor, made: Definition, *, key: str = "", name: str = "") -> ReportRun:
    """Have a job read the report; one that is on its way already is not begun twice. Raises `Invalid`, `NotAllowed`, `Conflict`."""
    with tenant_tx(actor.tenant_id):
        if actor.member_id is None or actor.user_id is None:
            raise NotAllowed(_("Only people order reports."))
        check_definition(actor, write_definition(made))
        mine = ReportRun.objects.filter(member_id=actor.member_id, state__in=ACTIVE)
        known: ReportRun | None = mine.filter(digest=digest_of(made), stop_wanted=False).first()
        if known is not None:
            return known
        if mine.count() >= MOST_ACTIVE:
            raise Conflict(_("%(count)d of your reports are being read: wait, or stop one of them.") % {"count": MOST_ACTIVE})  # fmt: skip
        run = _new(actor, made, key, name)
        run.save(force_insert=True)
        # One at a time in each company, so that heavy reports leave room for the desk.
        enqueue(read_report, actor.tenant_id, serial_key=f"reports-{actor.tenant_id}", run_id=run.id)
        return run


def list_runs(actor: Actor, limit: int = PAGE) -> list[ReportRun]:
    """The actor's own readings, newest first, without their figures."""
    return list(ReportRun.objects.filter(member_id=actor.member_id).defer("figures").order_by("-created_at", "-id")[:limit])  # fmt: skip


def get_run(actor: Actor, run_id: UUID) -> ReportRun:
    """A reading of the actor's own. Raises `NotFound`."""
    found: ReportRun | None = ReportRun.objects.filter(id=run_id, member_id=actor.member_id).first()
    if found is None or actor.member_id is None:
        raise NotFound(_("There is no such report, or it is not shared with you."))
    return found


def cancel_run(actor: Actor, run_id: UUID) -> ReportRun:
    """Stop a reading at once. Raises `Conflict` when it is over, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        get_run(actor, run_id)
        run: ReportRun = ReportRun.objects.select_for_update().get(id=run_id)
        if run.state not in ACTIVE:
            raise Conflict(_("The report has been read already."))
        run.stop_wanted = True
        if run.state == "waiting":
            _end(run, "cancelled")
        run.save(update_fields=["stop_wanted", "state", "finished_at", "error"])
        _break_off(run)
        return run


def delete_run(actor: Actor, run_id: UUID) -> None:
    """Forget a reading that is over. Raises `Conflict`, `NotFound`."""
    with tenant_tx(actor.tenant_id):
        run = get_run(actor, run_id)
        if run.state in ACTIVE:
            raise Conflict(_("The report is being read: stop it first."))
        run.delete()


def may_show(actor: Actor, run: ReportRun) -> bool:
    """Whether its figures were read with just the rights that the actor has."""
    same_token = actor.token_scopes is None or list(actor.token_scopes) == run.scopes
    return run.state == "done" and run.figures is not None and same_token and run.rights == rights_of(actor)


def show_run(actor: Actor, run: ReportRun) -> Answer:
    """The figures that a reading kept. Raises `Conflict` when there are none or rights have changed, `Invalid`, `NotAllowed`."""
    if run.state != "done":
        raise Conflict(_("There are no figures (yet)."))
    if not may_show(actor, run):
        raise Conflict(_("What you may see has changed since. Read the report again."))
    return _shown(actor, read_definition(run.definition), run)


def digest_of(made: Definition) -> str:
    """A definition by a short name: the same for what reads the same."""
    return sha256(orjson.dumps(write_definition(made), option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def rights_of(actor: Actor) -> str:
    """What an actor may see, by a short name that changes with it."""
    told = (
        actor.tenant_id, actor.member_id, actor.role_key, actor.is_admin, actor.grants, actor.field_access, actor.team_ids,
        actor.below_team_ids, actor.above_team_ids, actor.stands_for, actor.sharing_stamp, sorted(actor.rooms_off), actor.currency,
    )  # fmt: skip
    return sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=_plain)).hexdigest()


@job(name="records.read_report", queue="reports", in_transaction=False, retries=0)
def read_report(tenant_id: UUID, run_id: UUID) -> None:
    """Read a report in the name of who ordered it, within its time."""
    with tenant_tx(tenant_id):
        run = ReportRun.objects.select_for_update().filter(id=run_id).first()
        if run is None or run.state not in ACTIVE:
            return
        actor = None if run.stop_wanted else _actor_of(run)
        if actor is None:
            _end(run, "cancelled" if run.stop_wanted else "failed", "" if run.stop_wanted else _("Whoever ordered this may not sign in any more."))  # fmt: skip
            run.save()
            return
        run.state, run.started_at = "running", timezone.now()
        run.save(update_fields=["state", "started_at"])
    with translation.override(actor.language):
        _read_in_job(actor, run)


def forget_old_runs() -> None:
    """Drop what was read over a week ago, and mark what died with its worker."""
    now = timezone.now()
    ReportRun.objects.filter(created_at__lt=now - KEPT).exclude(state__in=ACTIVE).delete()
    lost = now - timedelta(seconds=4 * JOB_SECONDS)
    ReportRun.objects.filter(state="running", started_at__lt=lost).update(state="failed", finished_at=now)


def _read_in_job(actor: Actor, run: ReportRun) -> None:
    figures: Mapping[str, Any] | None = None
    error = ""
    try:
        made = read_definition(run.definition)
        with tenant_tx(actor.tenant_id):
            figures = _read(actor, made, JOB_SECONDS, run)[0]()
    except TooHeavy as refusal:
        error = refusal.message
    except Invalid as refusal:
        error = " ".join(text for texts in refusal.errors.values() for text in texts)
    except Refused as refusal:
        error = refusal.message
    with tenant_tx(actor.tenant_id):
        run = ReportRun.objects.select_for_update().get(id=run.id)
        if figures is not None:
            _fill(actor, run, figures)
        else:
            _end(run, "cancelled" if run.stop_wanted else "failed", "" if run.stop_wanted else error)
        run.save()
        if not run.stop_wanted:
            publish(ReportRead(run_id=run.id, name=run.name, failed=run.state != "done"), member_id=run.member_id)
        announce("report", member_id=run.member_id, id=run.id)


def _read(
    actor: Actor, made: Definition, seconds: int, run: ReportRun | None = None
) -> tuple[Callable[[], dict[str, Any]], Answer]:
    """What makes the figures to keep, and those to show."""
    begun = (lambda: _lock(run)) if run is not None else (lambda: None)
    if made.columns:
        listing = run_list(actor, made, seconds=seconds, begun=begun)
        return lambda: written_list(listing), Answer(made, listing=listing)
    if run is not None:
        kept = take_figures(actor, made, seconds=seconds, begun=begun)
        return lambda: written_figures(kept), Answer(made)
    taken, result = take_and_show(actor, made, seconds=seconds)
    return lambda: written_figures(taken), Answer(made, result=result)


def _lock(run: ReportRun) -> None:
    """Make the reading findable for who stops it, and keep it to one core."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s), set_config('max_parallel_workers_per_gather', '0', true)", [_LOCK, _half(run)])  # fmt: skip


def _break_off(run: ReportRun) -> None:
    """Cancel the statement of the job that holds the lock of this run, wherever it runs."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid = %s::bigint::oid AND objid = (%s::bigint & 4294967295)::oid""",
            [_LOCK, _half(run)],
        )


def _half(run: ReportRun) -> int:
    """32 bits of the id with a sign, as a lock takes them: the random end of it."""
    half = run.id.int & 0xFFFFFFFF
    return half - (1 << 32) if half >> 31 else half


def _fresh(actor: Actor, digest: str) -> ReportRun | None:
    """The newest reading of this definition that is on its way, or was slow and is not old."""
    if actor.member_id is None:
        return None
    now = timezone.now()
    runs = ReportRun.objects.filter(member_id=actor.member_id, created_at__gt=now - FRESH_HEAVY, digest=digest)
    found: ReportRun | None = runs.filter(state__in=("done", *ACTIVE)).order_by("-created_at").first()
    if found is None or found.state in ACTIVE:
        return found
    took = (found.read_at - found.started_at).total_seconds() if found.read_at and found.started_at else 0
    lasts = FRESH_HEAVY if took > SECONDS else FRESH
    return found if found.read_at and found.read_at > now - lasts else None


def _shown(actor: Actor, made: Definition, run: ReportRun) -> Answer:
    if run.state in ACTIVE:
        return Answer(made, run=run)
    assert run.figures is not None
    if made.columns:
        source, columns, _rows = compile_list(actor, made, company_calendar())
        return Answer(made, listing=read_list(actor, made, run.figures, source, columns), run=run)
    return Answer(made, result=result_of(actor, made, read_figures(run.figures)), run=run)


def _new(actor: Actor, made: Definition, key: str, name: str) -> ReportRun:
    assert actor.member_id is not None
    assert actor.user_id is not None
    scopes = None if actor.token_scopes is None else list(actor.token_scopes)
    return ReportRun(
        member_id=actor.member_id, user_id=actor.user_id, scopes=scopes, via=actor.via, key=key, name=name[:120] or made.object,
        definition=write_definition(made), digest=digest_of(made), created_at=timezone.now(),
    )  # fmt: skip


def _fill(actor: Actor, run: ReportRun, figures: Mapping[str, Any]) -> None:
    run.figures, run.rights, run.read_at = dict(figures), rights_of(actor), timezone.now()
    run.count = figures["now"]["count"] if "now" in figures else len(figures["rows"])
    _end(run, "done")


def _end(run: ReportRun, state: str, error: str = "") -> None:
    run.state, run.error, run.finished_at = state, error, timezone.now()


def _actor_of(run: ReportRun) -> Actor | None:
    actor = actor_of_user(run.tenant_id, run.user_id, via="job")
    if actor is None or run.scopes is None:
        return actor
    return replace(actor, token_scopes=tuple(run.scopes))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | set | frozenset) else dict(value) if isinstance(value, Mapping) else str(value)  # fmt: skip
