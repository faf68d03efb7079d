"""The pytest plugin of this repository: real PostgreSQL for every test, as the roles of production.

Loaded with `-p` (see pyproject.toml), because pytest-django reads the settings before any conftest.py. Tests connect as
the run-time role, so row-level security is tested by every test; the alias `owner` owns the tables. Each process of
pytest-xdist has a database of its own, a copy of the migrated template.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import TransactionTestCase
from psycopg import sql

from guanxi.project.browser import browser_on_this_machine
from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.bootstrap import prepare_database
from guanxi.project.postgres.cluster import DATABASE, SUPERUSER, locate
from guanxi.project.postgres.lease import Lease, acquire, is_kept
from guanxi.project.testing.template import QUICK, copy, find_or_make

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")


def _set_environment() -> Path:
    """Choose the folder of this run's cluster (the first process does) and lead the settings to it."""
    chosen = os.environ.get("GUANXI_TEST_DATA")
    if chosen is None:
        template = find_or_make()
        folder = Path(tempfile.mkdtemp(prefix="guanxi-tests-"))
        copy(template, folder)
        os.environ["GUANXI_TEST_DATA"] = chosen = str(folder)
    data = DataDir(Path(chosen))
    credentials = load_credentials(data)
    cluster = locate(data, credentials["instance"])
    name = f"test_{DATABASE}_{WORKER}"
    for variable, role in (
        ("DATABASE_URL", "app"),
        ("GUANXI_OWNER_DATABASE_URL", "owner"),
        ("GUANXI_BACKUP_DATABASE_URL", "backup"),
    ):
        os.environ[variable] = cluster.url(f"guanxi_{role}", credentials[role], name)
    files = private_files(data)
    os.environ |= {"GUANXI_DATA": files, "GUANXI_SECRET_KEY": credentials["secret_key"], "GUANXI_POOL": "0"}
    os.environ["GUANXI_POSTGRES_SETTINGS"] = QUICK
    return data.root


def private_files(data: DataDir) -> str:
    """A data folder for the application of this process, apart from that of its neighbours."""
    folder = data.root / f"app-{WORKER}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return str(folder)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser of all browser tests: GUANXI_CHROMIUM, else the machine's; without one the test is skipped."""
    found = browser_on_this_machine()
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


FIRST_PROCESS = "GUANXI_TEST_DATA" not in os.environ
FOLDER = _set_environment()


@contextmanager
def fresh_database() -> Iterator[None]:
    """The database of this process, copied from the template, for as long as the block runs."""
    lease = acquire(DataDir(FOLDER))
    name = connections["default"].settings_dict["NAME"]
    with psycopg.connect(lease.superuser_url, autocommit=True) as connection:
        target, template = sql.Identifier(name), sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(target))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(target, template))
    prepare_database(_superuser_url(lease, name), name)
    with psycopg.connect(_superuser_url(lease, name), autocommit=True) as superuser:
        superuser.execute("SET session_replication_role = replica")
        _seeded.update(_filled_tables(superuser))
        _superuser.append(superuser)
        yield
    for alias in connections:
        connections[alias].close()
    lease.close()


TABLES = """
SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
"""
_superuser: list[psycopg.Connection[Any]] = []
# Tables that migrations fill; all others are empty before and after each test.
_seeded: set[str] = set()


def _filled_tables(connection: psycopg.Connection[Any]) -> set[str]:
    """The tables that have rows, found by one query."""
    names = [row[0] for row in connection.execute(TABLES)]
    ask = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    asked = [ask.format(sql.Literal(name), sql.Identifier(name)) for name in names]
    return {row[0] for row in connection.execute(sql.SQL(" UNION ALL ").join(asked))}


def _empty_tables(self: TransactionTestCase) -> None:
    """What a transactional test leaves behind goes, as superuser: the run-time role may not truncate.

    With foreign keys asleep, a few DELETEs are much quicker than one TRUNCATE over everything that refers to them."""
    connection = _superuser[0]
    for table in _filled_tables(connection) - _seeded:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))


def _superuser_url(lease: Lease, name: str) -> str:
    return lease.cluster.url(SUPERUSER, load_credentials(lease.data)["superuser"], name)


TransactionTestCase._fixture_teardown = _empty_tables  # type: ignore[attr-defined]


def pytest_configure(config: pytest.Config) -> None:
    """Half the time of preparing a test would go into hashing the passwords of its people."""
    settings.PASSWORD_HASHERS = ["guanxi.project.testing.hashers.QuickArgon2"]


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process removes the cluster when everybody has left."""
    if FIRST_PROCESS:
        data = DataDir(FOLDER)
        deadline = time.monotonic() + 20
        while is_kept(data) and time.monotonic() < deadline:
            time.sleep(0.05)
        shutil.rmtree(FOLDER, ignore_errors=True)
