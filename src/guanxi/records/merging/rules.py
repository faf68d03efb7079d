"""What a merge does that links do not tell: rooms say it through the port MERGE_RULES."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor
from guanxi.records.registry import ObjectType, Text


@dataclass(frozen=True)
class Merge:
    """One merge: `others` become a part of `survivor`; `records` are all of them by id, as they were, locked."""

    kind: ObjectType
    survivor: UUID
    others: tuple[UUID, ...]
    records: Mapping[UUID, Any] = field(default_factory=dict)

    @property
    def losing(self) -> list[Any]:
        """The records that are merged into the survivor."""
        return [self.records[key] for key in self.others]


class MergeRule(Protocol):
    """A room's part in merging records of any object; each method returns at once when the object does not concern it.

    takes    labels ("customers.Consent") of models whose rows the rule moves itself
    labels   what rows of the room's models are called in the preview, by the model's label
    """

    takes: tuple[str, ...]
    labels: Mapping[str, Text]

    def count(self, kind: ObjectType, ids: Sequence[UUID]) -> Mapping[str, Sequence[int]]:
        """How many things the rule itself would move from each record, by what they are called."""

    def check(self, actor: Actor, merge: Merge) -> None:
        """Raise `Conflict` when these records must not become one."""

    def values(self, actor: Actor, merge: Merge) -> dict[str, Any]:
        """Values of the survivor's fields that nobody may choose, e.g. the strictest."""

    def move(self, actor: Actor, merge: Merge) -> Any:
        """Do the rule's part, when the survivor has its values and before links are moved; returns JSON for `back`, or None."""

    def settle(self, actor: Actor, merge: Merge) -> Any:
        """What depends on where everything is now; called after a merge and after its undo. Returns nothing of worth."""

    def back(self, actor: Actor, merge: Merge, moved: Any) -> None:
        """Undo `move`, as far as what it moved is still where it put it; called when links have been moved back."""


MERGE_RULES: Port[MergeRule] = Port("merge_rules")


def taken() -> set[str]:
    """Labels of all models that rules move themselves."""
    return {label for rule in MERGE_RULES for label in rule.takes}
