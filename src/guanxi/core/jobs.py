"""Background work: enqueued in the caller's transaction, run by a worker for one tenant, repeated when it fails.

    @job(name="sales.expire_quote")
    def expire_quote(quote_id: UUID) -> None: ...      # runs inside tenant_tx

    enqueue(expire_quote, tenant_id, quote_id=quote.id)

    @every("0 2 * * *", name="sales.expire_quotes")     # for each active tenant, inside its tenant_tx
    def expire_quotes() -> None: ...

A job may run more than once (its worker may die after the work and before the note of it), so it has to be idempotent.
Jobs and schedules stand in a room's tasks.py, which every process imports at its start.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from json import loads
from typing import Any, get_type_hints
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation
from procrastinate import BaseRetryStrategy, JobContext, RetryDecision
from procrastinate import jobs as queue_jobs
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager

from guanxi.core.errors import Refused, Stale
from guanxi.core.failures import note_failure
from guanxi.core.plain import dump_plain, restore
from guanxi.core.tenancy import tenant_or_none, tenant_tx

DEFAULT_RETRIES = 8
LONGEST_WAIT = 3600

# Always Django's own connection, in the worker too: so that a job exists when, and only when, the caller's work does.
_manager = JobManager(DjangoConnector())


@dataclass(frozen=True)
class Job:
    """A function that a worker can run. `in_transaction` False: the function opens `tenant_tx` itself, as often as it needs."""

    name: str
    queue: str
    function: Callable[..., None]
    of_tenant: bool = True
    in_transaction: bool = True

    def __call__(self, tenant_id: UUID | None, **arguments: Any) -> None:
        """Run it here and now with stored (plain) or typed arguments."""
        hints = get_type_hints(self.function)
        typed = {
            key: restore(hints.get(key), value) if isinstance(value, (str, list)) else value
            for key, value in arguments.items()
        }
        with translation.override(settings.LANGUAGE_CODE), timezone.override("UTC"):
            if not self.of_tenant:
                self.function(**typed)
            elif tenant_id is None:
                raise ValueError(f"{self.name} needs a tenant")
            elif self.in_transaction:
                with tenant_tx(tenant_id):
                    self.function(**typed)
            else:
                self.function(tenant_id, **typed)


class Backoff(BaseRetryStrategy):
    """Again after 10 s, doubled each time up to an hour; never after a refusal, which repetition does not change."""

    def __init__(self, retries: int) -> None:
        self.retries = retries

    def get_retry_decision(self, *, exception: BaseException, job: queue_jobs.Job) -> RetryDecision | None:
        """When to try again, or None to give up."""
        refused = isinstance(exception, Refused) and not isinstance(exception, Stale)
        if refused or job.attempts >= self.retries:
            return None
        return RetryDecision(retry_in={"seconds": min(10 * 2**job.attempts, LONGEST_WAIT)})


def job(
    *,
    name: str,
    queue: str = "default",
    retries: int = DEFAULT_RETRIES,
    of_tenant: bool = True,
    in_transaction: bool = True,
) -> Callable[[Callable[..., None]], Job]:
    """Decorator: make a function a job.

    `name` is stored with what is enqueued, so it must never change its meaning. With `in_transaction=False` the function gets
    the tenant's id first; with `of_tenant=False` it works for the installation and gets no tenant.
    """

    def wrap(function: Callable[..., None]) -> Job:
        wrapped = Job(name, queue, function, of_tenant, in_transaction)

        def run(context: JobContext, tenant: str | None = None, arguments: dict[str, Any] | None = None) -> None:
            tenant_id = UUID(tenant) if tenant else None
            try:
                wrapped(tenant_id, **(arguments or {}))
            except Exception as error:
                _keep_reason(tenant_id, context.job.id, error)
                raise

        app.task(name=name, queue=queue, retry=Backoff(retries), pass_context=True)(run)
        return wrapped

    return wrap


def _keep_reason(tenant_id: UUID | None, job_id: int | None, error: Exception) -> None:
    if tenant_id is None or job_id is None:
        return
    # Where the database is what failed, the job's own error matters more.
    with suppress(DatabaseError):
        note_failure(tenant_id, job_id, error)


def enqueue(
    job: Job,
    tenant_id: UUID | None,
    /,
    *,
    delay: timedelta | None = None,
    at: datetime | None = None,
    serial_key: str | None = None,
    once_key: str | None = None,
    **arguments: Any,
) -> int | None:
    """Put a job into the queue as part of the running transaction; returns its number.

    delay, at   not before then
    serial_key  jobs with the same key never run at the same time, and run in order
    once_key    do nothing (and return None) while a job with the same key is waiting
    """
    running = tenant_or_none()
    if job.of_tenant and tenant_id is None:
        raise ValueError(f"{job.name} needs a tenant")
    if running is not None and tenant_id is not None and running != tenant_id:
        raise ValueError("A job of another tenant")
    entry = queue_jobs.Job(
        queue=job.queue,
        task_name=job.name,
        lock=serial_key,
        queueing_lock=once_key,
        task_kwargs={"tenant": str(tenant_id) if tenant_id else None, "arguments": loads(dump_plain(arguments))},
        scheduled_at=timezone.now() + delay if delay else at,
    )
    try:
        # A savepoint, because a refused second job must not spoil the caller's transaction.
        with transaction.atomic():
            return _manager.defer_job(entry).id
    except AlreadyEnqueued:
        return None


def every(
    cron: str, *, name: str, queue: str = "schedule", of_tenant: bool = True
) -> Callable[[Callable[[], None]], Job]:
    """Decorator: run a function by a cron line (UTC): for each active tenant in its own transaction, or once for all.

    A run that is still waiting when the next one is due is not doubled.
    """

    def wrap(function: Callable[[], None]) -> Job:
        wrapped = job(name=name, queue=queue, retries=0, of_tenant=of_tenant)(function)

        def tick(timestamp: int) -> None:
            with transaction.atomic():
                for tenant_id in active_tenants() if of_tenant else [None]:
                    enqueue(wrapped, tenant_id, once_key=f"{name}:{tenant_id or ''}")

        task = app.task(name=f"{name}.tick", queue=queue)(tick)
        app.periodic(cron=cron)(task)
        return wrapped

    return wrap


def active_tenants() -> list[UUID]:
    """Ids of all active tenants, in order."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM identity_tenant WHERE is_active ORDER BY id")
        return [row[0] for row in cursor.fetchall()]
