"""The quick way through the migrations makes the tables that Django's own way makes."""

import subprocess
import sys

import pytest

from guanxi.project.paths import DataDir
from guanxi.project.postgres.binaries import client_program
from guanxi.project.postgres.connect import open_database
from tests.runtime.server import guanxi

pytestmark = pytest.mark.runtime

DJANGOS_WAY = """
import sys
from pathlib import Path
from guanxi.project.installation import opened, start_django
with opened(Path(sys.argv[1])) as installation:
    start_django(installation)
    from django.core.management import call_command
    from guanxi.project.database import grant_rights
    grant_rights()
    call_command("migrate", database="owner", verbosity=0)
    grant_rights()
"""


def _schema(data: DataDir) -> list[str]:
    database = open_database(data)
    try:
        command = [
            client_program("pg_dump"),
            "--schema-only",
            "--restrict-key=same",
            f"--dbname={database.urls.backup}",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    finally:
        database.close()
    return done.stdout.splitlines()


def test_the_quick_way_makes_the_same_tables(empty_data: DataDir, other_data: DataDir) -> None:
    assert guanxi(empty_data, "migrate").returncode == 0
    subprocess.run([sys.executable, "-c", DJANGOS_WAY, str(other_data.root)], check=True, timeout=300)
    quick, plain = _schema(empty_data), _schema(other_data)
    assert quick == plain
    assert len(plain) > 5000
