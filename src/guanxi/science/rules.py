"""Association rules (Agrawal & Srikant 1994), mined depth first over bit sets (Zaki 2000), every comparison in integers.

Confidence from floating point loses rules that lie exactly at the limit (406 instead of 410 on one well-known table).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from guanxi.science.arrays import Unusable

LONGEST = 10


@dataclass(frozen=True)
class Rule:
    """Who has all of `given` also has `then`. Counts of baskets: with both, with `given`, with `then`, and of all."""

    given: tuple[str, ...]
    then: str
    both: int
    left: int
    right: int
    baskets: int

    @property
    def support(self) -> float:
        """Share of the baskets with both."""
        return self.both / self.baskets

    @property
    def confidence(self) -> float:
        """Share of the baskets with `given` that also have `then`."""
        return self.both / self.left

    @property
    def lift(self) -> float:
        """Confidence over the share of all baskets with `then`."""
        return self.both * self.baskets / (self.left * self.right)

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        return {
            "if": list(self.given),
            "then": self.then,
            "count": self.both,
            "support": self.support,
            "confidence": self.confidence,
            "lift": self.lift,
        }


def bit_sets(baskets: Sequence[str], items: Sequence[str]) -> tuple[dict[str, int], int]:
    """(for each item the baskets that hold it, as bits of one integer; number of baskets). Repeats in a basket count once."""
    numbers: dict[str, int] = {}
    places: dict[str, set[int]] = {}
    for basket, item in zip(baskets, items, strict=True):
        places.setdefault(item, set()).add(numbers.setdefault(basket, len(numbers)))
    size = len(numbers) // 8 + 1
    found = {}
    for item, holders in places.items():
        bits = bytearray(size)
        for place in holders:
            bits[place >> 3] |= 1 << (place & 7)
        found[item] = int.from_bytes(bits, "little")
    return found, len(numbers)


def frequent(sets: dict[str, int], least: int, longest: int = LONGEST) -> dict[tuple[str, ...], int]:
    """Every set of items that at least `least` baskets hold, with its count; items in alphabetical order."""
    start = [(item, bits) for item, bits in sorted(sets.items()) if bits.bit_count() >= least]
    found: dict[tuple[str, ...], int] = {}

    def deeper(prefix: tuple[str, ...], tail: list[tuple[str, int]]) -> None:
        for place, (item, bits) in enumerate(tail):
            whole = (*prefix, item)
            found[whole] = bits.bit_count()
            if len(whole) < longest:
                shared = ((other, bits & more) for other, more in tail[place + 1 :])
                deeper(whole, [(other, both) for other, both in shared if both.bit_count() >= least])

    deeper((), start)
    return found


def mine(
    baskets: Sequence[str], items: Sequence[str], support: Fraction, confidence: Fraction, longest: int = LONGEST
) -> list[Rule]:
    """Rules with at least this support and confidence, the surest first. Raises Unusable for limits outside 0 … 1."""
    for name, limit in (("support", support), ("confidence", confidence)):
        if not 0 < limit <= 1:
            raise Unusable(f"{name} is a share above 0 and up to 1.")
    sets, number = bit_sets(baskets, items)
    if number == 0:
        raise Unusable("There are no rows.")
    least = -(-support.numerator * number // support.denominator)
    counts = frequent(sets, max(least, 1), longest)
    return sorted(_rules(counts, confidence, number), key=_surest)


def _surest(rule: Rule) -> tuple[Any, ...]:
    return (-Fraction(rule.both, rule.left), -rule.both, rule.given, rule.then)


def _rules(counts: dict[tuple[str, ...], int], confidence: Fraction, number: int) -> Iterator[Rule]:
    for whole, both in counts.items():
        if len(whole) > 1:
            for place, then in enumerate(whole):
                given = whole[:place] + whole[place + 1 :]
                left = counts[given]
                if both * confidence.denominator >= confidence.numerator * left:
                    yield Rule(given, then, both, left, counts[(then,)], number)


def best_next(rules: Iterable[Rule], held: Iterable[str]) -> dict[str, float]:
    """What a customer who holds `held` is likely to take next: item → highest confidence of a rule that applies."""
    have = set(held)
    found: dict[str, float] = {}
    for rule in rules:
        if rule.then not in have and have.issuperset(rule.given):
            found[rule.then] = max(found.get(rule.then, 0.0), rule.confidence)
    return found
