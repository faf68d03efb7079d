"""`guanxi import --profile`: a folder of CSV files becomes users, teams and records, as a profile describes.

A second run changes nothing; after a change in a file it changes that alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from django.utils import translation
from rich.console import Console
from rich.progress import track

from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.services.tenants import tenant_by_slug
from guanxi.project.failure import Failure
from guanxi.project.work.profiles.loading import BATCH, import_batch
from guanxi.project.work.profiles.people import import_people
from guanxi.project.work.profiles.profile import File, Profile, load_profile
from guanxi.project.work.profiles.reader import check_fields
from guanxi.project.work.profiles.rows import Row, check_file, read_rows
from guanxi.project.work.profiles.run import Keys, Run, prepare_pipeline
from guanxi.project.work.statistics import analyze
from guanxi.records import registry


def import_and_analyze(*, tenant: str, profile: Path, folder: Path) -> list[str]:
    """`import_folder`, and fresh statistics for the planner afterwards."""
    lines = import_folder(tenant=tenant, profile=profile, folder=folder)
    analyze()
    return lines


def import_folder(*, tenant: str, profile: Path, folder: Path) -> list[str]:
    """Load the folder; returns the report: repairs, warnings, and as last line one JSON object with the figures.

    Raises `Failure` before anything is written when profile and files do not fit together.
    """
    chosen = load_profile(profile)
    _check(chosen, folder)
    with translation.override("en"):
        run = Run(_installation(tenant), folder, chosen, Keys(chosen.source))
        with tenant_tx(run.actor.tenant_id):
            prepare_pipeline(run)
        for file in chosen.files:
            _import_file(run, file)
    return list(run.ledger.lines())


def _check(profile: Profile, folder: Path) -> None:
    names = {kind.name for kind in registry.objects()}
    for file in profile.files:
        check_file(folder, file)
        if file.people:
            continue
        if file.object not in names:
            raise Failure(f"{file.file}: there is no object {file.object}.")
        check_fields(file, registry.get(file.object))


def _installation(slug: str) -> Actor:
    """The installation itself acting for the company, in its currency and time zone."""
    tenant_id = tenant_by_slug(slug).id
    with tenant_tx(tenant_id):
        company = Company.objects.get()
    return Actor.system(tenant_id, via="import", currency=company.currency, time_zone=company.time_zone)


def _import_file(run: Run, file: File) -> None:
    rows = read_rows(run.folder, file, run.ledger)
    if file.people:
        import_people(run, file, rows)
        return
    batches = [wave[at : at + BATCH] for wave in _waves(file, rows) for at in range(0, len(wave), BATCH)]
    console = Console(stderr=True)
    for batch in track(batches, description=file.file, console=console, disable=not console.is_terminal):
        import_batch(run, file, batch)


def _waves(file: File, rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows in an order in which those that others of the same file refer to come first."""
    columns = [column for origin in file.fields.values() if origin.reference == file.object for column in origin.column]
    waiting, keys = list(rows), {row.key for row in rows}
    while waiting:
        ready = [row for row in waiting if all(row.cells[name] not in keys for name in columns)]
        # A circle: they are loaded as they stand, and what cannot be linked yet is reported.
        ready = ready or waiting
        yield ready
        keys -= {row.key for row in ready}
        waiting = [row for row in waiting if row.key in keys]
