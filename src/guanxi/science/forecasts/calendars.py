"""Months as they are worked: days without week-ends and public holidays, among them those that move (Spring Festival).

A month's sales are taken per working day before they are forecast, and multiplied by the working days of the month ahead: the festival that
falls into January this year and into February the next then neither looks like a slump nor repeats itself in the wrong month.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt

from guanxi.science.arrays import Floats, Unusable
from guanxi.science.forecasts.methods import Forecast, Method, checked


@lru_cache(maxsize=2048)
def working_days(year: int, month: int, country: str = "CN") -> int:
    """Days of a month that are worked in a country, with week-end days that stand in for a bridge day."""
    try:
        known = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        raise Unusable(f"No public holidays are known of {country}.") from None
    days = (date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1))
    return sum(known.is_working_day(day) for day in days)


def working_days_of(months: Sequence[date], country: str = "CN") -> Floats:
    """Working days of the months that these days lie in."""
    return np.array([working_days(month.year, month.month, country) for month in months], dtype=np.float64)


def next_months(last: date, count: int) -> list[date]:
    """The first days of the `count` months after the month of `last`."""
    found, day = [], last.replace(day=1)
    for _number in range(count):
        day = (day + timedelta(days=32)).replace(day=1)
        found.append(day)
    return found


def by_working_day(method: Method, months: Sequence[date], country: str = "CN") -> Method:
    """The method on sales per working day. `months` are those of the longest table that it will see; a shorter one begins with the same month."""
    known = list(months)

    def forecast(series: npt.ArrayLike, season: int, horizon: int) -> Forecast:
        table = checked(series, season, horizon)
        past = known[: table.shape[1]]
        if len(past) < table.shape[1]:
            raise Unusable("Every period of a series has its month.")
        ahead = working_days_of(next_months(past[-1], horizon), country)
        found = method(table / working_days_of(past, country), season, horizon)
        return Forecast(found.mean * ahead, found.deviation * ahead)

    return forecast
