"""One installation made ready for work in this process: its database reachable, its environment set, Django loaded."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.connect import Database, open_database

SETTINGS = "guanxi.project.settings"


@dataclass
class Installation:
    """An opened data directory: where it is, its database, and the environment that its processes need."""

    data: DataDir
    database: Database
    environment: Mapping[str, str]


@contextmanager
def opened(folder: Path) -> Iterator[Installation]:
    """Open the installation at `folder`; the embedded server runs at least until the end of the block."""
    data = DataDir.at(folder)
    (data.root / "static").mkdir(exist_ok=True)
    database = open_database(data)
    try:
        yield Installation(data, database, environment(data, database))
    finally:
        database.close()


def environment(data: DataDir, database: Database) -> dict[str, str]:
    """The variables that settings.py reads."""
    secret = os.environ.get("GUANXI_SECRET_KEY") or load_credentials(data)["secret_key"]
    common = {"GUANXI_DATA": str(data.root), "GUANXI_SECRET_KEY": secret, "DJANGO_SETTINGS_MODULE": SETTINGS}
    return common | database.urls.environment()


def start_django(installation: Installation) -> None:
    """Load Django in this process, without a connection pool: a command is short."""
    os.environ.update(installation.environment)
    os.environ.setdefault("GUANXI_POOL", "0")
    django.setup()


def work(folder: Path, module: str, function: str, /, **arguments: Any) -> Any:
    """Call `guanxi.project.work.<module>.<function>(**arguments)` in the opened installation, with the schema current.

    The modules of `work` import the rooms, which can be imported only once Django is loaded: hence by name."""
    with opened(folder) as installation:
        start_django(installation)
        import_module("guanxi.project.work.schema").migrate()
        return getattr(import_module(f"guanxi.project.work.{module}"), function)(**arguments)
