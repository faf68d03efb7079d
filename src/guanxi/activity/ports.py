"""What activity asks of the rooms above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor


@dataclass(frozen=True)
class Card:
    """A record as it hangs on a line of the timeline: `tone` is a colour of the kit, `note` a short state or date."""

    url: str
    title: str
    code: str = ""
    icon: str = "file"
    badge: str = ""
    tone: str = "grey"
    note: str = ""


class TimelineCards(Protocol):
    """Cards of one object's records, by id. Called with ids that the actor may see; one query for all."""

    def __call__(self, actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
        """Cards by record id; what is missing gets the plain card."""
        ...


# Registered under the object's name; objects without one get a plain card with label and code.
TIMELINE: Port[TimelineCards] = Port("timeline")


class TimelineParts(Protocol):
    """Records of other objects that are parts of one record: the quotes and orders of an opportunity."""

    def __call__(self, actor: Actor, record_id: UUID) -> Mapping[str, set[UUID]]:
        """Ids by object name, those that the actor may see; their lines stand on the record's timeline too."""
        ...


# Registered under the object's name.
TIMELINE_PARTS: Port[TimelineParts] = Port("timeline_parts")
