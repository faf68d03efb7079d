"""Arrays that the package passes around, and the one refusal of data that cannot serve."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Column = Sequence[float] | npt.NDArray[Any]
"""One value per row, as callers hand it in."""


class Unusable(ValueError):
    """The data cannot serve; the message says why in one line."""


def column(values: Column | float, name: str, *, least: float | None = 0.0, whole: bool = False) -> Floats:
    """Values as a one-dimensional array of finite numbers. Raises Unusable for a NaN, one below `least`, a fraction if `whole`."""
    found = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if found.ndim != 1:
        raise Unusable(f"{name} must be one column.")
    _refuse(name, "is not a finite number", ~np.isfinite(found))
    if least is not None:
        _refuse(name, "is negative" if least == 0 else f"is below {least:g}", found < least)
    if whole:
        _refuse(name, "is not a whole number", found != np.floor(found))
    return found


def _refuse(name: str, fault: str, rows: Flags) -> None:
    if rows.any():
        raise Unusable(f"{name} {fault} in row {int(np.argmax(rows)) + 1}.")


def same_length(**columns: Floats) -> None:
    """Refuses columns of different lengths, and empty ones. Raises Unusable."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise Unusable(
            "Columns differ in length: " + ", ".join(f"{name} {size}" for name, size in lengths.items()) + "."
        )
    if not all(lengths.values()):
        raise Unusable("There are no rows.")


def weights(n: Column | None, rows: int) -> Floats:
    """Number of customers in each row; one each where none is given."""
    return np.ones(rows) if n is None else column(n, "n")


def groups(*columns: Floats) -> tuple[Ints, Ints]:
    """Rows that agree in all columns: (a row of each group, group of each row)."""
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for values in columns:
        ordered = values[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.cumsum(new) - 1
    return order[new], places


def sums(places: npt.NDArray[Any], values: Floats, size: int = 0) -> Floats:
    """Sum of the values at each place 0, 1, 2 …; at least `size` places."""
    return np.asarray(np.bincount(places, values, size), dtype=np.float64)


def kinds(counts: Floats) -> tuple[Floats, Ints]:
    """Distinct whole numbers, growing, and the place of each row's among them: np.unique, without sorting where they are small."""
    top = counts.max(initial=0.0)
    if len(counts) == 0 or top > 1_000_000 + len(counts):
        found, place = np.unique(counts, return_inverse=True)
        return found, np.asarray(place, dtype=np.int64)
    whole = counts.astype(np.int64)
    seen = np.bincount(whole) > 0
    return np.flatnonzero(seen).astype(np.float64), (np.cumsum(seen) - 1)[whole]
