"""`guanxi configuration`."""

from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Tenant
from guanxi.project.installation import work

files = typer.Typer(no_args_is_help=True, help="The configuration of a company as one file.")


@files.command("export")
def export(
    tenant: Tenant,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", dir_okay=False, help="Written here, else printed.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Write fields, objects, layouts, rules, views, roles, pipelines … as one JSON file."""
    text = work(data, "configuration", "exported", tenant=tenant)
    if file is None:
        typer.echo(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")


@files.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, metavar="FILE")],
    tenant: Tenant,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    remove: Annotated[bool, typer.Option("--remove", help="Also remove what the file does not have.")] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="PART:KEY", help="This item alone; may be repeated.")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a company's configuration like a file: all of it or nothing. The last line is one JSON object with the figures."""
    arguments = {"text": file.read_text(encoding="utf-8-sig"), "only": only or None}
    for line in work(data, "configuration", "imported", tenant=tenant, dry=dry_run, remove=remove, **arguments):
        typer.echo(line)
