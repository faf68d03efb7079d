"""Similarity of many pairs of short texts at once."""

import numpy as np
import numpy.typing as npt
from rapidfuzz import process
from rapidfuzz.distance import OSA, JaroWinkler

from guanxi.science.linkage.types import Floats

BINS = 40
_PART = 50_000
Texts = npt.NDArray[np.object_]
Bags = npt.NDArray[np.uint8]


def _places() -> npt.NDArray[np.int64]:
    """Letter → its place in a bag."""
    places = np.full(256, BINS - 1, dtype=np.int64)
    for place, letter in enumerate("abcdefghijklmnopqrstuvwxyz0123456789@."):
        places[ord(letter)] = place
    return places


_PLACES = _places()


def jaro_winkler(left: Texts, right: Texts) -> Floats:
    """1 for equal texts, 0 for nothing in common; beginnings weigh more (Jaro 1989, Winkler 1990)."""
    found = process.cpdist(left.tolist(), right.tolist(), scorer=JaroWinkler.similarity, dtype=np.float32)
    return np.asarray(found, dtype=np.float64)


def edits(left: Texts, right: Texts) -> npt.NDArray[np.int32]:
    """How many letters must be inserted, dropped, changed or swapped with their neighbour (Damerau 1964, Levenshtein 1966)."""
    return np.asarray(process.cpdist(left.tolist(), right.tolist(), scorer=OSA.distance, dtype=np.int32))


def bags(texts: Texts) -> Bags:
    """How often each letter occurs in each text; marks and letters of other scripts share places."""
    found = np.zeros((len(texts), BINS), dtype=np.uint8)
    for begin in range(0, len(texts), _PART):
        part = texts[begin : begin + _PART].tolist()
        letters = _PLACES[np.frombuffer("".join(part).encode("ascii", "replace"), dtype=np.uint8)]
        rows = np.repeat(np.arange(len(part)), [len(text) for text in part])
        counts = np.bincount(rows * BINS + letters, minlength=len(part) * BINS)
        found[begin : begin + len(part)] = np.minimum(counts, 255).reshape(len(part), BINS)
    return found


def common_letters(left: Bags, right: Bags) -> npt.NDArray[np.int64]:
    """How many letters two texts share, in whatever order."""
    return np.asarray(np.minimum(left, right).sum(axis=1, dtype=np.int64))


def bag_similarity(common: npt.NDArray[np.int64], longer: npt.NDArray[np.int64]) -> Floats:
    """1 - bag distance / length of the longer text (Bartolini, Ciaccia, Patella 2002): order does not count."""
    return np.asarray(common / np.maximum(longer, 1), dtype=np.float64)
