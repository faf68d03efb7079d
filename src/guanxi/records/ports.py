"""What the record engine asks of rooms above it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor


@dataclass(frozen=True)
class MenuEntry:
    """One line of the side bar, or of New.

    group    work, customers, sales, service, insight or settings
    go       the letter after G that opens it; `position` orders entries inside their group, records stand at 100
    room     the room that must be switched on
    badge    a count that wants attention (known without a query, else leave it to /menu/counts)
    unread   its count is what nobody has read yet: drawn in seal red
    """

    key: str
    label: Any
    icon: str
    url: str
    group: str = "work"
    go: str = ""
    position: int = 50
    room: str = ""
    badge: int | None = None
    unread: bool = False


class AddMenu(Protocol):
    """Adds entries to the side bar that stand for no object: my day, calendar, inbox, insight."""

    def __call__(self, actor: Actor) -> Iterable[MenuEntry]:
        """Entries that this actor may open. Called on each page: no query."""


class CountMenu(Protocol):
    """Counts beside entries of the side bar that stand for no object, loaded after the page.

    An object that is `counted` is counted by its first view: the engine does that.
    """

    def __call__(self, actor: Actor) -> dict[str, int]:
        """Key of the entry → how many things its page lists for this actor; inside the tenant's transaction."""


MENU: Port[AddMenu] = Port("menu")
MENU_COUNTS: Port[CountMenu] = Port("menu_counts")
CREATE_MENU: Port[AddMenu] = Port("create_menu")
