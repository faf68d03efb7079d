"""The worker of one process: delivers events, runs jobs and schedules, and takes over the jobs of dead workers."""

import asyncio
import logging
import threading
from contextlib import suppress

from django.db import connections
from procrastinate import exceptions
from procrastinate import jobs as queue_jobs
from procrastinate.app import App
from procrastinate.contrib.django.procrastinate_app import app
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.utils import utcnow

from guanxi.core.db.parameters import connection_parameters
from guanxi.core.outbox import deliver_forever

BEAT = 5.0
SILENCE = 20.0
CONCURRENCY = 4
# A job that was on the bench when so many workers died is likely to have killed them.
MAX_DEATHS = 5
STOP_WITHIN = 10.0

log = logging.getLogger(__name__)


def run_worker(*, concurrency: int = CONCURRENCY, beat: float = BEAT, silence: float = SILENCE) -> None:
    """Work until SIGTERM or SIGINT, then finish what is running. Returns when stopped; raises when a part breaks down."""
    stopped = threading.Event()
    failures: list[BaseException] = []

    def deliver() -> None:
        try:
            deliver_forever(stopped.is_set)
        except BaseException as error:
            failures.append(error)
            log.exception("The delivery of events broke down")
        finally:
            connections.close_all()

    outbox = threading.Thread(target=deliver, name="outbox", daemon=True)
    outbox.start()
    try:
        asyncio.run(_work(concurrency, beat, silence, outbox))
    finally:
        stopped.set()
        outbox.join(STOP_WITHIN)
    if failures:
        raise failures[0]


async def recover_jobs(queue: App, *, silence: float) -> int:
    """Give jobs of workers that fell silent back to the queue; returns how many. A job that saw too many deaths fails."""
    manager = queue.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=silence))
    for job in stalled:
        if job.attempts >= MAX_DEATHS:
            await manager.finish_job(job=job, status=queue_jobs.Status.FAILED, delete_job=False)
        else:
            await manager.retry_job(job, retry_at=utcnow())
        log.warning("Recovered job %s of a dead worker", job.call_string)
    return len(stalled)


async def _work(concurrency: int, beat: float, silence: float, outbox: threading.Thread) -> None:
    # The pool opens lazily and reconnects; the other connections of this process are Django's.
    connector = PsycopgConnector(kwargs=connection_parameters(), min_size=2, max_size=concurrency + 4)
    with app.replace_connector(connector) as queue:
        async with queue.open_async():
            keeper = asyncio.create_task(_keep(queue, beat, silence, outbox))
            worker = asyncio.create_task(
                queue.run_worker_async(
                    concurrency=concurrency,
                    delete_jobs="successful",
                    update_heartbeat_interval=beat,
                    stalled_worker_timeout=silence,
                    shutdown_graceful_timeout=STOP_WITHIN,
                )
            )
            await asyncio.wait({keeper, worker}, return_when=asyncio.FIRST_COMPLETED)
            keeper.cancel()
            if worker.done():
                worker.result()
                return
            worker.cancel()
            with suppress(asyncio.CancelledError):
                await worker


async def _keep(queue: App, beat: float, silence: float, outbox: threading.Thread) -> None:
    """Recover jobs from time to time; ends, and with it the worker, when the outbox thread has died."""
    while outbox.is_alive():
        try:
            await recover_jobs(queue, silence=silence)
        except exceptions.ConnectorException:
            log.warning("The database does not answer", exc_info=True)
        await asyncio.sleep(beat)
