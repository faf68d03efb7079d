"""The same statements without Guanxi: what `pgbench -M extended` gets from the same database for the same rows."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.core.tenancy import tenant_tx
from guanxi.project.failure import Failure
from guanxi.project.postgres.binaries import client_program

_LITERAL = re.compile(r"'((?:[^']|'')*)'")
_RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)


def captured(tenant_id: UUID, call: Callable[[], Any]) -> list[str]:
    """The statements that a call sends, with their values, as pgbench reads them."""
    with tenant_tx(tenant_id):
        return captured_anywhere(call)


def captured_anywhere(call: Callable[[], Any]) -> list[str]:
    """Likewise for a call that opens the tenant's transaction itself."""
    with CaptureQueriesContext(connection) as queries:
        call()
    texts = [query["sql"] for query in queries.captured_queries]
    return [_quiet(text) for text in texts if text.lstrip().upper().startswith(("SELECT", "WITH"))]


def _quiet(text: str) -> str:
    """A colon in a literal would be taken for a variable."""

    def escape(match: re.Match[str]) -> str:
        if ":" not in match[1]:
            return match[0]
        return "E'" + match[1].replace("\\", "\\\\").replace(":", "\\x3a") + "'"

    return " ".join(_LITERAL.sub(escape, text).split("\n"))


def script(tenant_id: UUID, statements: Sequence[str]) -> str:
    """A transaction of the tenant around statements."""
    begin = f"SELECT set_config('app.tenant', '{tenant_id}', true)"
    return "".join(f"{text};\n" for text in ("BEGIN", begin, *statements, "COMMIT"))


def rate(scripts: Sequence[str], *, clients: int, seconds: int, prepared: bool = False) -> float:
    """Transactions a second; every transaction takes one of the scripts at random. `prepared`: each statement is planned once."""
    base = settings.DATABASES["default"]
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {name: str(base[key]) for name, key in names.items() if base[key]}
    with tempfile.TemporaryDirectory() as folder:
        command = [
            str(client_program("pgbench")),
            "-n",
            "-M",
            "prepared" if prepared else "extended",
            "-c",
            str(clients),
            "-j",
            "1",
            "-T",
            str(seconds),
        ]
        for number, text in enumerate(scripts):
            path = Path(folder) / f"{number}.sql"
            path.write_text(text, encoding="utf-8")
            command += ["-f", str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    found = _RATE.search(done.stdout)
    if done.returncode or found is None:
        raise Failure(f"pgbench: {done.stderr.strip()[-300:]}")
    return float(found[1])
