"""`guanxi import` and `guanxi bench`."""

from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Tenant
from guanxi.project.installation import work


def import_folder(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="DIR", help="Folder of CSV files.")],
    profile: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="TOML file: which file fills which object, column by column."),
    ],
    tenant: Tenant,
    data: Data = DEFAULT_DATA,
) -> None:
    """Load a folder of CSV files as a profile describes. A second run changes nothing."""
    for line in work(data, "imports", "import_folder", tenant=tenant, profile=profile, folder=folder):
        typer.echo(line)


def bench(
    accounts: Annotated[
        int, typer.Option(min=100, help="Number of accounts; everything else follows from it.")
    ] = 100_000,
    report: Annotated[Path | None, typer.Option(help="Markdown file to write the table to.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Measure this machine: a large deterministic tenant, through HTTP, beside bare SQL."""
    for line in work(data, "bench", "run", data=data, accounts=accounts, report=report):
        typer.echo(line)
