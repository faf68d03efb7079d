"""`guanxi value fit` and `guanxi value predict`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from guanxi.science import contracts
from guanxi.science.arrays import Floats, Unusable
from guanxi.science.buying import TIMING, BgBb, GammaGamma, Purchases, Spending
from guanxi.science.contracts import Cohort
from guanxi.science.files import Sheet, read_sheet
from guanxi.science.results import Fit

MODELS = (*TIMING, "bg-bb", "gamma-gamma", *contracts.MODELS)
UNITS = {"day": 365.25, "week": 52.1775, "month": 12.0, "year": 1.0}
"""How many there are in a year."""
Columns = dict[str, Floats]


def fit(path: Path, model: str) -> dict[str, Any]:
    """The fit of a file as it is printed. Raises Unusable."""
    return fitted(read_sheet(path), model).as_json()


def fitted(sheet: Sheet, model: str) -> Fit[Any]:
    """The fit of a file's columns. Raises Unusable."""
    if model in TIMING:
        return TIMING[model].fit(_purchases(sheet))
    if model == "bg-bb":
        return BgBb.fit(_purchases(sheet, whole=True))
    if model == "gamma-gamma":
        return GammaGamma.fit(Spending.of(sheet.numbers("x"), _margins(sheet), _weights(sheet)))
    if model in contracts.MODELS:
        return contracts.MODELS[model].fit(Cohort.of(sheet.numbers("period"), sheet.numbers("survivors")))
    raise Unusable(f"There is no model {model}. Models: {', '.join(MODELS)}.")


def _purchases(sheet: Sheet, *, whole: bool = False) -> Purchases:
    sheet.need("x", "t_x", "T")
    return Purchases.of(sheet.numbers("x"), sheet.numbers("t_x"), sheet.numbers("T"), _weights(sheet), whole=whole)


def _weights(sheet: Sheet) -> Floats | None:
    return sheet.numbers("n") if "n" in sheet else None


def _margins(sheet: Sheet) -> Floats:
    """Column m; where x is 0 it may be empty, since no purchase was repeated."""
    sheet.need("x", "m")
    filled = [
        "0" if text == "" and bought == 0 else text
        for text, bought in zip(sheet.columns["m"], sheet.numbers("x"), strict=True)
    ]
    return Sheet(sheet.name, {"m": filled}, sheet.lines).numbers("m")


def predict(
    path: Path, model: str, *, horizon: float, discount: float | None, unit: str, margin: float | None, parameters: str
) -> tuple[str, list[str]]:
    """(the file as CSV with the predictions beside it, sentences to be told). Raises Unusable."""
    sheet = read_sheet(path)
    if unit not in UNITS:
        raise Unusable(f"There is no unit {unit}. Units: {', '.join(UNITS)}.")
    if discount is not None and not 0 <= discount < math.inf:
        raise Unusable("The discount rate is not below 0.")
    if not 0 <= horizon < math.inf:
        raise Unusable("The horizon is a number not below 0.")
    if parameters:
        told, known = [], _given(model, parameters)
    else:
        result = fitted(sheet, model)
        told, known = [str(notice) for notice in result.warnings], result.model
    if model in contracts.MODELS:
        added = _renewals(sheet, known, horizon, discount)
    elif model == "gamma-gamma":
        added = {"expected_margin": known.expected_margin(sheet.numbers("x"), _margins(sheet))}
    else:
        added = _histories(sheet, known, horizon)
        if discount is not None:
            each = _value_of_a_purchase(sheet, margin, told)
            rate = math.log1p(discount) / (1.0 if model == "bg-bb" else UNITS[unit])
            history = (sheet.numbers(name) for name in ("x", "t_x", "T"))
            added["clv"] = known.discounted_purchases(horizon, rate, *history) * each
    return _as_csv(sheet, added), told


def _given(model: str, text: str) -> Any:
    kinds: Mapping[str, Any] = {**TIMING, "bg-bb": BgBb, "gamma-gamma": GammaGamma, **contracts.MODELS}
    if model not in kinds:
        raise Unusable(f"There is no model {model}. Models: {', '.join(MODELS)}.")
    names = kinds[model].names
    try:
        values = {name.strip(): float(value) for name, value in (part.split("=") for part in text.split(","))}
    except ValueError:
        raise Unusable(f"Parameters are written {','.join(f'{name}=1' for name in names)}.") from None
    if set(values) != set(names) or not all(0 < value < math.inf for value in values.values()):
        raise Unusable(f"{model} has the parameters {', '.join(names)}, all above 0.")
    return kinds[model](**values)


def _histories(sheet: Sheet, known: Any, horizon: float) -> Columns:
    _purchases(sheet, whole=isinstance(known, BgBb))
    history = tuple(sheet.numbers(name) for name in ("x", "t_x", "T"))
    return {"p_alive": known.p_alive(*history), "expected_purchases": known.expected_purchases(horizon, *history)}


def _value_of_a_purchase(sheet: Sheet, margin: float | None, told: list[str]) -> Floats:
    """What a future purchase of each customer is worth: --margin, or as Gamma-Gamma expects from column m."""
    if margin is not None:
        return np.full(len(sheet), margin)
    if "m" not in sheet:
        told.append("no-margin: There is no column m and no --margin: clv counts discounted purchases.")
        return np.ones(len(sheet))
    result = fitted(sheet, "gamma-gamma")
    told.extend(str(notice) for notice in result.warnings)
    return np.asarray(result.model.expected_margin(sheet.numbers("x"), _margins(sheet)))


def _renewals(sheet: Sheet, known: Any, horizon: float, discount: float | None) -> Columns:
    if horizon != math.floor(horizon):
        raise Unusable("The horizon of a model of renewals is a whole number of periods.")
    period = sheet.numbers("period") - sheet.numbers("period").min()
    before = np.maximum(period, 1)
    found = {
        "p_alive": known.survival(period),
        "retention": np.where(period > 0, known.retention(before), 1.0),
        "expected_purchases": known.expected_renewals(period, int(horizon)),
    }
    if discount is not None:
        found["clv"] = known.expected_renewals(period, int(horizon), discount)
    return found


def _as_csv(sheet: Sheet, added: Columns) -> str:
    """The file's columns, then the added ones with ten digits."""
    clash = [name for name in added if name in sheet]
    if clash:
        raise Unusable(f"{sheet.name} has a column {clash[0]} already.")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*sheet.columns, *added])
    texts = [[f"{value:.10g}" for value in values] for values in added.values()]
    writer.writerows(zip(*sheet.columns.values(), *texts, strict=True))
    return out.getvalue()
