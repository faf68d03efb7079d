"""The caller's favourites: records and views with a star."""

from collections.abc import Mapping
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import KEY, MOMENT, TEXT, moment, words
from guanxi.records.recents import VIEW, Opened, opened, remove_star, set_star


def _row(one: Opened) -> Row:
    collection = "views" if one.object == VIEW else registry.get(one.object).plural
    return {"id": str(one.key), "object": one.object, "collection": collection, "record": str(one.id), "label": one.label, "at": moment(one.at)}  # fmt: skip


def _rows(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    return [_row(one) for one in opened(actor, starred=True)]


def _get(actor: Actor, key: UUID) -> Row:
    found = next((one for one in opened(actor, starred=True) if one.key == key), None)
    if found is None:
        raise NotFound(_("There is no such favourite."))
    return _row(found)


def _create(actor: Actor, values: Values) -> tuple[UUID, Row]:
    try:
        record = UUID(values["record"])
    except ValueError:
        raise NotFound(_("There is no such record, or it is not shown to your role.")) from None
    return set_star(actor, values["object"], record, True), {}


_FAVOURITE = {"object": words(60), "record": words(36)}
FAVOURITES = Resource(
    name="favourites",
    schema="Favourite",
    label=gettext_lazy("Favourites"),
    rows=_rows,
    get=_get,
    read={"object": TEXT, "collection": TEXT, "record": KEY, "label": TEXT, "at": MOMENT},
    write=_FAVOURITE,
    required=("object", "record"),
    create=_create,
    delete=lambda actor, key, _version: remove_star(actor, key),
)
