"""The running tenant's own objects as the registry describes objects.

They are kept in memory by the version of the tenant's settings, which every actor brings along, so that a request sends no
statement for them and every process sees a change with the next request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F
from django.utils.translation import gettext as _

from guanxi.core.tenancy import CHANGED, note_settings_version, settings_version, tenant_or_none
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.records import registry
from guanxi.records.changes import update_record
from guanxi.records.custom import as_field, worded
from guanxi.records.models import OWN_TABLES, CustomField, OwnObject
from guanxi.records.registry import Board, BoardColumn, Choice, Draft, Field, ObjectType, Section

MOST_KEPT = 1_000


@dataclass(frozen=True)
class Described:
    """The objects by name, and the links among the tenant's own fields: (object that has it, field)."""

    objects: Mapping[str, ObjectType]
    links: tuple[tuple[str, Field], ...]


_NOTHING = Described({}, ())
_kept: dict[UUID, tuple[int, Described]] = {}


def own_objects() -> Mapping[str, ObjectType]:
    """The running tenant's own objects by name; none where no tenant runs."""
    return _described().objects


def own_links(to: str) -> list[tuple[str, Field]]:
    """The tenant's own fields that link to an object: (name of the object that has the field, field)."""
    return [(name, item) for name, item in _described().links if item.to == to]


def forget_described() -> None:
    """Objects or links were changed: every process reads them anew with its next request, this transaction at once."""
    Company.objects.update(permissions_version=F("permissions_version") + 1)
    note_settings_version(CHANGED)


def _described() -> Described:
    tenant_id = tenant_or_none()
    if tenant_id is None:
        return _NOTHING
    version = _version()
    kept = _kept.get(tenant_id)
    if kept is not None and kept[0] == version:
        return kept[1]
    found = _read()
    if version != CHANGED:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[tenant_id] = (version, found)
    return found


def _read() -> Described:
    objects = {row.name: described(row) for row in OwnObject.objects.filter(deleted_at=None).order_by("place")}
    links = CustomField.objects.filter(kind="link", deleted_at=None).order_by("object", "position", "name")
    return Described(objects, tuple((row.object, as_field(row)) for row in links))


def _version() -> int:
    version = settings_version()
    if version is None:
        version = Company.objects.values_list("permissions_version", flat=True).first() or 0
        note_settings_version(version)
    return version


def described(row: OwnObject) -> ObjectType:
    """A definition as the registry describes objects."""
    fields: list[Field | str] = [Field("name", search=True, required=True)]
    choices = tuple(
        Choice(item["value"], worded(item["label_en"], item.get("label_zh")), item.get("tone", "grey"))
        for item in row.statuses
    )
    if choices:
        fields.append(Field("status", kind="choice", choices=choices))
    if row.dated:
        fields += [Field("starts_at", clock=True), Field("ends_at", clock=True)]
    if row.priced:
        fields.append("amount")
    names = tuple(item if isinstance(item, str) else item.name for item in fields)
    return registry.complete(
        ObjectType(
            name=row.name,
            plural=row.plural,
            room="records",
            model=OWN_TABLES[row.place],
            label=worded(row.label_en, row.label_zh),
            label_plural=worded(row.plural_en, row.plural_zh),
            fields=tuple(fields),
            icon=row.icon,
            code_pattern=row.code_pattern,
            list_columns=("code", *names, "owner", "updated_at"),
            sections=(Section(worded("Facts", "基本信息"), (*names, "owner", "team", "tags")),),
            board=_board(row, choices) if choices else None,
            calendar="starts_at" if row.dated else "",
            calendar_end="ends_at" if row.dated else "",
            importable=True,
            prepare=_prepare(choices),
            checks=(_in_order,),
        )
    )


def _prepare(choices: tuple[Choice, ...]) -> Callable[[Draft], None]:
    def prepare(draft: Draft) -> None:
        """A new record begins in the first column, or the board would not show it."""
        if draft.before is None and choices and not draft.record.status:
            draft.record.status = choices[0].value

    return prepare


def _in_order(draft: Draft) -> Mapping[str, list[str]] | None:
    begins, ends = draft.record.starts_at, draft.record.ends_at
    if begins and ends and ends < begins:
        return {"ends_at": [_("The end is before the beginning.")]}
    return None


def _board(row: OwnObject, choices: tuple[Choice, ...]) -> Board:
    closed = {item["value"] for item in row.statuses if item.get("closed")}

    def columns(_scope: Any) -> list[BoardColumn]:
        return [BoardColumn(one.value, one.label, "done" if one.value in closed else "open") for one in choices]

    def move(actor: Actor, record_id: UUID, to: str, *, version: int | None = None, **_params: Any) -> Any:
        return update_record(actor, row.name, record_id, {"status": to}, version=version)

    cards = (*(("amount",) if row.priced else ()), *(("starts_at",) if row.dated else ()), "owner")
    return Board(
        field="status",
        columns=columns,
        move=move,
        sum_field="amount" if row.priced else "",
        card_fields=cards,
        forms=(),
    )
