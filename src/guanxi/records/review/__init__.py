"""The review of duplicates: a job finds pairs of records that are likely the same, people decide, and the next search has learnt.

    start_search(actor, "account")           the worker compares all records (science.linkage), keeps the likely pairs
    list_pairs(actor, "account", least=0.9)  the open ones, likeliest first, of which the actor sees both records
    decide(actor, pair_id, "different")      same, different or later

Which fields are compared, an object says by `compared`. Pairs are found for everybody, and shown only to who sees both records.
"""

from guanxi.records.review.deciding import (
    STATES,
    Doubt,
    decide,
    decided_counts,
    find_pair,
    list_pairs,
    score_counts,
    set_least,
)
from guanxi.records.review.searching import compared_table, last_search, run_search, start_search, under_way

__all__ = [
    "STATES",
    "Doubt",
    "compared_table",
    "decide",
    "decided_counts",
    "find_pair",
    "last_search",
    "list_pairs",
    "run_search",
    "score_counts",
    "set_least",
    "start_search",
    "under_way",
]
