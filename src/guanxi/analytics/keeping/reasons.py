"""Why a customer may leave, and why it is in its stage, in plain words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guanxi.core.ui import formats

MOST = 4
FULL = 1.5
"""A push of so many log odds fills the bar."""


@dataclass(frozen=True)
class Reason:
    """What pushes a chance to leave: `up` towards leaving; `weight` in percent of the strongest that is usual."""

    code: str
    text: str
    up: bool
    weight: int


def churn_days(score: Any) -> int | None:
    """Within how many days the chance to leave of a score holds; None where it is 1 − P(alive), which names no time."""
    given = score.inputs or {}
    learnt = given.get("churn_model") == "churn-logit" and score.churn_low is not None
    return int(given["churn_days"]) if learnt and given.get("churn_days") else None


def said(reasons: Sequence[Mapping[str, Any]], currency: str) -> list[Reason]:
    """The stored reasons in the active language; money in the company's currency. What cannot be told is left out."""
    found = []
    for one in reasons[:MOST]:
        words = _WORDS.get(str(one.get("code")))
        text = words(one, currency) if words else ""
        if text:
            push = float(one.get("push") or 0)
            found.append(Reason(str(one["code"]), text, push > 0, max(8, min(100, round(100 * abs(push) / FULL)))))
    return found


def _whole(one: Mapping[str, Any], name: str) -> str | None:
    value = one.get(name)
    return None if value is None else formats.number(round(float(value)))


def _money(one: Mapping[str, Any], name: str, currency: str) -> str | None:
    value = one.get(name)
    return None if value is None else formats.money_short(round(float(value)), currency, home=currency)


def _silence(one: Mapping[str, Any], _currency: str) -> str:
    days, usual = _whole(one, "days"), _whole(one, "usual")
    if days is None:
        return ""
    if usual is None:
        return _("no order for %(days)s days") % {"days": days}
    return _("no order for %(days)s days, usually every %(usual)s") % {"days": days, "usual": usual}


def _habit(one: Mapping[str, Any], _currency: str) -> str:
    orders = round(float(one.get("orders") or 0))
    if orders <= 1:
        return _("has ordered only once")
    yearly = formats.number(float(one.get("yearly") or 0), 1)
    return _("%(orders)s orders so far, %(yearly)s a year") % {"orders": formats.number(orders), "yearly": yearly}


def _rhythm(one: Mapping[str, Any], _currency: str) -> str:
    words = {name: _whole(one, name) or "0" for name in ("now", "before", "window")}
    return _("%(now)s orders in %(window)s days, %(before)s in the %(window)s before") % words


def _amount(one: Mapping[str, Any], currency: str) -> str:
    now, before, usual = (_money(one, name, currency) for name in ("now", "before", "usual"))
    if now is not None and before is not None:
        return _("%(now)s an order, before that %(before)s") % {"now": now, "before": before}
    return "" if usual is None else _("%(usual)s an order") % {"usual": usual}


def _tenure(one: Mapping[str, Any], _currency: str) -> str:
    months = round(float(one.get("months") or 0))
    return ngettext("customer for %(num)s month", "customer for %(num)s months", months) % {
        "num": formats.number(months)
    }


def _breadth(one: Mapping[str, Any], _currency: str) -> str:
    families = round(float(one.get("families") or 0))
    return ngettext("buys from %(num)s product family", "buys from %(num)s product families", families) % {
        "num": families
    }


def _discount(one: Mapping[str, Any], _currency: str) -> str:
    share = one.get("share")
    return "" if share is None else _("%(share)s discount in 12 months") % {"share": formats.percent(float(share))}


def _contact(one: Mapping[str, Any], _currency: str) -> str:
    days, contacts = _whole(one, "days"), round(float(one.get("contacts") or 0))
    if days is None or not contacts:
        return _("no contact in 12 months")
    words = {"num": formats.number(contacts), "days": days}
    return (
        ngettext(
            "%(num)s contact in 12 months, the last %(days)s days ago",
            "%(num)s contacts in 12 months, the last %(days)s days ago",
            contacts,
        )
        % words
    )


def _begun(one: Mapping[str, Any], _currency: str) -> str:
    contacts = round(float(one.get("contacts") or 0))
    return ngettext(
        "got in touch %(num)s time in 12 months", "got in touch %(num)s times in 12 months", contacts
    ) % {"num": formats.number(contacts)}  # fmt: skip


def _content(one: Mapping[str, Any], _currency: str) -> str:
    score = one.get("score")
    return "" if score is None else _("satisfaction %(score)s of 5") % {"score": formats.number(float(score), 1)}


_WORDS: Mapping[str, Callable[[Mapping[str, Any], str], str]] = {
    "silence": _silence, "habit": _habit, "rhythm": _rhythm, "amount": _amount, "tenure": _tenure, "breadth": _breadth, "discount": _discount,
    "contact": _contact, "begun": _begun, "content": _content,
}  # fmt: skip


def stage_reason(reason: str, figures: Mapping[str, Any]) -> str:
    """Why a customer is in its stage; `reason` is one of science.lifecycle.REASONS. "" for what has no words."""
    gap, usual = (formats.number(round(float(figures.get(name) or 0))) for name in ("gap", "usual"))
    share = formats.percent(100 * float(figures.get("p_alive") or 0))
    trend = formats.percent(100 * float(figures.get("trend") or 0), 0, True)
    words = {
        "first": lambda: _("has ordered only once"),
        "young": lambda: _("a customer for less than a year"),
        "rising": lambda: _("margin %(trend)s in a year") % {"trend": trend},
        "falling": lambda: _("margin %(trend)s in a year") % {"trend": trend},
        "steady": lambda: _("orders as usual"),
        "gap": lambda: _("no order for %(days)s days, usually every %(usual)s") % {"days": gap, "usual": usual},
        "silent": lambda: _("no order for %(days)s days, usually every %(usual)s") % {"days": gap, "usual": usual},
        "alive": lambda: _("still a customer with a probability of %(share)s only") % {"share": share},
        "gone": lambda: _("still a customer with a probability of %(share)s only") % {"share": share},
    }
    return words[reason]() if reason in words else ""
