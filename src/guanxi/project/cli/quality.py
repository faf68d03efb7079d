"""`guanxi test`."""

import typer

from guanxi.project.checks import run_all


def test(context: typer.Context) -> None:
    """Check everything: lint, types, import contracts, catalogues, front end, then all tests (arguments go to pytest)."""
    raise typer.Exit(run_all(context.args))
