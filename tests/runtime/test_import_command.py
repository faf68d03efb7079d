"""`guanxi import --object`: figures, policies, dry run, undo; and a file that is never half-imported, whoever dies."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from guanxi.project.installation import opened
from guanxi.project.paths import DataDir
from guanxi.project.testing.template import clean_environment, copy, find_or_make
from tests.runtime.server import ROOT, guanxi

pytestmark = pytest.mark.runtime
ROWS = 16_000
COUNT = """
SELECT count(*) FILTER (WHERE deleted_at IS NULL), count(DISTINCT code), count(DISTINCT name), count(deleted_at),
       (SELECT count(*) FROM core_change WHERE object = 'account' AND action = 'created'),
       (SELECT count(*) FROM records_importchunk) FROM customers_account
"""


@pytest.fixture
def data() -> Iterator[DataDir]:
    """An installation that nobody serves, with a company."""
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    found = DataDir.at(copy(find_or_make(), DataDir.at(folder).root).root)
    try:
        email = ("--admin", "a@works.example", "--password", "correct horse 9")
        assert guanxi(found, "tenant", "create", "works", *email).returncode == 0
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def imported(data: DataDir, *arguments: str) -> dict[str, Any]:
    """The figures of one command; no row may be lost."""
    done = guanxi(data, "import", "--tenant", "works", *arguments)
    assert done.returncode == 0, done.stderr
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "read" in figures:
        assert figures["read"] == figures["created"] + figures["updated"] + figures["skipped"] + figures["refused"]
    return figures


def counts(data: DataDir) -> dict[str, int]:
    """What the database holds."""
    with opened(data.root) as installation, psycopg.connect(installation.database.urls.backup) as connection:
        row = connection.execute(COUNT).fetchone()
    assert row is not None
    return dict(zip(("living", "codes", "names", "deleted", "history", "chunks"), row, strict=True))


def rows_file(folder: Path) -> Path:
    """Accounts, of which every thousandth has no mail that is one."""
    file = folder / "accounts.csv"
    lines = [f"Account {row},{'no mail' if row % 1000 == 999 else f'a{row}@x.example'},Ulm" for row in range(ROWS)]
    file.write_text("name,email,city\n" + "\n".join(lines) + "\n", "utf-8")
    return file


def test_a_killed_import_goes_on_and_neither_loses_nor_doubles_a_row(data: DataDir, tmp_path: Path) -> None:
    file, errors = rows_file(tmp_path), tmp_path / "errors.csv"
    command = [
        sys.executable,
        "-P",
        "-m",
        "guanxi.project.cli",
        "import",
        "--tenant",
        "works",
        "--object",
        "accounts",
        str(file),
    ]
    environment = clean_environment() | {"PYTHONPATH": str(ROOT / "src")}
    killed = 0
    with (
        opened(data.root) as installation,
        psycopg.connect(installation.database.urls.backup, autocommit=True) as connection,
    ):
        for wanted in (1, 2):
            process = subprocess.Popen([*command, "--data", str(data.root)], env=environment, stdout=subprocess.DEVNULL)
            while process.poll() is None:
                found = connection.execute("SELECT count(*) FROM records_importchunk").fetchone()
                assert found is not None
                if found[0] >= wanted:
                    process.send_signal(signal.SIGKILL)
                    killed += 1
                    break
                time.sleep(0.02)
            process.wait()
    done = imported(data, "--object", "accounts", str(file), "--errors", str(errors))
    assert killed >= 1
    assert [done[name] for name in ("read", "created", "refused")] == [ROWS, ROWS - ROWS // 1000, ROWS // 1000]
    found_now = counts(data)
    assert [found_now[name] for name in ("living", "codes", "names", "history")] == [ROWS - ROWS // 1000] * 4
    assert found_now["chunks"] == 4
    refused = errors.read_text("utf-8-sig").splitlines()
    assert (len(refused), refused[1].split(",")[0]) == (1 + ROWS // 1000, "Account 999")


def test_policies_dry_run_and_undo_of_the_command(data: DataDir, tmp_path: Path) -> None:
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text("name,email,city\nA,a@x.example,Ulm\nB,b@x.example,Ulm\n", "utf-8")
    second.write_text("name,email,city\nA,A@x.example,Kiel\nC,c@x.example,Kiel\n", "gb18030")
    assert imported(data, "--object", "accounts", str(first))["created"] == 2
    dry = imported(data, "--object", "accounts", str(second), "--key", "email", "--on-duplicate", "update", "--dry-run")
    assert [dry[name] for name in ("created", "updated")] == [1, 1]
    assert counts(data)["living"] == 2
    assert (
        imported(data, "--object", "accounts", str(second), "--key", "email", "--on-duplicate", "skip")["skipped"] == 1
    )
    updated = imported(data, "--object", "accounts", str(second), "--key", "email", "--on-duplicate", "update")
    assert [updated[name] for name in ("created", "updated", "unchanged")] == [0, 2, 1]
    assert imported(data, "--undo", updated["id"])["undone"] == 1
    wrong = guanxi(data, "import", "--tenant", "works", "--object", "accounts", str(second), "--key", "fax")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1)
    nothing = guanxi(data, "import", "--tenant", "works", "--undo", "x")
    assert (nothing.returncode, nothing.stderr.count("\n")) == (1, 1)
