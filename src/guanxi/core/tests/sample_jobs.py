"""Jobs for the worker process of a test."""

import os
import time
from pathlib import Path
from uuid import UUID

from guanxi.core.jobs import every, job
from guanxi.core.tenancy import current_tenant_id


@job(name="test.walk", queue="test")
def walk(path: str, seconds: float) -> None:
    """Note the process that begins, take some time, note the process that ends."""
    _note(path, f"begin {os.getpid()}")
    time.sleep(seconds)
    _note(path, f"end {os.getpid()}")


@job(name="test.count", queue="test", retries=2)
def count(path: str, day_id: UUID, fail: bool = False) -> None:
    """Note what arrived."""
    _note(path, f"{current_tenant_id()} {type(day_id).__name__} {day_id}")
    if fail:
        raise ValueError("again")


@every("0 5 * * *", name="test.morning")
def morning() -> None:
    """Does nothing, for each tenant."""


def _note(path: str, line: str) -> None:
    with Path(path).open("a") as file:
        file.write(line + "\n")
