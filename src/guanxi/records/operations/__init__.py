"""Operations: one change to many records, chosen one by one or by a whole filter, that can be watched, stopped and taken back.

    operation = start_operation(actor, "account", "edit", {"values": {"city": "Bonn"}}, Selection(ids=...))
    cancel_operation(actor, operation.id)
    start_undo(actor, operation.id)

    actions     what can be done: edit, assign, tag, delete, restore, and what rooms add (port MASS_ACTIONS)
    carrying    many changes through the one write path; who is refused does not stop the others
    running     start, parts, cancel, resume: few records at once in the request, many by the worker
    undoing     taking a batch back, from the history of the records
    reading     lists of operations and of what they left, and who may see them

The id of an operation is the `batch_id` in the history of what it changed. Whoever changes many records in another way (an
import) works with `actor.within(id)` and tells of it by `log_operation`: then it stands on the same screen, and is undone alike.
"""

from guanxi.records.operations.actions import MASS_ACTIONS, MassAction
from guanxi.records.operations.reading import UNDO_DAYS, Found, get_operation, list_operations, may_undo, refusals_of
from guanxi.records.operations.running import (
    AT_ONCE,
    Selection,
    cancel_operation,
    log_operation,
    run_to_end,
    start_operation,
)
from guanxi.records.operations.undoing import start_undo, undo_batch

__all__ = [
    "AT_ONCE",
    "MASS_ACTIONS",
    "UNDO_DAYS",
    "Found",
    "MassAction",
    "Selection",
    "cancel_operation",
    "get_operation",
    "list_operations",
    "log_operation",
    "may_undo",
    "refusals_of",
    "run_to_end",
    "start_operation",
    "start_undo",
    "undo_batch",
]
