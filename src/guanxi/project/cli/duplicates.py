"""`guanxi dedupe`."""

from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data
from guanxi.project.failure import Failure
from guanxi.project.installation import work


def dedupe(
    plural: Annotated[
        str,
        typer.Option("--object", metavar="NAME", help="accounts or contacts; with --file what its rows are."),
    ] = "",
    tenant: Annotated[
        str, typer.Option("--tenant", metavar="SLUG", help="The company whose records are compared.")
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, metavar="FILE", help="A CSV file instead.")
    ] = None,
    id_column: Annotated[
        str, typer.Option("--id", metavar="COLUMN", help="The column of the file that holds the ids.")
    ] = "id",
    precision: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the linked pairs that is expected to be right.")
    ] = 0.98,
    data: Data = DEFAULT_DATA,
) -> None:
    """Print clusters of records, or of rows of a file, that are likely the same: JSON lines of ids and a score."""
    if (file is None) == (not tenant):
        raise Failure("Say either --file FILE --id COLUMN, or --object accounts|contacts --tenant SLUG.")
    if plural not in ("accounts", "contacts", *[""] * (file is not None)):
        raise Failure(f"{plural or 'Nothing'} cannot be compared: say --object accounts or --object contacts.")
    if file is not None:
        # By name: NumPy takes a while to load, which the other commands need not wait for.
        linkage = import_module("guanxi.project.duplicates")
        companies = plural == "accounts"
        lines, summary = linkage.clusters_of_file(file, id_column=id_column, companies=companies, precision=precision)
    else:
        lines, summary = work(
            data, "duplicates", "clusters_of_object", tenant=tenant, plural=plural, precision=precision
        )
    for line in lines:
        typer.echo(line)
    typer.echo(summary, err=True)
