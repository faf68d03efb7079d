"""`guanxi import` and `guanxi bench`."""

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Tenant
from guanxi.project.failure import Failure
from guanxi.project.installation import work


class Duplicates(StrEnum):
    """What happens with rows that are known."""

    SKIP = "skip"
    UPDATE = "update"
    FILL = "fill"
    CREATE = "create"


Source = Annotated[
    Path | None,
    typer.Argument(
        exists=True,
        metavar="DIR|FILE",
        help="Folder of CSV files, or one CSV, TSV, XLSX, vCard or JSON lines file.",
    ),
]
Profile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="TOML file: which file fills which object, column by column.")
]
Plural = Annotated[
    str, typer.Option("--object", metavar="NAME", help="What the rows of one file are, such as accounts.")
]
Key = Annotated[
    str, typer.Option("--key", metavar="FIELD", help="The field by which rows are known: code, email, phone, name …")
]
OnDuplicate = Annotated[Duplicates | None, typer.Option(help="What happens with rows that are known.")]
Encoding = Annotated[str, typer.Option(metavar="E", help="The file's encoding; recognised when it is not given.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")]
Errors = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Where to write the refused rows with their reasons.")
]
Undo = Annotated[str, typer.Option(metavar="ID", help="Take this import back, with its updates.")]


def import_data(
    tenant: Tenant,
    source: Source = None,
    profile: Profile = None,
    plural: Plural = "",
    key: Key = "",
    on_duplicate: OnDuplicate = None,
    encoding: Encoding = "",
    dry_run: DryRun = False,
    errors: Errors = None,
    undo: Undo = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Load a folder of CSV files as a profile describes, or one file of one object; or take an import back.

    An import that broke off goes on where it stopped when the same file is given again.
    """
    if undo:
        lines = work(data, "imports", "undo", tenant=tenant, import_id=undo)
    elif source is None or (profile is None) == (not plural):
        raise Failure("Say either --profile FILE with a folder, or --object NAME with a file.")
    elif source.is_dir() == (profile is None):
        raise Failure(
            f"{source} is {'a folder' if source.is_dir() else 'a file'}: --profile takes a folder, --object a file."
        )
    elif profile is not None:
        lines = work(data, "profiles", "import_and_analyze", tenant=tenant, profile=profile, folder=source)
    else:
        policy = on_duplicate.value if on_duplicate else ""
        how = {"key": key, "on_duplicate": policy, "encoding": encoding, "dry_run": dry_run, "errors": errors}
        lines = work(data, "imports", "import_file", tenant=tenant, plural=plural, file=source, **how)
    for line in lines:
        typer.echo(line)


def bench(
    accounts: Annotated[
        int, typer.Option(min=100, help="Number of accounts; twice as many contacts and opportunities.")
    ] = 100_000,
    quick: Annotated[bool, typer.Option("--quick", help="2 % of the records, and short.")] = False,
    million: Annotated[
        bool,
        typer.Option("--million", help="A million accounts and what belongs to them, for people who see more or less."),
    ] = False,
    sharing: Annotated[
        bool, typer.Option("--sharing", help="With --million: 200 sharing rules beside the tree of teams.")
    ] = False,
    science: Annotated[bool, typer.Option("--science", help="The models instead, without a database.")] = False,
    value: Annotated[
        bool, typer.Option("--value", help="The models, and the nightly run of a company of so many accounts.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Markdown file to write the table to.")] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """Measure this machine: a large deterministic tenant, through HTTP, beside bare SQL; or the models."""
    if science:
        for line in import_module("guanxi.project.value.bench").run(quick=quick, report=report):
            typer.echo(line)
        return
    size, seconds = (accounts // 50, 2) if quick else (accounts, 4)
    if million or sharing:
        for line in work(
            data, "bench.at_scale", "run_large", accounts=size * 10, seconds=seconds, sharing=sharing, report=report
        ):
            typer.echo(line)
        return
    if value:
        for line in work(data, "bench.worth", "run", accounts=size, quick=quick, report=report):
            typer.echo(line)
        return
    for line in work(data, "bench", "run", accounts=size, seconds=seconds, report=report):
        typer.echo(line)
