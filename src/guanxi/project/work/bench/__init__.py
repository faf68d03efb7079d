"""`guanxi bench`: how fast this machine is, through HTTP and beside bare SQL, on a large deterministic tenant."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.services.tokens import create_token
from guanxi.project.failure import Failure
from guanxi.project.supervisor.children import Child, stop_all
from guanxi.project.work.bench import bare
from guanxi.project.work.bench.company import Bench, prepare
from guanxi.project.work.bench.imports import import_lines
from guanxi.project.work.bench.load import Connection, Measured, measure
from guanxi.project.work.bench.tasks import Task, Visitor, sign_in, tasks

CLIENTS = (1, 8)
WORKERS = 2
HEAD = (
    "| task | clients | p50 ms | p95 ms | answers/s | server CPU ms | bare SQL/s | of bare SQL | queries | what limits it |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    task: Task
    clients: int
    seen: Measured
    cpu: float
    bare: float

    def __str__(self) -> str:
        ratio = f"{100 * self.seen.rate / self.bare:.0f} %" if self.bare else "–"
        figures = f"{self.seen.p50:.1f} | {self.seen.p95:.1f} | {self.seen.rate:,.0f} | {self.cpu:.1f}"
        return (
            f"| {self.task.name} | {self.clients} | {figures} | {self.bare:,.0f} | {ratio} | {self.task.queries} "
            f"| {self.task.limit} |"
        )


def run(*, accounts: int, seconds: int, report: Path | None) -> list[str]:
    """Make the tenant, measure, and return the report as Markdown; also into the file `report` when it is given."""
    bench = prepare(accounts)
    with tenant_tx(bench.tenant.id):
        assert bench.actor.member_id is not None
        expires = timezone.now() + timedelta(days=1)
        token = create_token(bench.actor, membership=bench.actor.member_id, name="bench", expires_at=expires)
    visitor = Visitor(token, sign_in(bench))
    with _server(visitor) as (port, web):
        lines = [line for task in tasks(bench, visitor, port) for line in _measured(task, port, web, seconds)]
    text = _report(bench, lines) + import_lines(accounts)
    if report is not None:
        report.write_text("\n".join(text) + "\n", encoding="utf-8")
    return text


def _measured(task: Task, port: int, web: Child, seconds: int) -> Iterator[Line]:
    # Each connection of both processes plans a statement some times before it keeps the plan.
    measure(port, task.request, clients=CLIENTS[-1], seconds=seconds / 2)
    for clients in CLIENTS:
        before = _cpu(web)
        seen = measure(port, task.request, clients=clients, seconds=seconds)
        cpu = (_cpu(web) - before) / max(1, seen.answers) * 1000
        yield Line(task, clients, seen, cpu, bare.rate(task.scripts, clients=clients, seconds=seconds))


@contextmanager
def _server(visitor: Visitor) -> Iterator[tuple[int, Child]]:
    """Two web processes as `serve` starts them, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    web = Child("web", "guanxi.project.web", ["127.0.0.1", str(port), str(WORKERS)], {"GUANXI_POOL": "1"})
    web.start()
    try:
        _await(port, visitor)
        yield port, web
    finally:
        stop_all([web])


def _await(port: int, visitor: Visitor) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with Connection(port) as connection:
                connection.ask(visitor.get("/api/v1/accounts?limit=1"))
            return
        except (OSError, Failure):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def _cpu(web: Child) -> float:
    """Seconds of CPU that the web processes have used: all of the session that the child leads."""
    assert web.process is not None
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == web.process.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _report(bench: Bench, lines: list[Line]) -> list[str]:
    sizes = f"{bench.accounts:,} accounts, {2 * bench.accounts:,} contacts, {bench.opportunities:,} opportunities"
    return [
        "# Performance",
        "",
        f"Made by `./guanxi bench --accounts {bench.accounts}`: {sizes}; {WORKERS} web processes on {os.cpu_count()} cores,",
        f"load of the machine at the end {os.getloadavg()[0]:.1f}. The person who measures is a sales representative who sees a",
        "third of the records (the own team's), with a token; the rate limit is on. Server CPU is that of the web processes for",
        "one answer. Bare SQL is `pgbench -M extended` with the same statements for the same rows, right after each line.",
        "",
        *HEAD,
        *(str(line) for line in lines),
    ]
