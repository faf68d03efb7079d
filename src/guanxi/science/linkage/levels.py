"""How well two values of a kind agree, in levels: 0 is equality, each further level is weaker, the last is difference.

A comparer takes a vocabulary and pairs of different, known values. `default` is what is expected of true pairs before the
data have spoken (the estimation moves it).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from guanxi.science.linkage.strings import bag_similarity, common_letters, edits, jaro_winkler
from guanxi.science.linkage.types import Codes, Flags, Floats, Levels
from guanxi.science.linkage.vocabulary import Vocabulary

Compare = Callable[[Vocabulary, Codes, Codes], Levels]


@dataclass(frozen=True)
class Comparer:
    """A way to compare, and what is expected while nothing is known yet.

    `default`: what shares of true pairs reach each level. `rarity`: how many others have a value that was seen once.
    """

    compare: Compare
    default: tuple[float, ...]
    rarity: float


def _of_candidates(vocabulary: Vocabulary, left: Codes, right: Codes, last: int) -> tuple[Levels, Floats, Flags]:
    """(levels filled with the last one, likeness of the bags of letters, pairs that share half of the shorter one's letters)."""
    common = common_letters(vocabulary.bags[left], vocabulary.bags[right])
    lengths, others = vocabulary.lengths[left], vocabulary.lengths[right]
    worth = common * 2 >= np.minimum(lengths, others)
    return np.full(len(left), last, dtype=np.uint8), bag_similarity(common, np.maximum(lengths, others)), worth


def names(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """Persons' names: 1 nearly equal, or characters read alike; 2 alike, an initial, or the same letters in disorder; 3 other."""
    found, likeness, worth = _of_candidates(vocabulary, left, right, 3)
    a, b = vocabulary.keys[left[worth]], vocabulary.keys[right[worth]]
    winkler, typos = jaro_winkler(a, b), edits(a, b)
    shorter = np.minimum(vocabulary.lengths[left], vocabulary.lengths[right])[worth]
    alike = (winkler >= 0.85) | (likeness[worth] >= 0.75)
    initial = (shorter == 1) & (winkler > 0)
    near = (winkler >= 0.94) | ((typos == 1) & (shorter >= 4))
    found[worth] = np.select([near & ~initial, alike | initial], [1, 2], 3)
    return _same_key(vocabulary, left, right, found)


def _same_key(vocabulary: Vocabulary, left: Codes, right: Codes, found: Levels) -> Levels:
    """Equal in Latin letters: equality across scripts, but a doubt when both are Chinese and the characters differ."""
    same = vocabulary.key_ids[left] == vocabulary.key_ids[right]
    both = vocabulary.han[left] & vocabulary.han[right]
    return np.asarray(np.where(same, both.astype(np.uint8), found), dtype=np.uint8)


def companies(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """Companies without their legal form: 1 nearly equal; 2 alike, or one begins with the other; 3 other."""
    found, likeness, worth = _of_candidates(vocabulary, left, right, 3)
    a, b = vocabulary.keys[left[worth]], vocabulary.keys[right[worth]]
    shorter = np.minimum(vocabulary.lengths[left], vocabulary.lengths[right])[worth]
    longer = np.maximum(vocabulary.lengths[left], vocabulary.lengths[right])[worth]
    typos = edits(a, b)
    near = (typos <= 1 + longer // 12) & (shorter >= 5)
    begins = (typos == longer - shorter) & (shorter >= 5) & (jaro_winkler(a, b) >= 0.8)
    alike = (likeness[worth] >= 0.8) & (typos <= longer // 4)
    found[worth] = np.select([near, begins | alike], [1, 2], 3)
    return _same_key(vocabulary, left, right, found)


def words(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """Cities and streets: 1 mistyped or the same letters in disorder; 2 other."""
    found, likeness, worth = _of_candidates(vocabulary, left, right, 2)
    a, b = vocabulary.keys[left[worth]], vocabulary.keys[right[worth]]
    found[worth] = np.where((jaro_winkler(a, b) >= 0.9) | (likeness[worth] >= 0.75), 1, 2)
    return _same_key(vocabulary, left, right, found)


def addresses(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """E-mail: 1 mistyped; 2 the same name at another provider, or badly mistyped; 3 other."""
    common = common_letters(vocabulary.bags[left], vocabulary.bags[right])
    longer = np.maximum(vocabulary.lengths[left], vocabulary.lengths[right])
    likeness = bag_similarity(common, longer)
    local = (vocabulary.locals[left] == vocabulary.locals[right]) & (vocabulary.locals[left] >= 0)
    found = np.where(local, 2, 3).astype(np.uint8)
    # As many letters as the bags differ in must be changed at least.
    worth = np.flatnonzero(likeness >= 0.85)
    share = edits(vocabulary.keys[left[worth]], vocabulary.keys[right[worth]]) / longer[worth]
    found[worth[share <= 0.45]] = 2
    found[worth[share <= 0.15]] = 1
    return found


def digits(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """Phones, postcodes and numbers: 1 one digit off or two swapped; 2 other."""
    common = common_letters(vocabulary.bags[left], vocabulary.bags[right])
    lengths, others = vocabulary.lengths[left], vocabulary.lengths[right]
    worth = np.flatnonzero((np.maximum(lengths, others) - common <= 1) & (np.minimum(lengths, others) >= 4))
    found = np.full(len(left), 2, dtype=np.uint8)
    found[worth[edits(vocabulary.keys[left[worth]], vocabulary.keys[right[worth]]) == 1]] = 1
    return found


def dates(vocabulary: Vocabulary, left: Codes, right: Codes) -> Levels:
    """Dates YYYYMMDD: 1 one digit off, two swapped, or day and month swapped; 2 two parts of three, or a month; 3 a year; 4 other."""
    a, b = _digits(vocabulary, left), _digits(vocabulary, right)
    off = a != b
    count = off.sum(axis=1)
    swapped = (a[:, :-1] == b[:, 1:]) & (a[:, 1:] == b[:, :-1])
    neighbours = (count == 2) & (swapped & off[:, :-1] & off[:, 1:]).any(axis=1)
    year, month, day = (~off[:, part].any(axis=1) for part in (slice(0, 4), slice(4, 6), slice(6, 8)))
    crossed = year & (a[:, 4:6] == b[:, 6:8]).all(axis=1) & (a[:, 6:8] == b[:, 4:6]).all(axis=1)
    apart = np.abs(_days(a) - _days(b))
    two = (month & day) | (year & day) | (apart <= 31)
    return np.select([(count == 1) | neighbours | crossed, two, apart <= 366], [1, 2, 3], 4).astype(np.uint8)


def _digits(vocabulary: Vocabulary, codes: Codes) -> Levels:
    flat = "".join(vocabulary.keys[codes].tolist()).encode("ascii")
    return (np.frombuffer(flat, dtype=np.uint8) - ord("0")).reshape(-1, 8)


def _days(digits: Levels) -> Floats:
    """Days since the year 0, near enough to tell a month from a year."""
    parts = digits.astype(np.float64)
    year = parts[:, :4] @ [1000.0, 100.0, 10.0, 1.0]
    return np.asarray(365.25 * year + 30.44 * (parts[:, 4:6] @ [10.0, 1.0]) + parts[:, 6:8] @ [10.0, 1.0])


NAMES = Comparer(names, (0.85, 0.06, 0.06, 0.03), rarity=0.5)
COMPANIES = Comparer(companies, (0.85, 0.06, 0.05, 0.04), rarity=0.02)
PLACES = Comparer(words, (0.85, 0.07, 0.08), rarity=1.0)
STREETS = Comparer(words, (0.85, 0.07, 0.08), rarity=0.05)
ADDRESSES = Comparer(addresses, (0.8, 0.08, 0.05, 0.07), rarity=0.005)
NUMBERS = Comparer(digits, (0.8, 0.08, 0.12), rarity=0.005)
POSTCODES = Comparer(digits, (0.8, 0.08, 0.12), rarity=1.0)
DATES = Comparer(dates, (0.8, 0.06, 0.05, 0.05, 0.04), rarity=0.3)
