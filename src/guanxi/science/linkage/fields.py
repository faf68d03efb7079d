"""The fields of a table of rows, and how a pair of rows compares in each."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from guanxi.science.linkage.levels import Comparer
from guanxi.science.linkage.types import MISSING, Codes, Flags, Levels, Rows
from guanxi.science.linkage.vocabulary import Vocabulary


@dataclass(frozen=True)
class Comparison(ABC):
    """One field, or several that are compared together: the codes of every row in each of its columns (`slots`)."""

    names: tuple[str, ...]
    vocabulary: Vocabulary
    comparer: Comparer
    slots: Sequence[Codes]

    def of_rows(self, rows: Rows) -> "Comparison":
        """The same field of some rows only."""
        return replace(self, slots=[slot[rows] for slot in self.slots])

    @abstractmethod
    def levels(self, left: Rows, right: Rows) -> list[Levels]:
        """For each name, how well the rows `left[k]` and `right[k]` agree."""

    @abstractmethod
    def shared(self, place: int, left: Rows, right: Rows) -> Codes:
        """The key that the rows share in the field `names[place]`, where its level is 0."""


class Single(Comparison):
    """A field of one or more columns (a phone and a mobile): the best of all combinations counts."""

    def levels(self, left: Rows, right: Rows) -> list[Levels]:
        """The best level over the columns of both rows."""
        best = np.full(len(left), MISSING, dtype=np.uint8)
        for one in self.slots:
            for other in self.slots:
                best = np.minimum(best, compared(self.vocabulary, self.comparer, one[left], other[right]))
        return [best]

    def shared(self, place: int, left: Rows, right: Rows) -> Codes:
        """The key that both have, in whichever column."""
        found = np.full(len(left), -1, dtype=np.int32)
        for one in self.slots:
            for other in self.slots:
                a, b = key_of(self.vocabulary, one[left]), key_of(self.vocabulary, other[right])
                found = np.where((a == b) & (a >= 0), a, found)
        return found


class PersonName(Comparison):
    """Given and family name, compared as they stand and crossed: whichever way agrees better."""

    def levels(self, left: Rows, right: Rows) -> list[Levels]:
        """Levels of the given and of the family name of the left row."""
        given, family = (compared(self.vocabulary, self.comparer, slot[left], slot[right]) for slot in self.slots)
        doubtful = np.flatnonzero((given != 0) | (family != 0))
        first, second = self.slots
        a, b = left[doubtful], right[doubtful]
        given_crossed = compared(self.vocabulary, self.comparer, first[a], second[b])
        family_crossed = compared(self.vocabulary, self.comparer, second[a], first[b])
        straight = _WORTH[given[doubtful]] + _WORTH[family[doubtful]]
        better = _WORTH[given_crossed] + _WORTH[family_crossed] > straight
        given[doubtful[better]] = given_crossed[better]
        family[doubtful[better]] = family_crossed[better]
        return [given, family]

    def shared(self, place: int, left: Rows, right: Rows) -> Codes:
        """The key of the left row's name: where it agrees, the other has it too, in one place or the other."""
        return key_of(self.vocabulary, self.slots[place][left])


# What a level of a name speaks for an alignment: equality most, difference against it, nothing where a name is missing.
_WORTH = np.zeros(MISSING + 1, dtype=np.int8)
_WORTH[:4] = (6, 4, 2, -2)


def compared(vocabulary: Vocabulary, comparer: Comparer, left: Codes, right: Codes) -> Levels:
    """The level of each pair of codes; each distinct pair of values is compared once."""
    found = np.zeros(len(left), dtype=np.uint8)
    known: Flags = (left >= 0) & (right >= 0)
    found[~known] = MISSING
    open_ = np.flatnonzero(known & (left != right))
    low, high = np.minimum(left[open_], right[open_]), np.maximum(left[open_], right[open_])
    pairs, inverse = np.unique(low.astype(np.int64) << 32 | high, return_inverse=True)
    a, b = (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)
    found[open_] = comparer.compare(vocabulary, a, b)[inverse]
    return found


def key_of(vocabulary: Vocabulary, codes: Codes) -> Codes:
    """The number of each value's key; -1 where there is no value."""
    if not len(vocabulary.key_ids):
        return codes
    return np.asarray(np.where(codes >= 0, vocabulary.key_ids[codes], -1), dtype=np.int32)
