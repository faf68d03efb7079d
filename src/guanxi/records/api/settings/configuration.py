"""The whole configuration of a company as one document; what another document would change."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require_admin
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import OBJECT, TEXT, TEXTS, WHOLE, YES_NO, one_of
from guanxi.records.configuration.applying import apply_document
from guanxi.records.configuration.comparing import ADDED, CHANGED, REMOVED, compare, document

LARGEST = 4_000_000
_DOCUMENT = {"format": one_of("guanxi-configuration"), "version": WHOLE, "parts": OBJECT}
_DIFFERENCE = {
    "type": "object",
    "properties": {"part": TEXT, "key": TEXT, "kind": one_of(ADDED, CHANGED, REMOVED), "name": TEXT, "fields": OBJECT},
}


def _get(actor: Actor, _key: Any) -> Row:
    return {"id": str(actor.tenant_id), **document(actor)}


def _apply(actor: Actor, _key: Any, values: Values, _version: int | None) -> None:
    only = values.get("only")
    apply_document(actor, values, only=only, remove=bool(values.get("remove")))


def _compare(actor: Actor, values: Values) -> tuple[UUID, Row]:
    found = compare(actor, values)
    return new_id(), {"differences": [{**asdict(one), "name": one.name} for one in found]}


def _compared(actor: Actor, key: UUID) -> Row:
    """A comparison is not kept: it is in the answer of the request that asked for it."""
    require_admin(actor)
    return {"id": str(key), "differences": []}


def _none(actor: Actor, _query: Mapping[str, str]) -> list[Row]:
    require_admin(actor)
    return []


CONFIGURATION_API = Resource(
    name="configuration",
    schema="Configuration",
    label=gettext_lazy("The whole configuration as one document"),
    single=True,
    get=_get,
    read={**_DOCUMENT},
    write={**_DOCUMENT, "only": TEXTS, "remove": YES_NO},
    update=_apply,
    body_limit=LARGEST,
)
COMPARISONS = Resource(
    name="configuration-comparisons",
    schema="ConfigurationComparison",
    label=gettext_lazy("What a document would change of the configuration"),
    rows=_none,
    get=_compared,
    read={"differences": {"type": "array", "items": _DIFFERENCE}},
    write=_DOCUMENT,
    required=("format", "version", "parts"),
    create=_compare,
    body_limit=LARGEST,
)
