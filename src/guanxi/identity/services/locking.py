"""Reading a row for a change: under its lock, and only if nobody changed it since the caller read it."""

from collections.abc import Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound, Stale

M = TypeVar("M", bound=models.Model)


def locked(model: type[M], row_id: UUID, version: int | None = None) -> M:
    """The row, locked until the transaction ends. Raises `NotFound`, and `Stale` when its version is another one."""
    row = model._default_manager.select_for_update().filter(pk=row_id).first()
    if row is None:
        raise NotFound(_("It does not exist."))
    current: int = getattr(row, "version", 0)
    if version is not None and version != current:
        raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=current, current={})
    return row


def save_changes(row: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Set `values` on the row, count its version up and save; returns what they were before. Nothing changed: nothing saved."""
    before = {name: getattr(row, name) for name in values}
    if before == dict(values):
        return before
    for name, value in values.items():
        setattr(row, name, value)
    names = list(values)
    if hasattr(row, "version"):
        row.version += 1
        names.append("version")
    row.save(update_fields=names)
    return before
