"""`guanxi value`: what customers are worth, computed from files, which needs no installation; `run` and `evaluate` work on one."""

import json
import math
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from guanxi.project.cli.options import DEFAULT_DATA, Data, OneTenant

values = typer.Typer(
    no_args_is_help=True, help="What customers are worth: from CSV files, or (run, evaluate) of a company."
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file with a head; UTF-8, UTF-16 or GB18030.")]
Model = Annotated[
    str,
    typer.Option("--model", help="bg-nbd, mbg-nbd, pareto-nbd, nbd, bg-bb, gamma-gamma, sbg or bdw.", metavar="MODEL"),
]
Discount = Annotated[float, typer.Option("--discount", help="Discount rate per period, such as .1.", metavar="D")]
_WRONG_INPUT = 2


def _computed(place: str, *arguments: Any, **options: Any) -> Any:
    """What a function of `guanxi.project.value` returns; data that cannot serve end the command with one line."""
    module, name = place.split(".")
    # By name: NumPy and SciPy take a while to load, which the other commands need not wait for.
    unusable = import_module("guanxi.science.arrays").Unusable
    try:
        return getattr(import_module(f"guanxi.project.value.{module}"), name)(*arguments, **options)
    except unusable as reason:
        typer.echo(f"guanxi: {' '.join(str(reason).split())}", err=True)
        raise typer.Exit(_WRONG_INPUT) from None


def _of_company(data: Path, function: str, **arguments: Any) -> Any:
    """What a function of `guanxi.project.work.values` gives; by name, since only these two commands need Django and the database."""
    return import_module("guanxi.project.installation").work(data, "values", function, **arguments)


def _print(found: dict[str, Any]) -> None:
    """One JSON object; what is no finite number becomes null."""
    typer.echo(json.dumps(_plain(found), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


@values.command()
def fit(file: File, model: Model) -> None:
    """Fit a model and print its parameters, standard errors, log-likelihood and warnings as JSON.

    Columns: x, t_x, T and optionally n (customers in the row); gamma-gamma: x, m; bg-bb: T counts opportunities; sbg, bdw:
    period, survivors.
    """
    _print(_computed("models.fit", file, model))


@values.command()
def predict(
    file: File,
    model: Model,
    horizon: Annotated[float, typer.Option(help="Look so far ahead, in the file's unit of time.", metavar="H")] = 52,
    discount: Annotated[
        float | None,
        typer.Option(help="Yearly discount rate for clv (bg-bb, sbg, bdw: per period).", metavar="D"),
    ] = None,
    unit: Annotated[str, typer.Option(help="The file's unit of time: day, week, month or year.")] = "week",
    margin: Annotated[
        float | None, typer.Option(help="Margin of a purchase; otherwise from column m.", metavar="M")
    ] = None,
    parameters: Annotated[
        str, typer.Option(help="Take these parameters, such as r=.2,alpha=4,a=.8,b=2.4, and do not fit.", metavar="P")
    ] = "",
) -> None:
    """Print the file as CSV with p_alive, expected_purchases within --horizon, and with --discount clv."""
    table, told = _computed(
        "models.predict",
        file,
        model,
        horizon=horizon,
        discount=discount,
        unit=unit,
        margin=margin,
        parameters=parameters,
    )
    typer.echo(table, nl=False)
    for sentence in told:
        typer.echo(f"guanxi: {sentence}", err=True)


@values.command()
def rfm(
    file: File,
    bins: Annotated[int, typer.Option(help="Number of scores.")] = 5,
    weights: Annotated[str, typer.Option(help="Of recency, frequency and monetary value.", metavar="R,F,M")] = "1,1,1",
    as_of: Annotated[
        str, typer.Option(help="The day from which one looks back; the last one of the file.", metavar="D")
    ] = "",
) -> None:
    """Recency, frequency and monetary value of each customer with their scores. Columns: customer, date, amount."""
    _print(_computed("tables.rfm", file, bins=bins, weights=weights, as_of=as_of))


@values.command()
def migrate(
    p: Annotated[str, typer.Option("--p", help="Probability of buying in each recency state.", metavar="P,P,…")],
    payoff: Annotated[str, typer.Option(help="Payoff of each recency state.", metavar="V,V,…")],
    discount: Discount,
    horizon: Annotated[
        int | None, typer.Option(help="Count the periods 0 … N; otherwise for ever.", metavar="N")
    ] = None,
    optimal: Annotated[bool, typer.Option("--optimal", help="Stop spending where that is worth more.")] = False,
) -> None:
    """Value of a customer in each recency state, as a Markov chain."""
    _print(_computed("chains.migrate", p, payoff, discount, horizon, optimal=optimal))


@values.command()
def retain(
    margin: Annotated[float, typer.Option(help="Margin per period.", metavar="M")],
    retention: Annotated[float, typer.Option(help="Share of customers who stay from period to period.", metavar="R")],
    discount: Discount,
) -> None:
    """Value of a customer who is lost for good once lost, and what one and five points more retention add to it."""
    _print(_computed("chains.retain", margin, retention, discount))


@values.command()
def rules(
    file: File,
    support: Annotated[str, typer.Option(help="Least share of baskets.", metavar="S")],
    confidence: Annotated[str, typer.Option(help="Least share of those with the first items.", metavar="C")],
) -> None:
    """Which items are bought together: number of rules, and the rules. Columns: basket, item."""
    _print(_computed("tables.rules", file, support, confidence))


@values.command()
def survival(file: File) -> None:
    """The Kaplan–Meier curve with 95 % intervals. Columns: duration, event (1 happened, 0 cut off), optionally n."""
    _print(_computed("tables.survival", file))


@values.command()
def uplift(
    file: File,
    treatment: Annotated[
        str, typer.Option(help="Column with 1 for those who got the offer, 0 for the control.", metavar="T")
    ],
    outcome: Annotated[str, typer.Option(help="Column with what came of it.", metavar="Y")],
) -> None:
    """Whom an offer changes: Qini with what chance gives, and deciles. All other columns describe the customers."""
    _print(_computed("tables.uplift", file, treatment, outcome))


@values.command()
def run(
    tenant: OneTenant = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Look from this day; today.", metavar="D")] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """Compute the value of every customer of a company (or all): warehouse, models, scores. A run that broke off goes on."""
    failed = False
    for found in _of_company(data, "run", tenant=tenant, as_of=as_of):
        _print(found)
        failed = failed or found["state"] != "done"
    raise typer.Exit(1 if failed else 0)


@values.command()
def evaluate(tenant: OneTenant = "", data: Data = DEFAULT_DATA) -> None:
    """Print the fits of the last run with what they foresaw, beside simple rules."""
    for found in _of_company(data, "evaluate", tenant=tenant):
        _print(found)
