"""`guanxi demo`, `guanxi serve`, `guanxi migrate`."""

from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Host, Port, Workers
from guanxi.project.installation import work
from guanxi.project.supervisor.serve import serve_demo, serve_installation


def demo(
    data: Data = DEFAULT_DATA,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Workers = 2,
    password: Annotated[str, typer.Option(help="Password of the demonstration's people; made up when absent.")] = "",
) -> None:
    """Start everything with a demonstration company. Ctrl-C stops it."""
    serve_demo(data, host, port, workers, password)


def serve(data: Data = DEFAULT_DATA, host: Host = "127.0.0.1", port: Port = 8000, workers: Workers = 2) -> None:
    """Start everything: database (unless DATABASE_URL names one), pages, live updates, background work."""
    serve_installation(data, host, port, workers)


def migrate(data: Data = DEFAULT_DATA) -> None:
    """Bring the database schema up to date."""
    # Opening an installation migrates it; what is left to do is to say so.
    work(data, "schema", "pending")
    typer.echo("The database is up to date.")
