"""What the views of this room share."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.records.views.base import actor_of

ROOM = "sales"


def open_room(request: HttpRequest) -> None:
    """Raise `NotFound` when this room is switched off."""
    if ROOM in actor_of(request).rooms_off:
        raise NotFound(_("There is no such page."))
