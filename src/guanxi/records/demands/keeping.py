"""Definitions of an object that administrators keep: listing, reading, saving under a lock, deleting, each noted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.kept import settings_changed
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked
from guanxi.records.own_fields import objects_with_fields
from guanxi.records.registry import ObjectType

M = TypeVar("M", bound=models.Model)
MOST = 100
Errors = dict[str, list[str]]


@dataclass(frozen=True)
class Keeping(Generic[M]):
    """How rows of `model` are kept. `fill` puts values on a row or notes what is wrong; `saved` runs in the same transaction."""

    model: type[M]
    noun: str
    editable: tuple[str, ...]
    fill: Callable[[M, ObjectType, Mapping[str, Any], Errors], None]
    saved: Callable[[Actor, M, Mapping[str, Any]], None] | None = None
    order: tuple[str, ...] = ("object", "name", "id")

    def rows(self, actor: Actor, object_name: str = "") -> list[M]:
        """The rows of one object or of all."""
        require_admin(actor)
        rows = self.model._default_manager.all()
        return list((rows.filter(object=object_name) if object_name else rows).order_by(*self.order))

    def get(self, actor: Actor, row_id: UUID) -> M:
        """One row. Raises `NotFound`, `NotAllowed`."""
        require_admin(actor)
        row = self.model._default_manager.filter(pk=row_id).first()
        if row is None:
            raise NotFound(_("There is no such rule."))
        return row

    def save(
        self, actor: Actor, values: Mapping[str, Any], row_id: UUID | None = None, *, version: int | None = None
    ) -> M:
        """A new row (`values` has its object), or other values of one. Raises `Invalid`, `Stale`, `NotFound`, `NotAllowed`."""
        require_admin(actor)
        with tenant_tx(actor.tenant_id):
            if row_id is not None:
                self.get(actor, row_id)
            row: Any = locked(self.model, row_id, version) if row_id else self.model(object=values.get("object") or "")
            kind = next((one for one in objects_with_fields(actor) if one.name == row.object), None)
            if kind is None:
                raise Invalid({"object": [_("Choose an object.")]})
            if row_id is None and self.model._default_manager.filter(object=kind.name).count() >= MOST:
                raise Invalid({"": [_("An object can have at most %(count)d rules.") % {"count": MOST}]})
            before = {} if row_id is None else self.describe(row)
            errors: Errors = {}
            given = {name: values[name] for name in self.editable if name in values}
            self.fill(row, kind, {**self.describe(row), **given}, errors)
            if errors:
                raise Invalid(errors)
            self._store(actor, row, before)
            return row  # type: ignore[no-any-return]

    def delete(self, actor: Actor, row_id: UUID, *, version: int | None = None) -> None:
        """Forget a row."""
        require_admin(actor)
        with tenant_tx(actor.tenant_id):
            self.get(actor, row_id)
            row: Any = locked(self.model, row_id, version)
            detail = self.describe(row)
            note_access(actor, f"{self.noun}.removed", object_name=row.object, record_id=row.id, detail=detail)
            row.delete()
            settings_changed()

    def describe(self, row: Any) -> dict[str, Any]:
        """A row as settings and API show it."""
        return {name: getattr(row, name) for name in ("object", *self.editable)}

    def _store(self, actor: Actor, row: Any, before: Mapping[str, Any]) -> None:
        changed = differences(before, self.describe(row))
        if not changed:
            return
        if before:
            row.version += 1
        row.save(force_insert=not before)
        settings_changed()
        action = f"{self.noun}.changed" if before else f"{self.noun}.added"
        note_access(actor, action, object_name=row.object, record_id=row.id, detail=changed)
        if self.saved is not None:
            self.saved(actor, row, changed)


def is_on(value: Any) -> bool:
    """What a form or a file says of a yes-or-no."""
    return value in (True, "1", "on", "true")
