"""Kept reports, the library, and dashboards."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.api.problems import InvalidAt, pointer
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import OBJECT, TEXT, WHOLE, YES_NO, one_of, words
from guanxi.records.reports.narrowing import MOST_FILTERS
from guanxi.records.reports.saved import (
    AUDIENCES,
    MOST_TILES,
    WIDTHS,
    Board,
    Found,
    dashboards,
    delete_dashboard,
    delete_report,
    find_dashboard,
    find_report,
    kept_reports,
    library,
    save_dashboard,
    save_report,
)

KEY = {"type": "string", "pattern": "^[a-z0-9-]{1,60}$"}


def _key(text: str) -> str:
    if not text.isascii() or len(text) > 60 or not text.replace("-", "").isalnum():
        raise ValueError(text)
    return text


def _kept(text: str) -> UUID:
    """The id of what somebody keeps. Raises `NotFound` for the key of a ready one: those do not change."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(str(gettext_lazy("It does not exist, or it is not shared with you."))) from None


def pointed(refusal: Invalid, *, below: str = "") -> InvalidAt:
    """The places of a definition ("measures.0.field") as JSON pointers into the body, `below` the member that holds it."""
    own = ("name", "about", "folder", "audience")
    return InvalidAt(
        {
            pointer(*([below] if below and place.partition(".")[0] not in own else []), *place.split(".")): texts
            for place, texts in refusal.errors.items()
        }
    )


def _report_row(found: Found) -> Row:
    saved = found.saved
    return {
        "id": found.key,
        "name": found.name,
        "about": found.about,
        "folder": found.folder,
        "definition": dict(found.definition),
        "audience": saved.audience if saved else "all",
        "ready": saved is None,
        "version": saved.version if saved else 1,
    }


def _reports(actor: Actor, query: Mapping[str, str]) -> list[Row]:
    found = [*kept_reports(actor), *library(actor)]
    wanted = query.get("object")
    return [_report_row(one) for one in found if not wanted or one.definition.get("object") == wanted]


def _make_report(actor: Actor, values: Values) -> tuple[str, Row]:
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return str(save_report(actor, **given).id), {}
    except Invalid as refusal:
        raise pointed(refusal, below="definition") from refusal


def _change_report(actor: Actor, key: str, values: Values, version: int | None) -> None:
    report_id = _kept(key)
    stored = _report_row(find_report(actor, key))
    whole: dict[str, Any] = {name: stored[name] for name in _REPORT}
    whole |= {name: value for name, value in values.items() if value is not None}
    try:
        save_report(actor, report_id=report_id, version=version, **whole)
    except Invalid as refusal:
        raise pointed(refusal, below="definition") from refusal


_REPORT = {
    "name": words(120),
    "about": words(300),
    "folder": words(60),
    "audience": one_of(*AUDIENCES),
    "definition": OBJECT,
}
REPORTS = Resource(
    name="reports",
    schema="Report",
    label=gettext_lazy("Reports"),
    rows=_reports,
    get=lambda actor, key: _report_row(find_report(actor, key)),
    key=_key,
    key_schema=KEY,
    read=_REPORT | {"about": TEXT, "folder": TEXT, "ready": YES_NO, "version": WHOLE},
    write=_REPORT,
    required=("name", "definition"),
    create=_make_report,
    update=_change_report,
    delete=lambda actor, key, version: delete_report(actor, _kept(key), version),
    filters={"object": gettext_lazy("Only those of this object, such as account")},
    versioned=True,
)


def _board_row(board: Board) -> Row:
    saved = board.saved
    return {
        "id": board.key,
        "name": board.name,
        "tiles": [{"report": key, "width": width} for key, width in board.tiles],
        "filters": list(board.filters),
        "audience": saved.audience if saved else "all",
        "ready": saved is None,
        "version": saved.version if saved else 1,
    }


def _make_board(actor: Actor, values: Values) -> tuple[str, Row]:
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return str(save_dashboard(actor, **given).id), {}
    except Invalid as refusal:
        raise pointed(refusal) from refusal


def _change_board(actor: Actor, key: str, values: Values, version: int | None) -> None:
    dashboard_id = _kept(key)
    stored = _board_row(find_dashboard(actor, key))
    whole: dict[str, Any] = {name: stored[name] for name in _BOARD}
    whole |= {name: value for name, value in values.items() if value is not None}
    try:
        save_dashboard(actor, dashboard_id=dashboard_id, version=version, **whole)
    except Invalid as refusal:
        raise pointed(refusal) from refusal


_TILE = {
    "type": "object",
    "required": ["report", "width"],
    "additionalProperties": False,
    "properties": {"report": KEY, "width": {"type": "integer", "enum": list(WIDTHS)}},
}
_BOARD = {
    "name": words(120),
    "tiles": {"type": "array", "maxItems": MOST_TILES, "items": _TILE},
    "filters": {"type": "array", "maxItems": MOST_FILTERS, "items": words(200)},
    "audience": one_of(*AUDIENCES),
}
DASHBOARDS = Resource(
    name="dashboards",
    schema="Dashboard",
    label=gettext_lazy("Dashboards"),
    rows=lambda actor, _query: [_board_row(one) for one in dashboards(actor)],
    get=lambda actor, key: _board_row(find_dashboard(actor, key)),
    key=_key,
    key_schema=KEY,
    read=_BOARD | {"ready": YES_NO, "version": WHOLE},
    write=_BOARD,
    required=("name", "tiles"),
    create=_make_board,
    update=_change_board,
    delete=lambda actor, key, version: delete_dashboard(actor, _kept(key), version),
    versioned=True,
)
