"""Housekeeping of the ground floor."""

from django.db import connection

from guanxi.core.failures import forget_failures
from guanxi.core.files import purge_deleted, sweep_orphans
from guanxi.core.jobs import every
from guanxi.core.outbox import purge_done, purge_receipts

KEEP_FAILED_JOBS = "30 days"


@every("17 3 * * *", name="core.purge_outbox", of_tenant=False)
def purge_outbox() -> None:
    """Delivered events go after seven days."""
    purge_done()


@every("27 3 * * *", name="core.purge_receipts")
def purge_old_receipts() -> None:
    """Receipts go after their events."""
    purge_receipts()


@every("57 3 * * *", name="core.forget_failures")
def forget_reasons() -> None:
    """Why a job failed is kept as long as the job."""
    forget_failures()


@every("37 3 * * *", name="core.purge_files")
def purge_files() -> None:
    """The bytes of deleted files go when the recycle bin's time is over."""
    purge_deleted()


@every("7 4 * * *", name="core.sweep_files")
def sweep_files() -> None:
    """Bytes whose facts were never committed go after a day."""
    sweep_orphans()


@every("47 3 * * *", name="core.purge_jobs", of_tenant=False)
def purge_jobs() -> None:
    """Failed jobs stay for inspection for a month, then go; successful ones go at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """DELETE FROM procrastinate_jobs j WHERE j.status IN ('failed', 'succeeded', 'aborted', 'cancelled')
               AND (SELECT max(e.at) FROM procrastinate_events e WHERE e.job_id = j.id) < now() - %s::interval""",
            [KEEP_FAILED_JOBS],
        )
