"""The import in `guanxi bench`: a file of accounts through the command, beside bare COPY of the same rows into the same kind of table."""

import csv
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, BinaryIO

from django.db import connection, connections

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.services import create_tenant
from guanxi.project.failure import Failure
from guanxi.project.work.bench.company import account_name

HEADS = ("name", "email", "phone", "city", "country", "industry", "employees", "website", "annual_revenue", "street")
BLOCK = 1024 * 1024
_TABLE = "bench_bare_copy"


def import_lines(rows: int) -> list[str]:
    """What the report says of the import of so many accounts."""
    slug = f"bench-import-{int(time.time())}"
    tenant = create_tenant(
        slug=slug,
        name="Bench",
        admin_email=f"admin@{slug}.example",
        admin_password=f"Rows-{secrets.token_hex(8)}-9",
        currency="CNY",
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "accounts.csv"
        write_file(file, rows)
        figures = _command(slug, file)
        bare = _bare(tenant.id)
    return [
        "",
        "## Import",
        "",
        "| import | rows | rows/s | bare COPY rows/s | of bare COPY | memory of the command | what limits it |",
        "|---|---|---|---|---|---|---|",
        f"| accounts, {len(HEADS)} columns | {figures['created']:,} | {figures['rows_per_second']:,} | {bare:,.0f} "
        f"| {100 * figures['rows_per_second'] / bare:.0f} % | {figures['memory_mb']} MB | the indexes of the table, and history beside it |",
    ]


def write_file(file: Path, rows: int) -> None:
    """The same accounts on every machine."""
    chance = random.Random(7)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADS)
        for row in range(rows):
            firm = f"firm{row % 5000}.example"
            phone = f"+86 138 {chance.randrange(10**4):04d} {chance.randrange(10**4):04d}"
            size, turnover = chance.randrange(1, 5000), f"{chance.randrange(10**6)}.50"
            name = account_name(row)
            writer.writerow(
                [name, f"info{row}@{firm}", phone, f"City {row % 97}", "CN", "Energy", size, f"www.{firm}", turnover, f"Street {row % 300}"]
            )  # fmt: skip


def _command(slug: str, file: Path) -> dict[str, Any]:
    """A process of its own, as a script would call it: its memory is its own too."""
    arguments = ["import", "--tenant", slug, "--object", "accounts", str(file), "--data", os.environ["GUANXI_DATA"]]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "guanxi.project.cli", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Failure(f"import: {done.stderr.strip()[-300:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _bare(tenant_id: Any) -> float:
    """Rows a second of COPY, of these rows into a table like that of accounts with all its indexes; it goes away again."""
    with tempfile.TemporaryFile() as held:
        with tenant_tx(tenant_id), connection.cursor() as cursor:
            count = _copy_out(cursor, tenant_id, held)
        held.seek(0)
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {_TABLE}")
            cursor.execute(f"CREATE TABLE {_TABLE} (LIKE customers_account INCLUDING ALL)")
            began = time.monotonic()
            raw: Any = cursor.cursor
            with raw.copy(f"COPY {_TABLE} FROM STDIN") as copy:
                while block := held.read(BLOCK):
                    copy.write(block)
            seconds = time.monotonic() - began
            cursor.execute(f"DROP TABLE {_TABLE}")
    return count / seconds


def _copy_out(cursor: Any, tenant_id: Any, out: BinaryIO) -> int:
    with cursor.cursor.copy(
        "COPY (SELECT * FROM customers_account WHERE tenant_id = %s) TO STDOUT", [tenant_id]
    ) as copy:
        for block in copy:
            out.write(block)
    return int(cursor.cursor.rowcount)
