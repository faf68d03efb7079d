"""`guanxi tenant`, `guanxi user`, `guanxi token`."""

from typing import Annotated

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, Tenant
from guanxi.project.installation import work

tenants = typer.Typer(no_args_is_help=True, help="Companies on this installation.")
users = typer.Typer(no_args_is_help=True, help="People of a company.")
tokens = typer.Typer(no_args_is_help=True, help="Access tokens of the API.")

Password = Annotated[
    str, typer.Option(envvar="GUANXI_PASSWORD", help="Password; asked for when absent.", prompt=True, hide_input=True)
]


@tenants.command("create")
def create_tenant(
    slug: str,
    admin: Annotated[str, typer.Option(help="E-mail of the first administrator.", metavar="EMAIL")],
    password: Password,
    name: Annotated[str, typer.Option(help="Name of the company.")] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of its currency.")] = "CNY",
    language: Annotated[str, typer.Option(help="en or zh-hans.")] = "en",
    data: Data = DEFAULT_DATA,
) -> None:
    """Create a company with its first administrator."""
    work(
        data,
        "people",
        "create_tenant",
        slug=slug,
        name=name or slug,
        email=admin,
        password=password,
        currency=currency,
        language=language,
    )
    typer.echo(f"Tenant {slug} is ready; {admin} is its administrator.")


@tenants.command("list")
def list_tenants(data: Data = DEFAULT_DATA) -> None:
    """List the companies."""
    for line in work(data, "people", "tenant_lines"):
        typer.echo(line)


@users.command("create")
def create_user(
    email: str,
    tenant: Tenant,
    role: Annotated[str, typer.Option(help="Name of the role, such as sales.")],
    password: Password,
    name: Annotated[str, typer.Option(help="Full name.")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Make a person a user of a company."""
    work(data, "people", "create_user", tenant=tenant, email=email, role=role, name=name, password=password)
    typer.echo(f"{email} is a user of {tenant} with the role {role}.")


@tokens.command("create")
def create_token(
    tenant: Tenant,
    user: Annotated[str, typer.Option(help="E-mail of the user whose rights the token has.", metavar="EMAIL")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    days: Annotated[int, typer.Option(min=1, max=3660, help="Days until it expires.")] = 365,
    data: Data = DEFAULT_DATA,
) -> None:
    """Create an access token and print it, and nothing else."""
    typer.echo(work(data, "people", "create_token", tenant=tenant, email=user, name=name, days=days))
