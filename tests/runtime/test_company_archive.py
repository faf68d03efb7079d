"""One company's backup put back beside another: its rows, files and people, and nobody else's."""

import json
import tarfile
from pathlib import Path

import psycopg
import pytest

from guanxi.project.paths import DataDir
from guanxi.project.postgres.connect import open_database
from guanxi.project.postgres.lease import acquire
from tests.runtime.server import guanxi
from tests.runtime.test_archive import DEBIAN_SERVERS, empty_folder, external_url, kept_data

pytestmark = pytest.mark.runtime
__all__ = ["empty_folder", "external_url", "kept_data"]

PASSWORD = "correct horse 9"
ACCOUNTS = "code,name,city\n,华东精密,上海\n,Müller GmbH,Köln\n"


def company(data: DataDir, slug: str, admin: str) -> None:
    made = guanxi(data, "tenant", "create", slug, "--admin", admin, "--password", PASSWORD)
    assert made.returncode == 0, made.stderr


def fill(data: DataDir, slug: str, folder: Path) -> None:
    file = folder / "accounts.csv"
    file.write_text(ACCOUNTS, encoding="utf-8")
    done = guanxi(data, "import", "--tenant", slug, "--object", "accounts", str(file))
    assert done.returncode == 0, done.stderr


def rows(data: DataDir) -> dict[str, dict[str, int]]:
    """How many rows each company has in each table, whatever the policies say."""
    database = open_database(data)
    query = """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
               WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
    found: dict[str, dict[str, int]] = {}
    try:
        with psycopg.connect(database.urls.backup) as connection:
            slugs = dict(connection.execute("SELECT id, slug FROM identity_tenant").fetchall())
            for (table,) in connection.execute(query).fetchall():
                counted = connection.execute(f'SELECT tenant_id, count(*) FROM "{table}" GROUP BY 1').fetchall()
                for key, count in counted:
                    found.setdefault(slugs.get(key, "nobody"), {})[table] = count
    finally:
        database.close()
    return found


def keep_file(data: DataDir, slug: str, name: str, content: str) -> str:
    """A stored file of the company, as an upload leaves it; returns its key in the storage."""
    database = open_database(data)
    try:
        with psycopg.connect(database.urls.owner) as connection:
            tenant = connection.execute("SELECT id FROM identity_tenant WHERE slug = %s", [slug]).fetchone()
            assert tenant is not None
            connection.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant[0])])
            key = f"{tenant[0]}/{name}"
            statement = """INSERT INTO core_storedfile (id, tenant_id, name, content_type, size, sha256, storage_key, object, tags)
                           VALUES (gen_random_uuid(), %s, %s, 'text/plain', %s, '', %s, '', '{}')"""
            connection.execute(statement, [tenant[0], name, len(content.encode()), key])
    finally:
        database.close()
    path = data.files / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return key


def test_a_company_moves_to_another_installation(kept_data: DataDir, empty_folder: Path) -> None:
    company(kept_data, "acme", "boss@acme.example")
    company(kept_data, "borealis", "boss@borealis.example")
    for slug in ("acme", "borealis"):
        fill(kept_data, slug, empty_folder)
    ours = keep_file(kept_data, "acme", "offer.txt", "报价")
    theirs = keep_file(kept_data, "borealis", "secret.txt", "not for acme")
    lost = keep_file(kept_data, "acme", "lost.txt", "gone from the disk")
    (kept_data.files / lost).unlink()
    before = rows(kept_data)
    file = empty_folder / "acme.tar"
    made = guanxi(kept_data, "backup", "--tenant", "acme", str(file))
    assert (made.returncode, made.stderr) == (0, ""), made.stderr
    assert file.stat().st_mode & 0o777 == 0o600
    assert b"borealis" not in file.read_bytes() and b"not for acme" not in file.read_bytes()
    assert guanxi(kept_data, "backup", "--tenant", "nobody", str(empty_folder / "x.tar")).returncode == 1

    other = DataDir.at(empty_folder / "other")
    lease = acquire(other)
    company(other, "third", "boss@acme.example")
    third = rows(other)["third"]
    done = guanxi(other, "restore", "--tenant", "acme", str(file))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    after = rows(other)
    assert after == {"acme": before["acme"], "third": third}
    assert (before["acme"]["customers_account"], before["acme"]["core_storedfile"]) == (2, 2)
    assert (other.files / ours).read_text(encoding="utf-8") == "报价"
    assert not (other.files / theirs).exists() and not (other.files / lost).exists()
    # The person who was here already works for both, with the own sign-in.
    for slug in ("acme", "third"):
        token = guanxi(other, "token", "create", "--tenant", slug, "--user", "boss@acme.example")
        assert token.stdout.startswith("gx_"), token.stderr
    again = guanxi(other, "restore", "--tenant", "acme", str(file))
    assert again.stderr == "guanxi: The company acme is here already: --replace drops what it has now.\n"
    lease.close()


def test_a_company_is_replaced_and_the_other_stays(kept_data: DataDir, empty_folder: Path) -> None:
    for slug in ("acme", "borealis"):
        company(kept_data, slug, f"boss@{slug}.example")
        fill(kept_data, slug, empty_folder)
    kept = keep_file(kept_data, "acme", "offer.txt", "报价")
    file = empty_folder / "acme.tar"
    assert guanxi(kept_data, "backup", "--tenant", "acme", str(file)).returncode == 0
    before = rows(kept_data)
    (kept_data.files / kept).unlink()
    theirs = keep_file(kept_data, "borealis", "secret.txt", "stays")
    for slug in ("acme", "borealis"):
        fill(kept_data, slug, empty_folder)
    changed = rows(kept_data)
    assert changed["acme"]["customers_account"] == changed["borealis"]["customers_account"] == 4
    done = guanxi(kept_data, "restore", "--tenant", "acme", "--replace", str(file))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert rows(kept_data) == {"acme": before["acme"], "borealis": changed["borealis"]}
    assert (kept_data.files / kept).read_text(encoding="utf-8") == "报价"
    assert (kept_data.files / theirs).read_text(encoding="utf-8") == "stays"
    assert guanxi(kept_data, "tenant", "list").stdout.split() == ["acme", "acme", "borealis", "borealis"]


def test_what_does_not_fit_changes_nothing(kept_data: DataDir, empty_folder: Path) -> None:
    company(kept_data, "acme", "boss@acme.example")
    file, whole = empty_folder / "acme.tar", empty_folder / "whole.tar"
    assert guanxi(kept_data, "backup", "--tenant", "acme", str(file)).returncode == 0
    assert guanxi(kept_data, "backup", str(whole)).returncode == 0
    before = rows(kept_data)
    alone = guanxi(kept_data, "restore", "--replace", str(file))
    assert alone.stderr == f"guanxi: {file} holds one company: say --tenant with its short name.\n"
    all_of_it = guanxi(kept_data, "restore", "--tenant", "acme", "--replace", str(whole))
    assert all_of_it.stderr == f"guanxi: {whole} holds a whole installation: restore it without --tenant.\n"
    named = guanxi(kept_data, "restore", "--tenant", "borealis", str(file))
    assert named.stderr == f"guanxi: {file} holds the company acme, not borealis.\n"
    older = empty_folder / "older.tar"
    with tarfile.open(file) as source, tarfile.open(older, "w") as target:
        for member in source.getmembers():
            content = source.extractfile(member)
            if member.name == "contents.json" and content is not None:
                contents = json.load(content)
                contents["schema"].append("records.9999_later")
                path = empty_folder / "contents.json"
                path.write_text(json.dumps(contents), encoding="utf-8")
                target.add(path, "contents.json")
            else:
                target.addfile(member, content)
    refused = guanxi(kept_data, "restore", "--tenant", "acme", "--replace", str(older))
    assert refused.stderr == "guanxi: The file was made by another release of Guanxi: use the release that made it.\n"
    assert rows(kept_data) == before


@pytest.mark.skipif(not DEBIAN_SERVERS, reason="no PostgreSQL server of the operating system")
def test_from_an_external_server_to_the_embedded_one_and_back(
    kept_data: DataDir, empty_folder: Path, external_url: str
) -> None:
    company(kept_data, "acme", "boss@acme.example")
    fill(kept_data, "acme", empty_folder)
    key = keep_file(kept_data, "acme", "offer.txt", "报价")
    there, file, back = DataDir.at(empty_folder / "there"), empty_folder / "acme.tar", empty_folder / "back.tar"
    assert guanxi(kept_data, "backup", "--tenant", "acme", str(file)).returncode == 0
    outside = {"DATABASE_URL": external_url}
    made = guanxi(there, "tenant", "create", "third", "--admin", "t@third.example", "--password", PASSWORD, **outside)
    assert made.returncode == 0, made.stderr
    done = guanxi(there, "restore", "--tenant", "acme", str(file), **outside)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert (there.files / key).read_text(encoding="utf-8") == "报价"
    assert guanxi(there, "tenant", "list", **outside).stdout.split() == ["acme", "acme", "third", "third"]
    assert guanxi(there, "backup", "--tenant", "acme", str(back), **outside).returncode == 0
    before = rows(kept_data)
    done = guanxi(kept_data, "restore", "--tenant", "acme", "--replace", str(back))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    assert rows(kept_data) == before
