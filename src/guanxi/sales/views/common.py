"""What the views of this room share."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.records.views.base import actor_of

ROOM = "sales"


def errors_by_row(
    errors: Mapping[str, list[str]], prefix: str, count: int
) -> tuple[list[dict[str, list[str]]], list[str]]:
    """Messages called "lines.2.quantity" by row and field; what belongs to no row comes apart."""
    rows: list[dict[str, list[str]]] = [{} for _row in range(count)]
    general: list[str] = []
    for name, texts in errors.items():
        first, _dot, rest = name.partition(".")
        at, _dot, field = rest.partition(".")
        if first == prefix and field and at.isdecimal() and int(at) < count:
            rows[int(at)][field] = list(texts)
        else:
            general += texts
    return rows, list(dict.fromkeys(general))


def open_room(request: HttpRequest) -> None:
    """Raise `NotFound` when this room is switched off."""
    if ROOM in actor_of(request).rooms_off:
        raise NotFound(_("There is no such page."))
