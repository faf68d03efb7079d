"""Commands with arguments that make no sense: one clear line, an exit code that says so, nothing changed."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from guanxi.project.installation import opened
from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import DATABASE, SUPERUSER, locate
from guanxi.project.testing.template import VARIABLES, clean_environment, copy, find_or_make
from tests.runtime.server import ROOT, guanxi

pytestmark = pytest.mark.runtime
PASSWORD = ("--password", "correct horse 9")
ACME = ("tenant", "create", "acme", "--admin", "a@acme.example", *PASSWORD)
# Each with a word that its line must contain.
WRONG = {
    "tenant that exists": (ACME, "taken"),
    "tenant without a slug": (("tenant", "create", "", "--admin", "b@b.example", *PASSWORD), "slug"),
    "slug with blanks": (("tenant", "create", "a b/c", "--admin", "b@b.example", *PASSWORD), "letters"),
    "no e-mail": (("tenant", "create", "beta", "--admin", "nobody", *PASSWORD), "email"),
    "weak password": (("tenant", "create", "beta", "--admin", "b@b.example", "--password", "1"), "password"),
    "no currency": (("tenant", "create", "beta", "--admin", "b@b.example", *PASSWORD, "--currency", "XXQ"), "currency"),
    "no language": (("tenant", "create", "beta", "--admin", "b@b.example", *PASSWORD, "--language", "tlh"), "language"),
    "user of nobody": (("user", "create", "c@c.example", "--tenant", "none", "--role", "sales", *PASSWORD), "none"),
    "user without a role": (("user", "create", "c@c.example", "--tenant", "acme", "--role", "king", *PASSWORD), "role"),
    "user that exists": (("user", "create", "a@acme.example", "--tenant", "acme", "--role", "sales", *PASSWORD), "already"),
    "token of a stranger": (("token", "create", "--tenant", "acme", "--user", "x@x.example"), "x@x.example"),
    "token of no tenant": (("token", "create", "--tenant", "none", "--user", "a@acme.example"), "none"),
    "token for 0 days": (("token", "create", "--tenant", "acme", "--user", "a@acme.example", "--days", "0"), "days"),
    "token for ages": (("token", "create", "--tenant", "acme", "--user", "a@acme.example", "--days", "99999999"), "days"),
    "import of nothing": (("import", "{folder}/nothing", "--tenant", "acme", "--object", "accounts"), "nothing"),
    "import without what": (("import", "{folder}/rows.csv", "--tenant", "acme"), "--object"),
    "import of no object": (("import", "{folder}/rows.csv", "--tenant", "acme", "--object", "planets"), "planets"),
    "import for no tenant": (("import", "{folder}/rows.csv", "--tenant", "none", "--object", "accounts"), "none"),
    "import of rubbish": (("import", "{folder}/rubbish.xlsx", "--tenant", "acme", "--object", "accounts"), "workbook"),
    "import with a broken profile": (("import", "{folder}", "--tenant", "acme", "--profile", "{folder}/rows.csv"), "rows.csv"),
    "backup to what exists": (("backup", "{folder}/rows.csv"), "exists"),
    "backup to nowhere": (("backup", "{folder}/no/such/folder/b.tar"), "folder"),
    "restore of nothing": (("restore", "{folder}/nothing.tar"), "nothing.tar"),
    "restore of rubbish": (("restore", "{folder}/rows.csv"), "no backup"),
    "restore of a folder": (("restore", "{folder}"), "directory"),
    "event of no id": (("events", "--retry", "everything"), "everything"),
    "event that is none": (("events", "--retry", "019a0000-0000-7000-8000-000000000000"), "019a0000"),
    "bench of one account": (("bench", "--accounts", "1"), "accounts"),
    "an option that is none": (("doctor", "--nonsense"), "--nonsense"),
    "a command that is none": (("fly",), "fly"),
    "a port that is none": (("serve", "--port", "99999"), "port"),
}  # fmt: skip


@dataclass
class Place:
    """An installation with one company, and a folder with files that are no good."""

    data: DataDir
    folder: Path

    def state(self) -> tuple[str, list[str]]:
        """A digest of all rows of all tables, and the names of all files that belong to people."""
        credentials = load_credentials(self.data)
        address = locate(self.data, credentials["instance"]).url(SUPERUSER, credentials["superuser"], DATABASE)
        total = hashlib.sha256(credentials["secret_key"].encode())
        with psycopg.connect(address) as connection:
            tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
            for (table,) in tables.fetchall():
                question = f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t"
                total.update(repr((table, connection.execute(question).fetchone())).encode())
        places = (self.data.files, self.folder)
        return total.hexdigest(), sorted(str(path) for place in places for path in place.rglob("*"))


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """The database stays open, so that each command finds it running."""
    root = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    folder = root / "rows"
    data = copy(find_or_make(), DataDir.at(root / "data").root)
    root.chmod(0o711)
    folder.mkdir()
    (folder / "rows.csv").write_text("name\nOne\n")
    (folder / "rubbish.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    with pytest.MonkeyPatch.context() as patch:
        for variable in VARIABLES:
            patch.delenv(variable, raising=False)
        with opened(data.root):
            assert guanxi(data, *ACME).returncode == 0
            yield Place(data, folder)
    shutil.rmtree(root, ignore_errors=True)


def test_a_wrong_argument_is_told_in_one_line(place: Place) -> None:
    before = place.state()
    complaints = []
    for (what, (_arguments, word)), (code, out, err) in zip(WRONG.items(), run(place), strict=True):
        said = [line for line in err.splitlines() if word.lower() in line.lower()]
        # The command's own refusals are one line; those of the parser name the usage first.
        short = err.startswith("Usage: ") or len(err.splitlines()) == 1
        if code not in (1, 2) or out or not said or not short or "Traceback" in err or "Error:" in err[:30]:
            complaints.append((what, code, out[-200:], err[-600:]))
    assert complaints == []
    assert place.state() == before


def run(place: Place) -> list[tuple[int, str, str]]:
    """The results of all commands in their order, from one process."""
    lists = [[text.replace("{folder}", str(place.folder)) for text in arguments] for arguments, _word in WRONG.values()]
    environment = clean_environment() | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "GUANXI_DATA": str(place.data.root)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tests.runtime.commands"], input=json.dumps(lists), env=environment,
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found: list[tuple[int, str, str]] = json.loads(done.stdout)
    return found


def test_a_refusal_leaves_with_its_code(place: Place) -> None:
    """Once as a process of its own."""
    done = guanxi(place.data, "token", "create", "--tenant", "none", "--user", "a@acme.example")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "guanxi: tenant: There is no company “none”.\n")


def test_the_doctor_says_no_to_what_is_no_folder(place: Place) -> None:
    done = guanxi(DataDir(place.folder / "rows.csv"), "doctor")
    assert done.returncode == 1
    assert "Traceback" not in done.stdout + done.stderr
