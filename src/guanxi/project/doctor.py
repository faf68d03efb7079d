"""`guanxi doctor`: what could be wrong on this machine, one check a line."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import psycopg

from guanxi.project.catalogues import sources
from guanxi.project.failure import Failure
from guanxi.project.frontend import BUNDLE
from guanxi.project.installation import Installation, opened, start_django
from guanxi.project.paths import DataDir
from guanxi.project.postgres.binaries import client_program
from guanxi.project.postgres.bootstrap import check_chinese, check_server

LEAST_SPACE = 2 * 2**30


@dataclass(frozen=True)
class Check:
    """One finding."""

    subject: str
    passed: bool
    finding: str


def examine(folder: Path) -> Iterator[Check]:
    """All checks, each as soon as it is done. A failing check does not stop the others."""
    yield _check("Python", lambda: ".".join(map(str, sys.version_info[:3])))
    yield _check("Data directory", lambda: _data_directory(folder))
    yield _check("Free space", lambda: _space(folder))
    yield _check("Front-end bundle", lambda: _exists(BUNDLE / "manifest.json"))
    yield _check("Message catalogues", _catalogues)
    yield _check("Backup programs", lambda: f"{client_program('pg_dump')}")
    try:
        with opened(folder) as installation:
            yield from _examine_database(installation)
    except Failure as failure:
        yield Check("Database", False, str(failure))


def _examine_database(installation: Installation) -> Iterator[Check]:
    place = "embedded" if installation.database.lease else "external"
    urls = installation.database.urls
    yield _check("Database", lambda: f"{place}, PostgreSQL {_server_version(urls.owner)}")
    yield _check("Run-time role", lambda: _harmless(urls.app))
    yield _check("Backup role", lambda: _sees_all(urls.backup))
    yield _check("Chinese search", lambda: _chinese(urls.app))
    start_django(installation)
    yield (schema := _check("Schema", _schema))
    if schema.passed:
        yield _check("Customer value", lambda: str(import_module("guanxi.project.work.values").health()))


def _check(subject: str, finding: Callable[[], str]) -> Check:
    try:
        return Check(subject, True, finding())
    except (Failure, psycopg.Error, OSError) as error:
        return Check(subject, False, " ".join(str(error).split()))


def _data_directory(folder: Path) -> str:
    data = DataDir.at(folder)
    if data.credentials.exists() and data.credentials.stat().st_mode & 0o077:
        raise Failure(f"{data.credentials} is readable by others: chmod 600 it.")
    if not os.access(data.root, os.W_OK):
        raise Failure(f"{data.root} is not writable.")
    return str(data.root)


def _space(folder: Path) -> str:
    free = shutil.disk_usage(DataDir.at(folder).root).free
    if free < LEAST_SPACE:
        raise Failure(f"only {free / 2**30:.1f} GB are left.")
    return f"{free / 2**30:.0f} GB"


def _exists(path: Path) -> str:
    if not path.exists():
        raise Failure("not built: call ./guanxi once with access to a package index.")
    return str(path.parent)


def _catalogues() -> str:
    missing = [path for path in sources() if not path.with_suffix(".mo").exists()]
    if missing:
        raise Failure(f"{len(missing)} are not compiled: call ./guanxi.")
    return f"{len(sources())} compiled"


def _server_version(url: str) -> str:
    with psycopg.connect(url) as connection:
        check_server(connection)
        return str(connection.info.parameter_status("server_version"))


def _harmless(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        owned = connection.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole").fetchone()
    if row is None or row[1] or owned is None or owned[0]:
        raise Failure("this role could read every tenant: it is a superuser, bypasses policies or owns tables.")
    return f"{row[0]}, held by row-level security"


def _sees_all(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    if row is None or not row[1]:
        raise Failure("this role is held by row-level security: backups would be empty. ALTER ROLE … BYPASSRLS.")
    return f"{row[0]}, reads all tenants"


def _chinese(url: str) -> str:
    with psycopg.connect(url) as connection:
        check_chinese(connection)
    return "trigrams see Chinese"


def _schema() -> str:
    pending = import_module("guanxi.project.work.schema").pending()
    if pending:
        raise Failure(f"{len(pending)} migrations are not applied: guanxi migrate.")
    return "up to date"
