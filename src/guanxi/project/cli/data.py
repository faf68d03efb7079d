"""`guanxi import` and `guanxi bench`."""

from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Tenant
from guanxi.project.failure import Failure
from guanxi.project.installation import work


def import_data(
    source: Annotated[
        Path, typer.Argument(exists=True, metavar="DIR|FILE", help="Folder of CSV files, or one CSV or XLSX file.")
    ],
    tenant: Tenant,
    profile: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="TOML file: which file fills which object, column by column."),
    ] = None,
    plural: Annotated[
        str, typer.Option("--object", metavar="NAME", help="What the rows of one file are, such as accounts.")
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Load a folder of CSV files as a profile describes, or one file of one object. A second run changes nothing."""
    if (profile is None) == (not plural):
        raise Failure("Say either --profile FILE with a folder, or --object NAME with a file.")
    if source.is_dir() == (profile is None):
        raise Failure(
            f"{source} is {'a folder' if source.is_dir() else 'a file'}: --profile takes a folder, --object a file."
        )
    if profile is not None:
        lines = work(data, "profiles", "import_and_analyze", tenant=tenant, profile=profile, folder=source)
    else:
        lines = work(data, "uploads", "import_file", tenant=tenant, plural=plural, file=source)
    for line in lines:
        typer.echo(line)


def bench(
    accounts: Annotated[
        int, typer.Option(min=100, help="Number of accounts; twice as many contacts and opportunities.")
    ] = 100_000,
    quick: Annotated[bool, typer.Option("--quick", help="2 % of the records, and short.")] = False,
    report: Annotated[Path | None, typer.Option(help="Markdown file to write the table to.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Measure this machine: a large deterministic tenant, through HTTP, beside bare SQL."""
    size, seconds = (accounts // 50, 2) if quick else (accounts, 4)
    for line in work(data, "bench", "run", accounts=size, seconds=seconds, report=report):
        typer.echo(line)
