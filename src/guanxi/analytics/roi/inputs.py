"""What goes into the calculation: the company's figures, what vendors claim, what the system costs. This module reads nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid

MOST = 1e13
PUBLISHED_MONTHS = 3
"""The published pay-back."""
PUBLISHED_SALES, PUBLISHED_PROFIT = 0.20, 0.02


@dataclass(frozen=True)
class Input:
    """One figure: `group` base (read from the records unless given), effects or costs; `unit` money, percent, points, people, months."""

    key: str
    label: str | Promise
    group: str
    unit: str
    default: float | None = None
    most: float = MOST
    about: str | Promise = ""


_BASE, _EFFECT, _COST = "base", "effects", "costs"
INPUTS: Mapping[str, Input] = {
    one.key: one
    for one in (
        Input("revenue", gettext_lazy("Revenue of the base year"), _BASE, "money"),
        Input("margin_rate", gettext_lazy("Margin rate"), _BASE, "percent", most=100),
        Input("won", gettext_lazy("Won business of the base year"), _BASE, "money"),
        Input("lost", gettext_lazy("Lost business of the base year"), _BASE, "money"),
        Input("selling_cost", gettext_lazy("Marketing and sales cost a year"), _BASE, "money",
              about=gettext_lazy("From the records comes the cost of contacts only; add salaries, advertising, fairs.")),
        Input("users", gettext_lazy("People who use the system"), _BASE, "people", most=1e6),
        Input("saving", gettext_lazy("Marketing and sales cost less, after three years"), _EFFECT, "percent", 10, 100),
        Input("won_growth", gettext_lazy("More deals won, each year"), _EFFECT, "percent", 5, 100),
        Input("margin_gain", gettext_lazy("More margin per transaction"), _EFFECT, "points", 1, 100,
              about=gettext_lazy("Of each transaction's revenue, so much more stays: fewer discounts, better knowledge of the customer.")),
        Input("recovered", gettext_lazy("Lost business recovered"), _EFFECT, "percent", 15, 100),
        Input("ramp", gettext_lazy("Months until margin and recovery are complete"), _EFFECT, "months", 12, 120),
        Input("credit", gettext_lazy("Part of the effects credited to the system"), _EFFECT, "percent", 100, 100,
              gettext_lazy("Markets, prices and people change as well: less than 100 % is the careful way.")),
        Input("licence", gettext_lazy("Licence per person and month"), _COST, "money", 0),
        Input("hosting", gettext_lazy("Hosting per month"), _COST, "money", 0),
        Input("people", gettext_lazy("Administration and support per month"), _COST, "money", 0, about=gettext_lazy("Working time of those who run the system and help others.")),
        Input("training", gettext_lazy("Training per person, once"), _COST, "money", 0),
        Input("introduction", gettext_lazy("Introduction, once"), _COST, "money", 0, about=gettext_lazy("Consulting, moving the data, interfaces, the company's own working time.")),
        Input("months", gettext_lazy("Look ahead"), _COST, "months", 36, 120),
        Input("discount", gettext_lazy("Discount rate a year"), _COST, "percent", None, 100),
    )
}  # fmt: skip
GROUPS = (_BASE, _EFFECT, _COST)


def group_names() -> dict[str, str]:
    """The three groups in words."""
    return {_BASE: _("Your figures"), _EFFECT: _("What is claimed"), _COST: _("What the system costs")}


def unit_of(one: Input, currency: str) -> str:
    """What stands behind the field."""
    return {
        "money": currency, "percent": "%", "points": _("points"), "people": _("people"), "months": _("months"),
    }[one.unit]  # fmt: skip


def read_inputs(values: Mapping[str, Any]) -> dict[str, float | None]:
    """Numbers out of a form or a body; None (or empty) takes the figure from the records or the published one again. Raises `Invalid`."""
    found: dict[str, float | None] = {}
    errors: dict[str, list[str]] = {}
    for key, value in values.items():
        one = INPUTS.get(key)
        if one is None:
            errors[key] = [_("There is no such field.")]
        elif value is None or str(value).strip() == "":
            found[key] = None
        else:
            number = _number(value)
            if number is None or not 0 <= number <= one.most or (key == "months" and number < 1):
                errors[key] = [_("Write a number from %(least)s to %(most)s.") % {"least": 1 if key == "months" else 0, "most": f"{one.most:,.0f}"}]  # fmt: skip
            else:
                found[key] = float(round(number)) if one.unit in ("people", "months") else number
    if errors:
        raise Invalid(errors)
    return found


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value.replace(",", "") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return found if found == found and abs(found) != float("inf") else None
