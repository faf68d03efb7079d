"""Installations for the runtime tests: copies of the migrated template, each with processes of its own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi.project.paths import DataDir
from guanxi.project.testing.template import VARIABLES, copy, find_or_make


@pytest.fixture(autouse=True)
def no_inherited_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """What leads other tests to their database must not lead these."""
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def empty_data() -> Iterator[DataDir]:
    """A fresh data directory that PostgreSQL's own user can enter."""
    yield from _fresh()


@pytest.fixture
def other_data() -> Iterator[DataDir]:
    """Another one."""
    yield from _fresh()


def _fresh() -> Iterator[DataDir]:
    folder = Path(tempfile.mkdtemp(prefix="guanxi-test-"))
    yield DataDir.at(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def migrated_data(empty_data: DataDir) -> DataDir:
    """A data directory with a migrated, empty database."""
    return copy(find_or_make(), empty_data.root)
