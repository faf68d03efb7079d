"""One company in one file: its rows as text, its files, the people who work for it; and back, beside the other companies.

Rows are read as the app role and written as the owner role, both under forced row-level security in the company's name: a row of another
company can neither leave nor enter. All is one transaction: an interrupted restore changes nothing.
"""

import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

import psycopg
from django.core.files import File
from django.core.files.storage import default_storage
from psycopg import sql
from psycopg.rows import dict_row

from guanxi.project.archive import CONTENTS, FILES, add_text, unpack
from guanxi.project.failure import Failure

KIND, TABLES, PEOPLE = "company", "tables", "people.json"
CHUNK = 1024 * 1024
# What a person's sign-in consists of; second factors are sealed with the installation's key and are set up anew.
PERSON = (
    "id",
    "email",
    "name",
    "password",
    "language",
    "time_zone",
    "theme",
    "density",
    "single_keys",
    "red_is_up",
    "is_active",
)
_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence = 'p'
AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY c.oid, c.relname HAVING 'tenant_id' = ANY(array_agg(a.attname::text)) ORDER BY c.relname
"""


def back_up(*, slug: str, target: Path) -> int:
    """Write the company into a new file and return its size. One consistent snapshot; the server may be running."""
    if target.exists():
        raise Failure(f"{target} exists already.")
    if not target.absolute().parent.is_dir():
        raise Failure(f"There is no folder {target.absolute().parent}.")
    unfinished = target.with_name(f".{target.name}.part")
    with _snapshot() as connection, tempfile.TemporaryDirectory(prefix="guanxi-backup-") as scratch:
        tenant = _tenant(connection, slug)
        handle = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
            _write(connection, archive, tenant, Path(scratch))
    unfinished.rename(target)
    return target.stat().st_size


def restore(*, slug: str, source: Path, replace: bool) -> None:
    """Put the company of a file into this installation, where it is missing; with `replace` instead of the one that is there."""
    with tempfile.TemporaryDirectory(prefix="guanxi-restore-") as folder:
        scratch = Path(folder)
        contents = unpack(source, scratch)
        if contents.get("kind") != KIND:
            raise Failure(f"{source} holds a whole installation: restore it without --tenant.")
        tenant: dict[str, Any] = contents["tenant"]  # type: ignore[assignment]
        if tenant["slug"] != slug:
            raise Failure(f"{source} holds the company {tenant['slug']}, not {slug}.")
        with psycopg.connect(os.environ["GUANXI_OWNER_DATABASE_URL"]) as connection:
            _name(connection, UUID(tenant["id"]))
            _check(connection, contents, tenant, replace=replace)
            _put_back(connection, contents, tenant, scratch)
            # Before the commit: rows whose files are missing would be worse than files without rows.
            _keep_files(scratch / FILES)


@contextmanager
def _snapshot() -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def _tenant(connection: "psycopg.Connection[Any]", slug: str) -> dict[str, Any]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("SELECT * FROM identity_tenant WHERE slug = %s", [slug]).fetchone()
    if found is None:
        raise Failure(f"There is no company {slug}.")
    _name(connection, found["id"])
    return found


def _name(connection: "psycopg.Connection[Any]", tenant_id: UUID) -> None:
    """All that follows is done in the name of the company."""
    connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])


def _write(connection: "psycopg.Connection[Any]", archive: tarfile.TarFile, tenant: Mapping[str, Any], scratch: Path) -> None:  # fmt: skip
    tables = dict(connection.execute(_TABLES).fetchall())
    contents = {
        "format": 1, "kind": KIND, "made_at": datetime.now(UTC).isoformat(), "tenant": _plain(tenant), "tables": tables,
        "schema": _schema(connection),
    }  # fmt: skip
    add_text(archive, CONTENTS, json.dumps(contents))
    add_text(archive, PEOPLE, json.dumps(_people(connection)))
    for table, columns in tables.items():
        path = scratch / "rows"
        query = sql.SQL("COPY (SELECT {} FROM {} WHERE tenant_id = {}) TO STDOUT").format(
            _names(columns), sql.Identifier(table), sql.Literal(tenant["id"])
        )
        with path.open("wb") as file, connection.cursor() as cursor, cursor.copy(query) as rows:
            for part in rows:
                file.write(part)
        archive.add(path, f"{TABLES}/{table}")
    for (key,) in connection.execute("SELECT storage_key FROM core_storedfile").fetchall():
        _add_file(archive, key, scratch)


def _add_file(archive: tarfile.TarFile, key: str, scratch: Path) -> None:
    """A file of the storage, wherever that is; one that has gone from the recycle bin meanwhile is left out."""
    try:
        with default_storage.open(key, "rb") as stored, (scratch / "file").open("wb") as copy:
            shutil.copyfileobj(stored, copy, CHUNK)
    except FileNotFoundError:
        return
    archive.add(scratch / "file", f"{FILES}/{key}")


def _people(connection: "psycopg.Connection[Any]") -> list[dict[str, Any]]:
    query = sql.SQL("SELECT {} FROM identity_user WHERE id IN (SELECT user_id FROM identity_membership)")
    with connection.cursor(row_factory=dict_row) as cursor:
        people = [_plain(row) for row in cursor.execute(query.format(_names(PERSON))).fetchall()]
    verified = "SELECT user_id::text, email FROM account_emailaddress WHERE verified"
    known = {(user, email.lower()) for user, email in connection.execute(verified).fetchall()}
    return [person | {"verified": (person["id"], person["email"].lower()) in known} for person in people]


def _schema(connection: "psycopg.Connection[Any]") -> list[str]:
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return [row[0] for row in rows]


def _check(
    connection: "psycopg.Connection[Any]", contents: Mapping[str, Any], tenant: Mapping[str, Any], *, replace: bool
) -> None:
    """Raise `Failure` unless the company fits in here."""
    if sorted(contents["schema"]) != sorted(_schema(connection)):
        raise Failure("The file was made by another release of Guanxi: use the release that made it.")
    if contents["tables"] != dict(connection.execute(_TABLES).fetchall()):
        raise Failure("The file does not fit the tables of this installation.")
    rows = connection.execute("SELECT id, slug FROM identity_tenant").fetchall()
    if any(slug == tenant["slug"] and str(key) != tenant["id"] for key, slug in rows):
        raise Failure(f"Another company is called {tenant['slug']} here.")
    if any(str(key) == tenant["id"] for key, _slug in rows) and not replace:
        raise Failure(f"The company {tenant['slug']} is here already: --replace drops what it has now.")


def _put_back(connection: "psycopg.Connection[Any]", contents: Mapping[str, Any], tenant: Mapping[str, Any], scratch: Path) -> None:  # fmt: skip
    tables: Mapping[str, Sequence[str]] = contents["tables"]
    version = connection.execute("SELECT max(permissions_version) FROM identity_company").fetchone()
    for table in tables:
        # The outbox stands outside row-level security, so the company is named everywhere.
        statement = sql.SQL("DELETE FROM {} WHERE tenant_id = {}")
        connection.execute(statement.format(sql.Identifier(table), sql.Literal(tenant["id"])))
    connection.execute("DELETE FROM identity_tenant WHERE id = %s", [tenant["id"]])
    _insert(connection, "identity_tenant", tenant)
    known = _let_in(connection, json.loads((scratch / PEOPLE).read_text(encoding="utf-8")))
    for table, columns in tables.items():
        _fill(connection, table, columns, scratch / TABLES / table, tenant["id"], known)
    # Whatever was remembered of the company that stood here before must not be taken for this one.
    bump = "UPDATE identity_company SET permissions_version = greatest(permissions_version, %s) + 1"
    connection.execute(bump, [version[0] or 0 if version else 0])


def _fill(
    connection: "psycopg.Connection[Any]", table: str, columns: Sequence[str], path: Path, tenant_id: str, known: Mapping[str, str]
) -> None:  # fmt: skip
    """Copy a table's rows into a heap of their own first: COPY does not go through policies, INSERT does."""
    name = sql.Identifier(table)
    connection.execute(sql.SQL("CREATE TEMP TABLE restored (LIKE {}) ON COMMIT DROP").format(name))
    with (
        path.open("rb") as file,
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY restored ({}) FROM STDIN").format(_names(columns))) as rows,
    ):
        for part in _parts(file):
            rows.write(part)
    strange = connection.execute("SELECT 1 FROM restored WHERE tenant_id <> %s LIMIT 1", [tenant_id]).fetchone()
    if strange:
        raise Failure(f"The file holds rows of another company in {table}.")
    if "user_id" in columns:
        for old, new in known.items():
            connection.execute("UPDATE restored SET user_id = %s WHERE user_id = %s", [new, old])
    statement = sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM restored").format(name, _names(columns))
    connection.execute(statement)
    connection.execute("DROP TABLE restored")


def _let_in(connection: "psycopg.Connection[Any]", people: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Make the people who are not here yet; those who are keep their sign-in. Returns other ids here, by those of the file."""
    others: dict[str, str] = {}
    for person in people:
        query = (
            "SELECT id::text FROM identity_user WHERE id = %s OR lower(email) = lower(%s) ORDER BY id = %s DESC LIMIT 1"
        )
        found = connection.execute(query, [person["id"], person["email"], person["id"]]).fetchone()
        if found is None:
            _insert(connection, "identity_user", {name: person[name] for name in PERSON})
            address = {
                "user_id": person["id"],
                "email": person["email"],
                "verified": person["verified"],
                "primary": True,
            }
            _insert(connection, "account_emailaddress", address)
        elif found[0] != person["id"]:
            others[person["id"]] = found[0]
    return others


def _keep_files(folder: Path) -> None:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        key = path.relative_to(folder).as_posix()
        if path.is_file() and not default_storage.exists(key):
            with path.open("rb") as file:
                default_storage.save(key, File(file))


def _insert(connection: "psycopg.Connection[Any]", table: str, values: Mapping[str, Any]) -> None:
    marks = sql.SQL(", ").join(sql.Placeholder() * len(values))
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(sql.Identifier(table), _names(list(values)), marks)
    connection.execute(statement, list(values.values()))


def _names(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(name) for name in columns)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON; what JSON does not know goes as the text that the database reads."""
    return {name: value if isinstance(value, str | int | bool | None) else str(value) for name, value in row.items()}


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    while part := file.read(CHUNK):
        yield part
