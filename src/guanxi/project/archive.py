"""Backup and restore: one tar file with the dump of the database, the uploaded files and a table of contents."""

import fcntl
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from guanxi.project.failure import Failure
from guanxi.project.installation import Installation, opened
from guanxi.project.paths import DataDir, load_credentials, store_credential
from guanxi.project.postgres.binaries import client_program

FORMAT = 1
CONTENTS, DUMP, FILES = "contents.json", "database.dump", "files"
SUPERUSERS_ENTRY = re.compile(
    r"\d+; \d+ \d+ (EXTENSION|SCHEMA|DEFAULT ACL|DATABASE|COMMENT - (EXTENSION|SCHEMA)|ACL - (SCHEMA|DATABASE)) "
)
NEW_SETTINGS = (b"transaction_timeout",)
# Routines and types of extensions belong to the superuser and stay.
DROP_EVERYTHING = """
DO $$
DECLARE statement text;
BEGIN
    FOR statement IN
        SELECT format('DROP %s IF EXISTS %s CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, oid::regclass)
        FROM pg_class WHERE relowner = current_user::regrole AND relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure) FROM pg_proc
        WHERE proowner = current_user::regrole AND pronamespace = 'public'::regnamespace
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP SEQUENCE IF EXISTS %s CASCADE', oid::regclass) FROM pg_class
        WHERE relowner = current_user::regrole AND relnamespace = 'public'::regnamespace AND relkind = 'S'
    LOOP EXECUTE statement; END LOOP;
    FOR statement IN
        SELECT format('DROP TYPE IF EXISTS %s CASCADE', t.oid::regtype) FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE typowner = current_user::regrole AND typnamespace = 'public'::regnamespace AND typelem = 0 AND (c.oid IS NULL OR c.relkind = 'c')
    LOOP EXECUTE statement; END LOOP;
END $$
"""


def make_backup(folder: Path, target: Path) -> int:
    """Write the backup and return its size in bytes. The dump is one consistent snapshot; the files are copied after it,
    so that every file that the snapshot mentions is there."""
    if target.exists():
        raise Failure(f"{target} exists already.")
    if not target.absolute().parent.is_dir():
        raise Failure(f"There is no folder {target.absolute().parent}.")
    unfinished = target.with_name(f".{target.name}.part")
    with opened(folder) as installation, tempfile.TemporaryDirectory(prefix="guanxi-backup-") as scratch:
        dump = Path(scratch) / DUMP
        _run(
            "pg_dump",
            "--format=custom",
            "--no-owner",
            f"--file={dump}",
            f"--dbname={installation.database.urls.backup}",
        )
        handle = os.open(unfinished, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as raw, tarfile.open(fileobj=raw, mode="w") as archive:
            add_text(archive, CONTENTS, json.dumps(_contents(installation)))
            archive.add(dump, DUMP)
            archive.add(installation.data.files, FILES)
    unfinished.rename(target)
    return target.stat().st_size


def _contents(installation: Installation) -> dict[str, object]:
    # Signed links and sealed fields of the old installation stay valid only with its key.
    key = load_credentials(installation.data)["secret_key"]
    return {"format": FORMAT, "made_at": datetime.now(UTC).isoformat(), "secret_key": key}


def add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    """Add a file of this text, readable by the owner alone."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(text.encode()), 0o600
    archive.addfile(entry, io.BytesIO(text.encode()))


def restore_backup(folder: Path, source: Path, *, replace: bool) -> None:
    """Put the backup into the installation at `folder`."""
    with (
        _not_served(folder),
        opened(folder) as installation,
        tempfile.TemporaryDirectory(prefix="guanxi-restore-") as scratch,
    ):
        contents = unpack(source, Path(scratch))
        if "kind" in contents:
            raise Failure(f"{source} holds one company: say --tenant with its short name.")
        _empty_database(installation, replace=replace)
        _restore_dump(installation.database.urls.owner, Path(scratch))
        shutil.rmtree(installation.data.files)
        shutil.move(Path(scratch) / FILES, installation.data.root / "files")
        # Copies of what the database held before, perhaps of companies and persons that are not in it now.
        shutil.rmtree(installation.data.root / "warehouse", ignore_errors=True)
        store_credential(installation.data, "secret_key", str(contents["secret_key"]))


@contextmanager
def _not_served(folder: Path) -> Iterator[None]:
    with (DataDir.at(folder).run / "serve").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Failure("The server runs on this data directory: stop it first.") from None
        yield


def _check_members(archive: tarfile.TarFile, scratch: Path) -> None:
    """Files and folders inside `scratch` only; Python before 3.11.4 has no filter that would see to it."""
    inside = scratch.resolve()
    for member in archive.getmembers():
        if not (member.isreg() or member.isdir()) or not (inside / member.name).resolve().is_relative_to(inside):
            raise tarfile.TarError(f"{member.name} may not be unpacked")


def unpack(source: Path, scratch: Path) -> dict[str, object]:
    """Unpack a backup into `scratch` and return its table of contents. Raises `Failure` for what is none."""
    try:
        with tarfile.open(source) as archive:
            _check_members(archive, scratch)
            options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            archive.extractall(scratch, **options)
        contents: dict[str, object] = json.loads((scratch / CONTENTS).read_text(encoding="utf-8"))
    except (tarfile.TarError, OSError, ValueError) as error:
        # What tries every compression in turn says so in many lines.
        raise Failure(f"{source} is no backup of Guanxi: {str(error).splitlines()[0]}") from error
    if contents.get("format") != FORMAT:
        raise Failure(f"{source} was made by a newer release.")
    return contents


def _restore_dump(owner: str, scratch: Path) -> None:
    """Restore as the owner role, in one transaction: an interrupted restore leaves an empty database, not half a one."""
    dump, listing, script = scratch / DUMP, scratch / "listing", scratch / "script.sql"
    entries = _run("pg_restore", "--list", str(dump)).splitlines()
    # Extensions and the schema itself were made by the superuser who prepared the database.
    listing.write_text("\n".join(entry for entry in entries if not SUPERUSERS_ENTRY.match(entry)), encoding="utf-8")
    _run("pg_restore", "--no-owner", f"--use-list={listing}", f"--file={script}", str(dump))
    dump.unlink()
    _drop_new_settings(script)
    options = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
    _run("psql", *options, f"--file={script}", f"--dbname={owner}")


def _drop_new_settings(script: Path) -> None:
    """An older server does not know every setting in the head of the script."""
    with script.open("r+b") as file:
        head = file.read(4096)
        for setting in NEW_SETTINGS:
            # Blanks keep the length, so that a script of many gigabytes is not copied.
            head = re.sub(rb"SET " + setting + rb" = 0;", lambda found: b" " * len(found[0]), head)
        file.seek(0)
        file.write(head)


def _empty_database(installation: Installation, *, replace: bool) -> None:
    """Drop whatever the owner role owns, when asked: a dump is restored into an empty database only."""
    with psycopg.connect(installation.database.urls.owner) as connection:
        query = "SELECT 1 FROM pg_class WHERE relowner = current_user::regrole AND relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        if connection.execute(query).fetchone() and not replace:
            raise Failure("There are data in this installation already: --replace drops them.")
        connection.execute(DROP_EVERYTHING)


def _run(program: str, *arguments: str) -> str:
    done = subprocess.run([client_program(program), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{program} failed: {_reason(done.stderr)}")
    return done.stdout


def _reason(text: str) -> str:
    lines = [line for line in text.strip().splitlines() if "error" in line.lower()] or text.strip().splitlines()
    return lines[0] if lines else "no reason given"
