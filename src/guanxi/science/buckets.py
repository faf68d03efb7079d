"""Coming, going and coming back, measured from the days on which customers bought: no model, only counting."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from guanxi.science.arrays import Floats, Ints, Unusable, groups


@dataclass(frozen=True)
class Moves:
    """Customers per period: gained by a first purchase, lost (silent too long), regained by buying after that; `active` at its end."""

    gained: Ints
    lost: Ints
    regained: Ints
    active: Ints

    @property
    def start(self) -> Ints:
        """Active customers at the beginning of each period."""
        return self.active - self.gained - self.regained + self.lost


def _sorted(customer: Ints, day: Ints) -> tuple[Ints, Ints]:
    """One row per customer and day, in order."""
    if len(customer) != len(day):
        raise Unusable("Columns differ in length.")
    first, _place = (
        groups(customer.astype(np.float64), day.astype(np.float64)) if len(day) else (np.zeros(0, dtype=np.int64), None)
    )
    return customer[first], day[first]


def silence(customer: Ints, day: Ints, *, share: float = 0.95, least: int = 90, most: int = 730) -> int:
    """After how many days without a purchase a customer counts as lost: `share` of those who bought again did so within it.

    Within `least` and `most`; `least` where nobody bought twice.
    """
    who, on = _sorted(customer, day)
    gaps = np.diff(on)[who[1:] == who[:-1]]
    if not len(gaps):
        return least
    return int(np.clip(np.ceil(np.quantile(gaps, share)), least, most))


def moves(customer: Ints, day: Ints, starts: Ints, limit: int) -> Moves:
    """Per period [starts[i], starts[i + 1]): who came, went, came back. A customer is lost on the day `limit` days after a purchase
    without another one between; days after the last start do not count."""
    who, on = _sorted(customer, day)
    known = on < starts[-1]
    who, on = who[known], on[known]
    first = np.ones(len(who), dtype=bool)
    first[1:] = who[1:] != who[:-1]
    following = np.full(len(on), np.iinfo(np.int64).max)
    following[:-1][~first[1:]] = on[1:][~first[1:]]
    left = on + limit
    gone = following > left
    back = np.zeros(len(on), dtype=bool)
    back[1:] = ~first[1:] & gone[:-1]
    gained, regained, lost = (_count(days, starts) for days in (on[first], on[back], left[gone]))
    before = int((on[first] < starts[0]).sum() + (on[back] < starts[0]).sum() - (left[gone] < starts[0]).sum())
    return Moves(gained, lost, regained, before + np.cumsum(gained + regained - lost))


def _count(days: Ints, starts: Ints) -> Ints:
    place = np.searchsorted(starts, days, side="right") - 1
    inside = (place >= 0) & (place < len(starts) - 1)
    return np.asarray(np.bincount(place[inside], minlength=len(starts) - 1), dtype=np.int64)


@dataclass(frozen=True)
class Triangle:
    """Cohorts by the period of their first purchase. size: customers of each; shares: shape (cohorts, ages), of these who bought at
    that age, NaN where that is still to come."""

    size: Ints
    shares: Floats


def triangle(customer: Ints, day: Ints, starts: Ints) -> Triangle:
    """Who of the customers won in period i bought i + age periods later. Customers won before the first start are left out."""
    who, on = _sorted(customer, day)
    period = np.searchsorted(starts, on, side="right") - 1
    count = len(starts) - 1
    first = np.ones(len(who), dtype=bool)
    first[1:] = who[1:] != who[:-1]
    born = period[first][np.cumsum(first) - 1] if len(who) else period
    use = (born >= 0) & (period >= 0) & (period < count)
    table = np.zeros((count, count))
    rows = (
        np.unique(np.stack([who[use], born[use], period[use] - born[use]], axis=1), axis=0)
        if use.any()
        else np.zeros((0, 3), dtype=np.int64)
    )
    np.add.at(table, (rows[:, 1], rows[:, 2]), 1)
    size = table[:, 0].astype(np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = table / size[:, None]
    shares[np.add.outer(np.arange(count), np.arange(count)) >= count] = np.nan
    return Triangle(size, shares)
