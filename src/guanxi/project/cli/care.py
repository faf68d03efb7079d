"""`guanxi doctor`, `guanxi backup`, `guanxi restore`, `guanxi events`."""

from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.archive import make_backup, restore_backup
from guanxi.project.cli.options import DEFAULT_DATA, Data, OneTenant
from guanxi.project.doctor import examine
from guanxi.project.installation import work


def doctor(data: Data = DEFAULT_DATA) -> None:
    """Check this machine and this installation; one line for each check."""
    sound = True
    for check in examine(data):
        sound = sound and check.passed
        typer.echo(f"{'ok  ' if check.passed else 'FAIL'}  {check.subject}: {check.finding}")
    raise typer.Exit(0 if sound else 1)


def backup(
    file: Annotated[Path, typer.Argument(help="File to write; must not exist.", metavar="FILE")],
    data: Data = DEFAULT_DATA,
    tenant: OneTenant = "",
) -> None:
    """Write everything, database and files, or with --tenant one company, into one file. The server may be running."""
    one = {"slug": tenant, "target": file}
    size = work(data, "company_archive", "back_up", **one) if tenant else make_backup(data, file)
    typer.echo(f"{file}: {size / 2**20:.1f} MB")


def restore(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A file that `backup` wrote.", metavar="FILE")
    ],
    data: Data = DEFAULT_DATA,
    replace: Annotated[bool, typer.Option("--replace", help="Drop the data that are there.")] = False,
    tenant: OneTenant = "",
) -> None:
    """Put a backup into an empty installation, or with --replace into this one. The server must not be running.

    With --tenant one company of a file that `backup --tenant` wrote; the others, and a running server, are left alone.
    """
    if tenant:
        work(data, "company_archive", "restore", slug=tenant, source=file, replace=replace)
    else:
        restore_backup(data, file, replace=replace)
    typer.echo(f"{file} is restored.")


def events(
    retry: Annotated[str, typer.Option(help="Deliver a parked event again: its id, or all.", metavar="ID")] = "",
    data: Data = DEFAULT_DATA,
    tenant: OneTenant = "",
) -> None:
    """Print every event and who listens to it, and the events that could not be delivered; with --tenant those of one company."""
    one = {"tenant": tenant}
    for line in work(data, "events", "retry", which=retry, **one) if retry else work(data, "events", "lines", **one):
        typer.echo(line)
