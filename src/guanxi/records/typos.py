"""Names that were typed wrongly: what to look up instead, and which of what is found was probably meant.

One wrong letter leaves the first or the second half of a word as it is. So the halves are looked up in the index, and of what has one
only that is kept whose words are a letter or two away from those typed. Latin names only: in Chinese, another character is another name.
"""

import re

from rapidfuzz.distance import OSA

from guanxi.records.ngrams import normalise, query_grams

SHORTEST = 5
LONG = 10
MOST_WAYS = 4
_LATIN = re.compile(r"[a-z][a-z'-]*")


def ways_to_look_up(norm: str) -> list[tuple[str, list[str]]]:
    """(text that must be contained, n-grams that it must have) for a wrongly typed query; none for what is no Latin name."""
    words = norm.split()
    if not words or len(words) > 4 or not all(_LATIN.fullmatch(word) for word in words):
        return []
    ways = []
    for at, word in enumerate(words):
        if len(word) < SHORTEST:
            continue
        others = set().union(*(query_grams(other) for place, other in enumerate(words) if place != at))
        middle = len(word) // 2
        ways += [(half, sorted(query_grams(half) | others)) for half in (word[:middle], word[middle:])]
    return ways[:MOST_WAYS]


def probably_meant(norm: str, text: str) -> bool:
    """Whether each word typed is near a word of the text: one letter wrong, left out, too much or swapped; two in long words."""
    found = re.findall(r"[^\W_]+", normalise(text))
    return all(any(_near(word, other) for other in found) for word in norm.split())


def _near(typed: str, word: str) -> bool:
    if len(typed) < SHORTEST:
        return word.startswith(typed)
    most = 2 if len(typed) >= LONG else 1
    # What was typed may be the beginning of a longer word.
    beginnings = {word, *(word[: len(typed) + more] for more in (-1, 0, 1))}
    return any(OSA.distance(typed, start, score_cutoff=most) <= most for start in beginnings)
