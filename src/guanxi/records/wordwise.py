"""Two texts compared word by word, for people: what was added and what was taken away."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

LONGEST = 2000
# Below this likeness the marks would cover nearly everything and help nobody.
LEAST_ALIKE = 0.35
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A part of a text: `kind` is "same", "added" or "removed"."""

    kind: str
    text: str


def compare_words(before: str, after: str) -> Sequence[Piece]:
    """`after` in pieces, with what it lost against `before` in between. One piece when the two have little in common."""
    if not before or not after or before == after or max(len(before), len(after)) > LONGEST:
        return [Piece("same", after)]
    old, new = _WORD.findall(before), _WORD.findall(after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < LEAST_ALIKE:
        return [Piece("same", after)]
    pieces: list[Piece] = []
    for step, first, last, start, end in matcher.get_opcodes():
        if step == "equal":
            pieces.append(Piece("same", "".join(new[start:end])))
        else:
            pieces += [Piece("removed", "".join(old[first:last]))] if last > first else []
            pieces += [Piece("added", "".join(new[start:end]))] if end > start else []
    return pieces
