"""How common a value is: two persons called Smith are less likely one than two called Featherstonehaugh (Newcombe et al. 1959).

A value is counted once for each person or company that has it, not for each row, as far as the rows that belong together are known:
ten copies of one customer do not make the name common. What was seen once is given the weight that values seen twice suggest (Good 1953).
"""

from dataclasses import dataclass

import numpy as np

from guanxi.science.linkage.fields import Comparison, key_of
from guanxi.science.linkage.types import Floats, Rows

# How many values seen once the expected rarity of a kind of field is worth.
STRENGTH = 5


@dataclass(frozen=True)
class Frequencies:
    """Of one field: how many entities have each key, how rare what no other has is taken to be, and how many entities there are."""

    counts: Floats
    rarity: float
    entities: int

    def of(self, keys: Rows, others: Floats) -> Floats:
        """The share of the entities that have each key, those of the pair itself (`others`: 1 or 2) left out."""
        return np.asarray((np.maximum(self.counts[keys] - others, 0) + self.rarity) / max(self.entities, 1))


def frequencies(field: Comparison, entity: Rows) -> Frequencies:
    """Counts of a field's keys over entities, given the entity of each row."""
    pairs = []
    for slot in field.slots:
        keys = key_of(field.vocabulary, slot).astype(np.int64)
        pairs.append((keys << 32 | entity)[keys >= 0])
    held = np.unique(np.concatenate(pairs)) >> 32
    counts = np.bincount(held, minlength=max(field.vocabulary.key_count, 1)).astype(np.float64)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    rarity = min(1.0, (2 * twice + STRENGTH * field.comparer.rarity) / (once + STRENGTH))
    return Frequencies(counts, rarity, len(np.unique(entity)))
