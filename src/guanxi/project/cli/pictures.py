"""`guanxi screenshots`."""

from pathlib import Path
from typing import Annotated

import typer

from guanxi.project.checks import find_browser
from guanxi.project.cli.options import DEFAULT_DATA, Data
from guanxi.project.failure import Failure
from guanxi.project.installation import work


def screenshots(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder for the pictures.")] = Path("screenshots"),
    address: Annotated[
        str, typer.Option(help="Where the demonstration runs, on this machine.")
    ] = "http://127.0.0.1:8000",
    only: Annotated[str, typer.Option(help="Only pictures whose name contains this, such as my-day or zh-hans.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Save the main screens of a running demonstration, in both languages, both themes, wide and narrow."""
    chromium = find_browser()
    if chromium is None:
        raise Failure("Chromium is needed (on Debian: apt install chromium).")
    for name in work(data, "screenshots", "take", address=address, folder=folder, chromium=chromium, only=only):
        typer.echo(name)
