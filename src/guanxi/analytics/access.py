"""Who may look at customer value, and who may run it. Rows are those of the accounts that the actor sees; the right opens the pages."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may, require, scope_of
from guanxi.identity.ports import GuardedObject

ROOM = "analytics"
RIGHT = "analytics"
"""The name of the right in roles and scopes of tokens: `view` opens the pages, `edit` runs, refits and changes."""


def guarded() -> Iterator[GuardedObject]:
    """The right as the page of roles offers it."""
    yield GuardedObject(RIGHT, _("Customer value"), ROOM, ())


def sees_values(actor: Actor) -> bool:
    """Whether the pages are open to the actor: the room is on, the role has the right, and accounts with their grades are not hidden from it."""
    return (
        ROOM not in actor.rooms_off
        and may(actor, RIGHT, "view")
        and may(actor, "account", "view")
        and matchable(actor, "account", "grade")
    )


def require_view(actor: Actor) -> None:
    """Raise `NotFound` where the room is off, `NotAllowed` where the role lacks the right."""
    if ROOM in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    require(actor, RIGHT, "view")
    require(actor, "account", "view")
    if not matchable(actor, "account", "grade"):
        raise NotFound(_("There is no such page."))


def may_manage(actor: Actor) -> bool:
    """Whether the actor may run the models, name groups, set goals: these hold for the whole company, so a right to one's own records is not enough."""
    return sees_values(actor) and scope_of(actor, RIGHT, "edit") in ("below", "all")


def require_manage(actor: Actor) -> None:
    """Raise `NotFound` or `NotAllowed` unless `may_manage`."""
    require_view(actor)
    if not may_manage(actor):
        raise NotAllowed(_("Your role does not permit this."))
