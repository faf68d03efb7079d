"""The board of an object."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound, Refused, Stale
from guanxi.core.ui import formats
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records.board import ColumnData, board_page, move_card
from guanxi.records.demands.gates import GateShut
from guanxi.records.display import Painter, record_url
from guanxi.records.queries import get_record
from guanxi.records.registry import BoardColumn, ObjectType
from guanxi.records.screens import page
from guanxi.records.views.base import actor_of, json_body, object_of, problem, version_of
from guanxi.records.views.lists import form_switch, list_chips, list_tabs_of
from guanxi.records.views.state import ListState, read_state


def board(request: HttpRequest, plural: str) -> HttpResponse:
    """The board: a column per stage with cards, count and sums; `?pipeline=` chooses among several."""
    kind = object_of(request, plural)
    if kind.board is None:
        raise NotFound(_("There is no board of these records."))
    actor = actor_of(request)
    state = read_state(request, kind)
    scopes = _scopes(kind, state)
    shown = next((one["key"] for one in scopes if one["current"]), None)
    error, columns = "", []
    try:
        columns = board_page(actor, kind.name, state.criteria, scope=shown)
    except Invalid as refusal:
        error = refusal.message
    context = {
        "page_title": str(kind.label_plural),
        "kind": kind,
        "state": state,
        "tabs": list_tabs_of(state, "board"),
        "chips": list_chips(actor, state, "board") if not error else [],
        "forms": form_switch(state, "board"),
        "columns": _columns(actor, kind, columns),
        "error": error,
        "move_url": state.url(form="board/move"),
        "pipelines": scopes if len(scopes) > 1 else [],
        "totals": _totals(actor, columns),
        "may_create": kind.creatable and may(actor, kind.name, "create"),
        "may_edit": may(actor, kind.name, "edit"),
    }
    return page(request, "records/board.html.jinja", context)


def _scopes(kind: ObjectType, state: ListState) -> list[dict[str, Any]]:
    """The boards of the object (pipelines), the one shown marked: the one asked for, or else the usual one."""
    scopes = kind.board.scopes() if kind.board and kind.board.scopes else []
    asked = state.given.get("pipeline", "")
    shown = asked if asked in dict(scopes) else scopes[0][0] if scopes else ""
    return [
        {"label": str(label), "url": state.url("board", pipeline=key), "key": key, "current": key == shown}
        for key, label in scopes
    ]


def _totals(actor: Actor, columns: list[ColumnData]) -> list[dict[str, str]]:
    opened = [column for column in columns if column.column.category == "open"]
    if all(column.total is None for column in opened):
        return []
    total = sum((column.total or Decimal(0) for column in opened), Decimal(0))
    shown = [{"label": _("Open total"), "value": formats.money(total, actor.currency, home=actor.currency, decimals=0)}]
    if any(column.weighted is not None for column in opened):
        weighted = sum((column.weighted or Decimal(0) for column in opened), Decimal(0))
        shown.append(
            {"label": _("Weighted"), "value": formats.money(weighted, actor.currency, home=actor.currency, decimals=0)}
        )
    return shown


def _columns(actor: Actor, kind: ObjectType, columns: list[ColumnData]) -> list[dict[str, Any]]:
    highest = max((column.total or Decimal(0) for column in columns), default=Decimal(0))
    painter, form = Painter(actor, kind), CardForm.of(kind)
    return [
        {
            **column_figures(actor, column),
            "id": column.column.value,
            "label": str(column.column.label),
            "probability": column.column.probability if column.column.category == "open" else None,
            "category": column.column.category,
            "share": int((column.total or 0) / highest * 100) if highest else 0,
            "sum_value": format(column.total, "f") if column.total is not None else "",
            "form_url": _form_url(kind, column),
            "cards": [_card(painter, form, row, column.column) for row in column.cards],
        }
        for column in columns
    ]


def column_figures(actor: Actor, column: ColumnData) -> dict[str, Any]:
    """Count and sums of a column as text."""
    money = lambda value: formats.money(value, actor.currency, home=actor.currency, decimals=0)  # noqa: E731
    return {
        "count": column.count,
        "sum": money(column.total) if column.total is not None else "",
        "weighted": money(column.weighted)
        if column.weighted is not None and column.column.category == "open"
        else None,
    }


def _form_url(kind: ObjectType, column: ColumnData) -> str:
    """Won and lost ask for more before the move: the command that the board names, when it has parameters."""
    key = dict(kind.board.forms if kind.board else ()).get(column.column.category, "")
    found = next((one for one in kind.commands if one.key == key and one.params), None)
    return f"/{kind.plural}/board/form/{key}" if found else ""


@dataclass(frozen=True)
class CardForm:
    """Which fields stand where on the cards of an object: who, amount, day, next step."""

    who: str
    amount: str
    day: str
    told: tuple[str, ...]
    needs_step: bool

    @classmethod
    def of(cls, kind: ObjectType) -> "CardForm":
        """By the kinds of the fields that the object's board names."""
        names = [name for name in (kind.board.card_fields if kind.board else ()) if name != kind.title]
        first = {kind.by_name[name].kind: name for name in reversed(names)}
        needs_step = "next_step" in names
        told = ("next_step",) if needs_step else tuple(name for name in names if kind.by_name[name].kind == "text")
        day = first.get("date", first.get("datetime", ""))
        return cls(first.get("link", ""), first.get("money", ""), day, told, needs_step)


def _card(painter: Painter, form: CardForm, row: Mapping[str, Any], column: BoardColumn) -> dict[str, Any]:
    kind = painter.kind
    is_open = column.category == "open"

    def text(name: str) -> str:
        return painter.show(kind.by_name[name], row[name], row).text if row.get(name) else ""

    step = next((found for name in form.told if (found := text(name))), None)
    # What is won or lost needs no next step.
    lacks_step = is_open and not step and form.needs_step and form.told[0] in row
    told, tone = _slow(kind, row, column)
    if not told and lacks_step:
        told, tone = _("No step planned"), "amber"
    return {
        "id": row["id"],
        "version": row["version"],
        "title": painter.text(kind.by_name[kind.title], row[kind.title], row) or "–",
        "url": record_url(kind, row["id"]),
        "preview_url": f"/{kind.plural}/{row['id']}/preview",
        "who": text(form.who),
        "amount": text(form.amount),
        "amount_value": row.get(form.amount),
        "date": text(form.day),
        "next_text": told or step,
        "next_tone": tone or None,
        "edge": tone or None,
    }


def _slow(kind: ObjectType, row: Mapping[str, Any], column: BoardColumn) -> tuple[str, str]:
    """(words, tone) for a card that stays longer in its open column than usual: amber, from twice the time on rose."""
    entered = row.get(kind.board.since) if kind.board and kind.board.since else None
    if not entered or not column.usual_days or column.category != "open":
        return "", ""
    moment = entered if isinstance(entered, datetime) else parse_datetime(str(entered))
    days = (timezone.now() - moment).days if moment else 0
    if days <= column.usual_days:
        return "", ""
    words = _("%(days)d days here, usual %(usual)d") % {"days": days, "usual": column.usual_days}
    return words, "rose" if days > 2 * column.usual_days else "amber"


def move(request: HttpRequest, plural: str) -> JsonResponse:
    """Drop a card (POST JSON id, to, version): the object's command decides. Answers the new version and the figures."""
    kind = object_of(request, plural, "edit")
    if request.method != "POST":
        return problem(_("Not possible."), 405)
    actor = actor_of(request)
    body = json_body(request)
    try:
        key = UUID(str(body.get("id")))
    except ValueError:
        return problem(_("No such record."), 422)
    try:
        record = move_card(actor, kind.name, key, str(body.get("to", ""))[:80], version=version_of(body.get("version")))
    except Stale as refusal:
        return problem(refusal.message, 412)
    except GateShut as refusal:
        return JsonResponse({"detail": refusal.message, "form_url": f"/{kind.plural}/{key}/gate"}, status=422)
    except Refused as refusal:
        return problem(refusal.message, refusal.status)
    state = read_state(request, kind)
    columns = board_page(actor, kind.name, state.criteria, scope=request.GET.get("pipeline") or None)
    return JsonResponse(
        {
            "version": record.version,
            "columns": {
                column.column.value: {name: str(text or "") for name, text in column_figures(actor, column).items()}
                for column in columns
            },
        }
    )


def move_form(request: HttpRequest, plural: str, key: str) -> HttpResponse:
    """From the board to the form of a command: won and lost ask for reason and date."""
    kind = object_of(request, plural, "edit")
    record = get_record(actor_of(request), kind.name, _key(request.GET.get("id", "")))
    target = f"/{kind.plural}/{record.id}/do/{key}"
    extra = f"?stage={request.GET['to']}" if request.GET.get("to") else ""
    return HttpResponse(status=302, headers={"Location": target + extra})


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(_("No such record.")) from None
