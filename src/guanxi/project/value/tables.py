"""`guanxi value rfm`, `rules`, `survival` and `uplift`."""

from __future__ import annotations

import dataclasses
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from guanxi.science import rfm as scoring
from guanxi.science.arrays import Floats, Unusable, sums
from guanxi.science.files import Sheet, Unreadable, read_sheet
from guanxi.science.rules import mine
from guanxi.science.survival import Durations, kaplan_meier
from guanxi.science.uplift import predicted_uplift, qini

_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d", "%Y年%m月%d日")
_KINDS = 20


def rfm(path: Path, *, bins: int, weights: str, as_of: str) -> dict[str, Any]:
    """Scores of the customers of a table of purchases. Purchases of one day are one. Raises Unusable."""
    sheet = read_sheet(path)
    sheet.need("customer", "date", "amount")
    names, place = np.unique(sheet.texts("customer"), return_inverse=True)
    days, amounts = _days(sheet, "date"), sheet.numbers("amount", least=None)
    today = _day(as_of) if as_of else int(days.max())
    if today is None:
        raise Unusable("--as-of takes a date such as 2026-01-31.")
    known = days <= today
    if not known.any():
        raise Unusable("There is no purchase up to --as-of.")
    last = np.full(len(names), -np.inf)
    np.maximum.at(last, place[known], days[known])
    bought = np.unique(np.stack([place[known], days[known].astype(np.int64)]), axis=1)[0]
    frequency = sums(bought, np.ones(len(bought)), len(names))
    monetary = sums(place[known], amounts[known], len(names))
    seen = frequency > 0
    found = scoring.scores(last[seen], frequency[seen], monetary[seen], bins=bins, weights=_weights(weights))
    cuts = zip(("recency", "frequency", "monetary"), found.cuts, strict=True)
    rows = zip(
        names[seen],
        today - last[seen],
        frequency[seen],
        monetary[seen],
        found.recency,
        found.frequency,
        found.monetary,
        found.total,
        strict=True,
    )
    return {
        "as_of": date.fromordinal(int(today)).isoformat(),
        "number": int(seen.sum()),
        "cut_points": {name: [_cut(name, value) for value in cut.lowest] for name, cut in cuts},
        "customers": [
            {"customer": str(name), "recency": int(age), "frequency": int(often), "monetary": float(spent), "r": int(r), "f": int(f), "m": int(m), "rfm": f"{r}{f}{m}", "score": float(score)}
            for name, age, often, spent, r, f, m, score in rows
        ],
    }  # fmt: skip


def _cut(name: str, value: float) -> str | float | None:
    """A cut point: of recency the day of the last purchase; none where no value reaches the score."""
    if not np.isfinite(value):
        return None
    return date.fromordinal(int(value)).isoformat() if name == "recency" else float(value)


def _weights(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise Unusable("--weights takes three numbers, such as 1,1,1.") from None


def _day(text: str) -> int | None:
    """The number of a day, in any usual form with the year first, with or without a time."""
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).toordinal()  # noqa: DTZ007
        except ValueError:
            continue
    try:
        return datetime.fromisoformat(text).toordinal()
    except ValueError:
        return None


def _days(sheet: Sheet, name: str) -> Floats:
    texts = sheet.texts(name)
    known = {text: _day(text) for text in set(texts)}
    for place, text in enumerate(texts):
        if known[text] is None:
            raise Unreadable(
                f"{sheet.name} line {sheet.lines[place]}: {name} is no date with the year first: {text[:40]!r}."
            )
    return np.array([known[text] for text in texts], dtype=np.float64)


def rules(path: Path, support: str, confidence: str) -> dict[str, Any]:
    """Number of rules and the rules. Limits are read as exact fractions. Raises Unusable."""
    sheet = read_sheet(path)
    limits = []
    for name, text in (("support", support), ("confidence", confidence)):
        try:
            limits.append(Fraction(text))
        except (ValueError, ZeroDivisionError):
            raise Unusable(f"--{name} takes a share such as 0.01 or 1/100.") from None
    baskets = sheet.texts("basket")
    found = mine(baskets, sheet.texts("item"), limits[0], limits[1])
    return {"baskets": len(set(baskets)), "number": len(found), "rules": [rule.as_json() for rule in found]}


def survival(path: Path) -> dict[str, Any]:
    """The Kaplan–Meier curve, with 95 % intervals. Raises Unusable."""
    sheet = read_sheet(path)
    weights = sheet.numbers("n") if "n" in sheet else None
    curve = kaplan_meier(Durations.of(sheet.numbers("duration"), sheet.numbers("event"), weights))
    names = ("time", "at_risk", "events", "censored", "survival", "standard_error", "lower", "upper")
    rows = zip(*(getattr(curve, name).tolist() for name in names), strict=True)
    return {
        "number": float(curve.at_risk[0]),
        "events": float(curve.events.sum()),
        "median": curve.median(),
        "interval": "95 %, Greenwood, log(-log)",
        "curve": [dict(zip(names, row, strict=True)) for row in rows],
    }


def uplift(path: Path, treatment: str, outcome: str) -> dict[str, Any]:
    """Qini of a T-learner on the file's other columns, and deciles. Raises Unusable."""
    sheet = read_sheet(path)
    sheet.need(treatment, outcome)
    offered = sheet.numbers(treatment)
    if not np.isin(offered, (0.0, 1.0)).all():
        place = int(np.argmax(~np.isin(offered, (0.0, 1.0))))
        raise Unreadable(f"{sheet.name} line {sheet.lines[place]}: {treatment} is neither 0 nor 1.")
    treated, result = offered == 1, sheet.numbers(outcome, least=None)
    used, features, left_out = _features(sheet, {treatment, outcome})
    found = qini(predicted_uplift(features, treated, result), treated, result)
    told = [f"left-out: {name} has too many different texts, or is the same in every row." for name in left_out]
    return {
        "qini": found.qini,
        "random_95": [found.lower, found.upper],
        "p_value": found.p_value,
        "effect": found.effect,
        "treated": int(treated.sum()),
        "control": int((~treated).sum()),
        "features": used,
        "deciles": [dataclasses.asdict(each) | {"uplift": each.uplift} for each in found.deciles],
        "warnings": told,
    }


def _features(sheet: Sheet, taken: set[str]) -> tuple[list[str], Floats, list[str]]:
    """(columns used, matrix, columns left out): numbers as they are, texts of few kinds as one column for each but the first."""
    used, columns, left_out = [], [], []
    for name in sheet.columns:
        if name in taken or not name:
            continue
        kinds = sorted(set(sheet.columns[name]))
        try:
            found = [sheet.numbers(name, least=None)]
        except Unreadable:
            found = [np.array([text == kind for text in sheet.columns[name]], dtype=np.float64) for kind in kinds[1:]]
            found = found if len(kinds) <= _KINDS else []
        if found and len(kinds) > 1:
            used.append(name)
            columns += found
        else:
            left_out.append(name)
    if not columns:
        raise Unusable(f"{sheet.name} has no column to tell customers apart, beside treatment and outcome.")
    return used, np.stack(columns, axis=1), left_out
