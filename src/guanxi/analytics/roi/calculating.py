"""The claimed effects on the company's own figures: course, pay-back, sensitivity, scenarios."""

from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from guanxi.analytics.models import ReturnCase
from guanxi.analytics.queries.preferences import preferences
from guanxi.analytics.roi.inputs import INPUTS
from guanxi.analytics.roi.measuring import Base
from guanxi.science.returns import Business, Costs, Course, Effects, Swing, course, enough, published, scaled, tornado

SWING = 0.5


@dataclass(frozen=True)
class Scenario:
    """One way it may come: its name, what it assumes in words, its course."""

    key: str
    label: str
    about: str
    course: Course


@dataclass(frozen=True)
class Calculation:
    """Inputs as used (`given`: those that somebody wrote), and what they lead to. `enough`: the share of the effects that suffices; `published`: growth of sales and profit."""

    values: dict[str, float]
    given: frozenset[str]
    business: Business
    effects: Effects
    costs: Costs
    course: Course
    scenarios: list[Scenario]
    swings: list[Swing]
    enough: float | None
    sales: float
    profit: float
    months: int


def used_inputs(case: ReturnCase, base: Base) -> dict[str, float]:
    """Each input: what somebody wrote, else the record's figure, else the published one."""
    live: dict[str, float | None] = {
        "revenue": base.revenue, "margin_rate": base.margin_rate, "won": base.won, "lost": base.lost, "selling_cost": base.contact_cost,
        "users": float(base.users), "discount": preferences().discount_rate * 100,
    }  # fmt: skip
    found = {}
    for key, one in INPUTS.items():
        given: Any = case.inputs.get(key)
        value = given if given is not None else live.get(key) if key in live else one.default
        found[key] = min(max(float(value or 0.0), 0.0), one.most)
    return found


def calculate(case: ReturnCase, base: Base) -> Calculation:
    """Everything the calculator shows."""
    values = used_inputs(case, base)
    business = Business(
        values["revenue"], values["margin_rate"] / 100, values["won"], values["lost"], values["selling_cost"]
    )
    effects = Effects(
        values["saving"] / 100, values["won_growth"] / 100, values["margin_gain"] / 100, values["recovered"] / 100, values["ramp"], values["credit"] / 100,
    )  # fmt: skip
    costs = Costs(
        values["introduction"] + values["training"] * values["users"], values["licence"] * values["users"] + values["hosting"] + values["people"],
    )  # fmt: skip
    months, discount = max(int(values["months"]), 1), values["discount"] / 100
    growth = published(business, effects)
    return Calculation(
        values, frozenset(case.inputs), business, effects, costs, course(business, effects, costs, months=months, discount=discount),
        _scenarios(business, effects, costs, months, discount), tornado(business, effects, costs, SWING, months=months, discount=discount),
        enough(business, effects, costs, months=months, discount=discount), growth["sales"], growth["profit"], months,
    )  # fmt: skip


def _scenarios(business: Business, effects: Effects, costs: Costs, months: int, discount: float) -> list[Scenario]:
    dear = Costs(costs.once * 1.2, costs.monthly * 1.2)
    late = replace(scaled(effects, 0.5), ramp=max(effects.ramp, 1.0) * 2)
    ways = (
        ("nothing", _("Nothing changes"), _("no effect at all, full cost"), scaled(effects, 0.0), costs),
        ("careful", _("Careful"), _("half the effects, twice as late, cost 20 % higher"), late, dear),
        ("half", _("Half"), _("half the effects"), scaled(effects, 0.5), costs),
        ("claimed", _("As claimed"), _("the effects as they stand above"), effects, costs),
    )
    return [
        Scenario(key, label, about, course(business, given, paid, months=months, discount=discount))
        for key, label, about, given, paid in ways
    ]


def swing_names() -> dict[str, str]:
    """Assumptions of the tornado in words."""
    return {
        "saving": _("Saving of marketing and sales cost"), "won": _("More deals won"), "margin": _("More margin per transaction"), "recovered": _("Lost business recovered"),
        "base_revenue": _("Revenue"), "base_margin_rate": _("Margin rate"), "base_won": _("Won business"), "base_lost": _("Lost business"),
        "base_selling_cost": _("Marketing and sales cost"), "once": _("Cost once"), "monthly": _("Cost per month"),
    }  # fmt: skip
