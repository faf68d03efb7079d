"""The running tenant's own objects as the registry describes objects.

They are kept by the version of the settings (identity.kept), so that a request sends no statement for them.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.identity.actor import Actor
from guanxi.identity.kept import Kept
from guanxi.records import registry
from guanxi.records.changes import update_record
from guanxi.records.custom import custom_fields_of_all, worded
from guanxi.records.models import OWN_TABLES, OwnObject
from guanxi.records.registry import Board, BoardColumn, Choice, Draft, Field, ObjectType, Section


def own_objects() -> Mapping[str, ObjectType]:
    """The running tenant's own objects by name; none where no tenant runs."""
    return _objects()


def own_links(to: str) -> list[tuple[str, Field]]:
    """The tenant's own fields that link to an object: (name of the object that has the field, field)."""
    return [
        (name, item)
        for name, fields in custom_fields_of_all().items()
        for item in fields.values()
        if item.kind == "link" and item.to == to
    ]


def _read() -> Mapping[str, ObjectType]:
    return {row.name: described(row) for row in OwnObject.objects.filter(deleted_at=None).order_by("place")}


_objects: Kept[Mapping[str, ObjectType]] = Kept(_read, {})


def described(row: OwnObject) -> ObjectType:
    """A definition as the registry describes objects."""
    fields: list[Field | str] = [Field("name", search=True, required=True)]
    choices = tuple(
        Choice(item["value"], worded(item["label_en"], item.get("label_zh")), item.get("tone", "grey"))
        for item in row.statuses
    )
    if choices:
        fields.append(Field("status", kind="choice", choices=choices, default=choices[0].value))
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
