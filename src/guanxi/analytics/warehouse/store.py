"""The folder of a company's warehouse: files of facts named by a manifest, which is written last.

    <data>/warehouse/<tenant>/manifest.json             fact → salt, and partition → file, rows, print
    <data>/warehouse/<tenant>/transactions/2026-03.<print>.parquet
    <data>/warehouse/<tenant>/frames/2026-11-22/customers.parquet

A file is written under another name and renamed, and never changed afterwards, so that whoever reads by the manifest reads whole files.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

UNFINISHED = ".unfinished"


class Busy(RuntimeError):
    """Another process works on this warehouse."""


@dataclass
class Part:
    """One partition of a fact: its file's name, how many rows, and the sum of their prints."""

    file: str
    rows: int
    print: str


@dataclass
class Fact:
    """What is known of one fact: `salt` names the way of extraction, another one makes all partitions stale."""

    salt: str = ""
    parts: dict[str, Part] = field(default_factory=dict)


def root() -> Path:
    """The folder of all warehouses."""
    return Path(settings.DATA) / "warehouse"


def folder(tenant_id: UUID) -> Path:
    """The folder of one company's warehouse."""
    return root() / str(tenant_id)


@contextmanager
def locked(tenant_id: UUID) -> Iterator[None]:
    """Alone with the warehouse of a company; the lock falls with the process, however that ends. Raises Busy."""
    place = folder(tenant_id)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (place / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(str(tenant_id)) from None
        yield


def is_locked(tenant_id: UUID) -> bool:
    """Whether a process works on the warehouse of a company right now."""
    try:
        with locked(tenant_id):
            return False
    except Busy:
        return True


def read_manifest(tenant_id: UUID) -> dict[str, Fact]:
    """All facts that the warehouse holds; none where there is no readable manifest, whose files are then read anew."""
    try:
        known = json.loads((folder(tenant_id) / "manifest.json").read_text())
        return {
            name: Fact(each["salt"], {key: Part(**part) for key, part in each["parts"].items()})
            for name, each in known.items()
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def write_manifest(tenant_id: UUID, facts: dict[str, Fact]) -> None:
    """Put another manifest in the place of the old one, at once, and remove what no manifest names any more."""
    plain = {
        name: {"salt": fact.salt, "parts": {key: vars(part) for key, part in sorted(fact.parts.items())}}
        for name, fact in sorted(facts.items())
    }
    replace_text(folder(tenant_id) / "manifest.json", json.dumps(plain, indent=1))
    for name, fact in facts.items():
        named = {part.file for part in fact.parts.values()}
        for file in (folder(tenant_id) / name).glob("*.parquet"):
            if file.name not in named:
                file.unlink(missing_ok=True)


def replace_text(path: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new one, and a crash leaves one of them."""
    aside = path.with_name(f"{path.name}{UNFINISHED}")
    with aside.open("w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)


def clear_unfinished(tenant_id: UUID) -> None:
    """Remove what a killed process left half-written, or set aside for lack of memory."""
    shutil.rmtree(folder(tenant_id) / "scratch", ignore_errors=True)
    for file in folder(tenant_id).rglob(f"*{UNFINISHED}"):
        file.unlink(missing_ok=True)


def files_of(tenant_id: UUID, fact: str, manifest: dict[str, Fact]) -> list[Path]:
    """The files of a fact, by partition."""
    known = manifest.get(fact, Fact())
    return [folder(tenant_id) / fact / known.parts[key].file for key in sorted(known.parts)]


def frame_file(tenant_id: UUID, as_of: date, name: str) -> Path:
    """Where a frame as of a day stands."""
    return folder(tenant_id) / "frames" / as_of.isoformat() / f"{name}.parquet"


def sign_frames(tenant_id: UUID, as_of: date, run_id: UUID) -> None:
    """Note which run made the frames of a day, once they are whole."""
    replace_text(folder(tenant_id) / "frames" / as_of.isoformat() / "run", str(run_id))


def frames_signed(tenant_id: UUID, as_of: date) -> str:
    """Which run made the frames of a day; empty where there are none, or half of them."""
    try:
        return (folder(tenant_id) / "frames" / as_of.isoformat() / "run").read_text()
    except OSError:
        return ""


def drop_frames(tenant_id: UUID, *, but: date | None = None) -> None:
    """Remove frames of other days: they are made again from the facts when somebody asks."""
    for each in (folder(tenant_id) / "frames").glob("*"):
        if but is None or each.name != but.isoformat():
            shutil.rmtree(each, ignore_errors=True)


def state_of(tenant_id: UUID) -> dict[str, Any]:
    """Rows and partitions by fact, for the screen of runs."""
    return {
        name: {"rows": sum(part.rows for part in fact.parts.values()), "parts": len(fact.parts)}
        for name, fact in sorted(read_manifest(tenant_id).items())
    }


def remove(tenant_id: UUID) -> None:
    """Remove a company's whole warehouse."""
    shutil.rmtree(folder(tenant_id), ignore_errors=True)
