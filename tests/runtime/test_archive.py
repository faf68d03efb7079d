"""Backup and restore, on the embedded server and on an external one."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.lease import acquire
from tests.runtime.server import guanxi

pytestmark = pytest.mark.runtime

TENANT = (
    "tenant",
    "create",
    "acme",
    "--name",
    "华东精密",
    "--admin",
    "a@acme.example",
    "--password",
    "correct horse 9",
)
TOKEN = ("token", "create", "--tenant", "acme", "--user", "a@acme.example")
DEBIAN_SERVERS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def test_a_restored_backup_holds_rows_files_and_key(kept_data: DataDir, empty_folder: Path) -> None:
    assert guanxi(kept_data, *TENANT).returncode == 0
    (kept_data.files / "a.txt").write_text("内容")
    file = empty_folder / "backup.tar"
    made = guanxi(kept_data, "backup", str(file))
    assert (made.returncode, made.stderr) == (0, "")
    assert file.stat().st_mode & 0o777 == 0o600

    other = DataDir.at(empty_folder / "other")
    restored = guanxi(other, "restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    lease = acquire(other)
    assert guanxi(other, "tenant", "list").stdout == "acme\t华东精密\n"
    # The token's owner is found through tables under row-level security.
    assert guanxi(other, *TOKEN).stdout.startswith("gx_")
    assert (other.files / "a.txt").read_text() == "内容"
    assert load_credentials(other)["secret_key"] == load_credentials(kept_data)["secret_key"]
    assert load_credentials(other)["app"] != load_credentials(kept_data)["app"]
    assert [line for line in guanxi(other, "doctor").stdout.splitlines() if line.startswith("FAIL")] == []
    lease.close()


def test_restore_replaces_only_when_told(kept_data: DataDir, empty_folder: Path) -> None:
    file = empty_folder / "backup.tar"
    assert guanxi(kept_data, "backup", str(file)).returncode == 0
    assert guanxi(kept_data, *TENANT).returncode == 0
    refused = guanxi(kept_data, "restore", str(file))
    assert (refused.returncode, refused.stderr) == (
        1,
        "guanxi: There are data in this installation already: --replace drops them.\n",
    )
    assert guanxi(kept_data, "tenant", "list").stdout == "acme\t华东精密\n"
    assert guanxi(kept_data, "restore", str(file), "--replace").returncode == 0
    assert guanxi(kept_data, "tenant", "list").stdout == ""


def test_what_is_no_backup_changes_nothing(kept_data: DataDir, empty_folder: Path) -> None:
    assert guanxi(kept_data, *TENANT).returncode == 0
    broken = empty_folder / "broken.tar"
    broken.write_bytes(b"not a tar file")
    refused = guanxi(kept_data, "restore", str(broken), "--replace")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"guanxi: {broken} is no backup of Guanxi")
    assert guanxi(kept_data, "tenant", "list").stdout == "acme\t华东精密\n"


@pytest.mark.skipif(not DEBIAN_SERVERS, reason="no PostgreSQL server of the operating system")
def test_an_external_server(empty_folder: Path, external_url: str) -> None:
    data = DataDir.at(empty_folder / "one")
    created = guanxi(data, *TENANT, DATABASE_URL=external_url)
    assert (created.returncode, created.stdout) == (0, "Tenant acme is ready; a@acme.example is its administrator.\n")
    assert not (data.root / "postgres").exists()
    file = empty_folder / "backup.tar"
    assert guanxi(data, "backup", str(file), DATABASE_URL=external_url).returncode == 0
    assert guanxi(data, "restore", str(file), "--replace", DATABASE_URL=external_url).returncode == 0
    assert guanxi(data, *TOKEN, DATABASE_URL=external_url).stdout.startswith("gx_")
    doctor = guanxi(data, "doctor", DATABASE_URL=external_url).stdout
    assert "ok    Database: external, PostgreSQL" in doctor
    # From the external server to the embedded one.
    other = DataDir.at(empty_folder / "two")
    assert guanxi(other, "restore", str(file)).returncode == 0
    assert guanxi(other, "tenant", "list").stdout == "acme\t华东精密\n"
    # Another installation must not take the roles over.
    stranger = guanxi(DataDir.at(empty_folder / "three"), "tenant", "list", DATABASE_URL=external_url)
    assert stranger.returncode == 1
    assert stranger.stderr.startswith("guanxi: The role guanxi_app exists on this server with another password.")


@pytest.fixture
def kept_data(migrated_data: DataDir) -> Iterator[DataDir]:
    """A data directory whose database runs all the time: each command would start and stop it else."""
    lease = acquire(migrated_data)
    yield migrated_data
    lease.close()


@pytest.fixture
def empty_folder() -> Iterator[Path]:
    """A folder that other users of the system may enter."""
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def external_url(empty_folder: Path) -> Iterator[str]:
    """A superuser's address of a server that the operating system brought, listening on a Unix socket only."""
    programs = DEBIAN_SERVERS[-1].parent
    home = empty_folder / "external"
    home.mkdir()
    run_as = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        run_as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    quiet = {"cwd": home, "check": True, "stdout": subprocess.DEVNULL}
    locale = ["-E", "UTF8", "--lc-ctype=C.UTF-8", "--lc-collate=C"]
    subprocess.run([programs / "initdb", "-D", home / "data", "-U", "boss", "-A", "trust", *locale], **quiet, **run_as)
    # The server's own superuser comes in as the system's user does; everybody else needs the role's password.
    (home / "data" / "pg_hba.conf").write_text("local all boss trust\nlocal all all scram-sha-256\n", encoding="utf-8")
    options = f"-k {home} -c listen_addresses= -c fsync=off"
    subprocess.run(
        [programs / "pg_ctl", "-D", home / "data", "-w", "-l", home / "log", "-o", options, "start"], **quiet, **run_as
    )
    url = f"postgresql://boss@/guanxi?host={home}"
    with psycopg.connect(f"host={home} user=boss dbname=postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE guanxi")
    yield url
    subprocess.run([programs / "pg_ctl", "-D", home / "data", "-m", "immediate", "stop"], **quiet, **run_as)
