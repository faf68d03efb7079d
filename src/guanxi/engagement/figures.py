"""The figures of satisfaction by the glossary's formulas; pure arithmetic on counts, so that they are exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

# 95 % of a normal distribution.
Z = 1.959964


@dataclass(frozen=True)
class Figure:
    """A figure with its number of answers and the half width of its 95 % interval; no value without answers."""

    value: float | None
    n: int
    half: float | None = None


def csat(counts: Mapping[int, int]) -> Figure:
    """Top two of five / answers, in percent."""
    n = sum(counts.values())
    top = counts.get(4, 0) + counts.get(5, 0)
    if not n:
        return Figure(None, 0)
    part = top / n
    return Figure(100 * part, n, 100 * Z * sqrt(part * (1 - part) / n))


def nps(counts: Mapping[int, int]) -> Figure:
    """Promoters (9, 10) − detractors (0 … 6) in points."""
    n = sum(counts.values())
    if not n:
        return Figure(None, 0)
    for_us = sum(number for score, number in counts.items() if score >= 9) / n
    against = sum(number for score, number in counts.items() if score <= 6) / n
    spread = for_us + against - (for_us - against) ** 2
    return Figure(100 * (for_us - against), n, 100 * Z * sqrt(max(spread, 0) / n))


def ces(counts: Mapping[int, int]) -> Figure:
    """The mean of 1 (very hard) … 7 (very easy)."""
    n = sum(counts.values())
    if not n:
        return Figure(None, 0)
    mean = sum(score * number for score, number in counts.items()) / n
    spread = sum(number * (score - mean) ** 2 for score, number in counts.items()) / n
    return Figure(mean, n, Z * sqrt(spread / n))


FORMULAS = {"csat": csat, "nps": nps, "ces": ces}


def response_rate(answered: int, sent: int) -> float | None:
    """Answers to links that were sent / links that were sent, in percent."""
    return 100 * answered / sent if sent else None
