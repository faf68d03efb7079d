"""Background jobs that were given up: why, and once more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.ids import new_id
from guanxi.core.tenancy import tenant_tx

LONGEST = 2000

_NOTE = """
INSERT INTO core_jobfailure (id, tenant_id, job_id, error) VALUES (%s, %s, %s, %s)
ON CONFLICT (tenant_id, job_id) DO UPDATE SET error = excluded.error, at = now()
"""
_FAILED = """
SELECT j.id, j.task_name, j.attempts, f.error,
       coalesce((SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'failed'), f.at)
FROM procrastinate_jobs j LEFT JOIN core_jobfailure f ON f.job_id = j.id
WHERE j.status = 'failed' AND j.args ->> 'tenant' = %s
ORDER BY j.id DESC LIMIT %s
"""
# A twin that waits under the same key does the work; the failed one is then only struck off.
_AGAIN = """
UPDATE procrastinate_jobs j SET attempts = 0, scheduled_at = NULL, status = CASE WHEN j.queueing_lock IS NOT NULL AND EXISTS (
    SELECT 1 FROM procrastinate_jobs o WHERE o.queueing_lock = j.queueing_lock AND o.status = 'todo'
) THEN 'cancelled' ELSE 'todo' END::procrastinate_job_status
WHERE j.id = %s AND j.status = 'failed' AND j.args ->> 'tenant' = %s
"""
_FORGET = """
DELETE FROM core_jobfailure f WHERE NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.id = f.job_id)
"""


@dataclass(frozen=True)
class FailedJob:
    """A job that nobody tries any more. `error` is empty when its worker died."""

    id: int
    name: str
    attempts: int
    error: str
    at: datetime | None


def note_failure(tenant_id: UUID, job_id: int, error: BaseException) -> None:
    """Keep why a job failed, in a transaction of its own."""
    text = f"{type(error).__name__}: {error}".replace("\x00", "")[:LONGEST]
    with tenant_tx(tenant_id):
        _run(_NOTE, [new_id(), tenant_id, job_id, text])


def failed_jobs(tenant_id: UUID, *, limit: int = 100) -> list[FailedJob]:
    """The failed jobs of the running tenant, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, [str(tenant_id), limit])
        return [FailedJob(id, name, attempts, error or "", at) for id, name, attempts, error, at in cursor.fetchall()]


def retry_job(tenant_id: UUID, job_id: int) -> None:
    """Put a failed job of the tenant into the queue again with fresh attempts. Raises NotFound."""
    if not -(2**63) <= job_id < 2**63 or not _run(_AGAIN, [job_id, str(tenant_id)]):
        raise NotFound(_("It does not exist."))


def forget_failures() -> int:
    """Delete the running tenant's reasons whose jobs are gone; returns how many."""
    return _run(_FORGET, [])


def _run(sql: str, parameters: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
