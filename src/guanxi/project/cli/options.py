"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[
    Path, typer.Option("--data", envvar="GUANXI_DATA", help="Folder of the database, files and keys.", metavar="DIR")
]
Host = Annotated[str, typer.Option("--host", help="Address to listen on.")]
Port = Annotated[
    int, typer.Option("--port", min=1, max=65535, help="Port of the pages; live updates use the next one.")
]
Workers = Annotated[int, typer.Option("--workers", min=1, max=64, help="Number of web processes.")]
Tenant = Annotated[str, typer.Option("--tenant", help="The tenant's short name.", metavar="SLUG")]
OneTenant = Annotated[str, typer.Option("--tenant", help="One company alone, by its short name.", metavar="SLUG")]

DEFAULT_DATA = Path(".guanxi")
