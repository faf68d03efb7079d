"""Merging duplicates: two or three records become one, everything that hangs on them comes along, and it can be taken back.

    operation = merge_records(actor, "account", survivor_id, [other_id], choices={"phone": other_id, "tags": "both"})
    start_undo(actor, operation.id)                      # as any operation

    links       every way in which rows point to a record, found in the models: a new room needs to say nothing
    moves       moving what points to the others, in sets, and back
    rules       what links do not tell, by the port MERGE_RULES: consent (the strictest wins), identities, main contacts
    services    merge and its undo
    reading     what would move

The others go to the recycle bin; their codes and addresses lead to the survivor (records.former).
"""

from guanxi.records.former import former_codes, survivor_of
from guanxi.records.merging.reading import preview_merge
from guanxi.records.merging.rules import MERGE_RULES, Merge, MergeRule
from guanxi.records.merging.services import MOST, merge_records

__all__ = [
    "MERGE_RULES",
    "MOST",
    "Merge",
    "MergeRule",
    "former_codes",
    "merge_records",
    "preview_merge",
    "survivor_of",
]
