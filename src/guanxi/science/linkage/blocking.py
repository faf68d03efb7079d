"""Which pairs of rows are worth comparing: those that share one of many keys ("blocks"; Christen 2012, chapter 4).

Small tables are compared whole. In large ones a key that too many rows share says little and costs much: such a block is divided
by a second key, and what is still too large is left to other keys (block purging; Papadakis et al. 2016).
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from guanxi.science.linkage import headers
from guanxi.science.linkage.fields import Comparison, key_of
from guanxi.science.linkage.types import Rows

Keys = npt.NDArray[np.uint64]
"""For each row a key; 0 where it has none."""

Features = dict[str, list[Keys]]
"""What rows may share → its keys, one array for each column that may hold it."""

WHOLE = 2_500
LARGEST_BLOCK = 120
WEAKER = 5
PAIRS_A_ROW = 40
_MIX = np.uint64(0x9E3779B97F4A7C15)


def candidate_pairs(fields: Sequence[Comparison], rows: int, *, whole: int = WHOLE) -> Rows:
    """Pairs (lower row << 32 | higher row), sorted, each once. Up to `whole` rows it is all pairs."""
    if rows <= whole:
        left, right = np.triu_indices(rows, 1)
        return np.asarray(left.astype(np.int64) << 32 | right)
    features = dict(_features(fields, rows))
    largest = LARGEST_BLOCK
    while True:
        pairs = _of_rules(features, largest)
        if len(pairs) <= PAIRS_A_ROW * rows or largest <= 8:
            return pairs
        largest //= 2


def _of_rules(features: Features, largest: int) -> Rows:
    """All pairs of all rules; merged rule by rule, so that memory holds each pair once."""
    pairs = np.empty(0, dtype=np.int64)
    for key, refined_by, share in _rules(features):
        refinements = [one for name in refined_by for one in features.get(name, [])]
        pairs = np.union1d(pairs, _pairs_of(*_members(key), refinements, max(2, largest // share)))
    return pairs


ALONE = ("email", "email_local", "phone", "company", "number", "website", "street", "names", "letters")
TOGETHER = (
    ("name", "birth_date"), ("name", "city"), ("name", "birth_month"), ("name", "email_start"), ("name", "company_start"),
    ("birth_date", "city"), ("birth_date", "email_start"), ("company_start", "city"), ("company_start", "postcode"), ("name", "postcode"),
    ("name", "phone_end"), ("birth_date", "postcode"), ("name_start", "birth_date"), ("domain", "name"), ("domain", "birth_month"),
)  # fmt: skip
REFINED_BY = ("birth_month", "city", "name_start", "email_start", "phone_end", "company_start", "postcode")
ENOUGH = ("birth_date", "city", "email", "phone", "company", "postcode")


def _rules(features: Features) -> Iterator[tuple[list[Keys], Sequence[str], int]]:
    """Each key (one for every column that may hold it), the features by which its too large blocks are divided, and by how much less
    than others they may hold: what many share of two weak values together is chance."""
    for name in ALONE:
        if name in features:
            yield features[name], REFINED_BY, 1
    for first, second in TOGETHER:
        if first in features and second in features:
            rest = [name for name in REFINED_BY if name not in (first, second)]
            yield [_both(one, other) for one in features[first] for other in features[second]], rest, WEAKER
    if "name" in features and not features.keys() & set(ENOUGH):
        yield features["name"], ("name_start",), 1


def _members(keys: Sequence[Keys]) -> tuple[Rows, Keys]:
    """(rows, keys) of all columns in one: a row stands in a block for each of its keys."""
    rows = np.concatenate([np.flatnonzero(key) for key in keys])
    return rows, np.concatenate([key[key != 0] for key in keys])


def _pairs_of(rows: Rows, keys: Keys, refinements: Sequence[Keys], largest: int) -> Rows:
    by_key = np.argsort(keys, kind="stable")
    order, ordered = rows[by_key], keys[by_key]
    starts, sizes = _runs(ordered)
    found = [_inside(order, starts[sizes <= largest], sizes[sizes <= largest])]
    large = np.repeat(sizes > largest, sizes)
    rest, rest_keys = order[large], ordered[large]
    for refinement in refinements if len(rest) else ():
        refined = _both(rest_keys, refinement[rest])
        found.append(_pairs_of(rest[refined != 0], refined[refined != 0], (), largest))
    return np.unique(np.concatenate(found))


def _runs(sorted_keys: Keys) -> tuple[Rows, Rows]:
    """(where each run of equal keys starts, how long it is)."""
    if not len(sorted_keys):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.concatenate(([True], sorted_keys[1:] != sorted_keys[:-1])))
    return starts, np.diff(np.append(starts, len(sorted_keys)))


def _inside(order: Rows, starts: Rows, sizes: Rows) -> Rows:
    """All pairs within each block, by the distance of their places."""
    starts, sizes = starts[sizes > 1], sizes[sizes > 1]
    left = np.repeat(np.arange(len(starts)), sizes)
    place = np.arange(len(left)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    at, ahead = starts[left] + place, sizes[left] - place - 1
    found = []
    for distance in range(1, int(sizes.max(initial=1))):
        at, ahead = at[ahead >= distance], ahead[ahead >= distance]
        one, other = order[at], order[at + distance]
        one, other = one[one != other], other[one != other]
        found.append(np.minimum(one, other) << 32 | np.maximum(one, other))
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _both(one: Keys, other: Keys) -> Keys:
    """A key of two keys; none where one is missing."""
    mixed = ((one * _MIX) ^ (one >> np.uint64(29))) + other
    mixed = (mixed * _MIX) ^ (mixed >> np.uint64(31))
    return np.where((one == 0) | (other == 0), np.uint64(0), mixed | np.uint64(1))


def _features(fields: Sequence[Comparison], rows: int) -> Iterator[tuple[str, list[Keys]]]:
    """What rows may share: whole values, beginnings and parts of them; several of a kind where a row has several."""
    for field in fields:
        if field.names == (headers.GIVEN, headers.FAMILY):
            yield from _of_names(field)
            continue
        [name] = field.names
        if name in (headers.GIVEN, headers.FAMILY):
            name = "name"
        yield name, [_whole(field, place) for place in range(len(field.slots))]
        for feature, of, part in _PARTS:
            if of == name:
                yield feature, [_part(field, place, part) for place in range(len(field.slots))]


def _local_part(address: str) -> str:
    return address.partition("@")[0] if "@" in address else ""


_PARTS = (
    ("birth_month", headers.BIRTH_DATE, lambda text: text[:6]),
    ("email_local", headers.EMAIL, lambda text: _local_part(text) if len(_local_part(text)) > 4 else ""),
    ("email_start", headers.EMAIL, lambda text: text[:4]),
    ("domain", headers.EMAIL, lambda text: text.partition("@")[2]),
    ("phone_end", headers.PHONE, lambda text: text[-4:]),
    ("company_start", headers.COMPANY, lambda text: text[:5]),
)


def _of_names(field: Comparison) -> Iterator[tuple[str, list[Keys]]]:
    """Names in whichever column: each, their beginnings, both together, and the letters of both."""
    first, second = (_whole(field, place) for place in (0, 1))
    low, high = np.minimum(first, second), np.maximum(first, second)
    yield "name", [first, second]
    yield "names", [_both(low, high)]
    yield "name_start", [_part(field, place, lambda text: text[:3]) for place in (0, 1)]
    letters = [_part(field, place, lambda text: "".join(sorted(text))) for place in (0, 1)]
    yield "letters", [_both(np.minimum(*letters), np.maximum(*letters))]


def _whole(field: Comparison, place: int) -> Keys:
    return (key_of(field.vocabulary, field.slots[place]).astype(np.int64) + 1).astype(np.uint64)


def _part(field: Comparison, place: int, part: Callable[[str], str]) -> Keys:
    """The key of a part of the value; the parts of all columns of a field are numbered alike."""
    known: dict[str, int] = {"": 0}
    parts = np.fromiter((known.setdefault(part(key), len(known)) for key in field.vocabulary.keys), dtype=np.uint64)
    codes = field.slots[place]
    if not len(parts):
        return np.zeros(len(codes), dtype=np.uint64)
    return np.asarray(np.where(codes >= 0, parts[codes], np.uint64(0)), dtype=np.uint64)
