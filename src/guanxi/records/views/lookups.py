"""Answers to searching fields: records of an object by any part of their name, people, teams, tags."""

from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.identity.permissions import matchable, require
from guanxi.records.display import object_or_none
from guanxi.records.forms import tag_names
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType
from guanxi.records.search import search
from guanxi.records.views.base import actor_of

MOST = 20


def lookup(request: HttpRequest, name: str) -> JsonResponse:
    """{"data": [{"id", "label", "note"}]} for `?q=`; without text the records used last."""
    actor = actor_of(request)
    text = request.GET.get("q", "").strip()[:100].replace("\x00", "")
    if name == "tags":
        return _answer([(word, word, "") for word in tag_names(text)])
    if name == "user":
        return _answer(_people(text))
    if name == "team":
        rows = Team.objects.filter(name__icontains=text).order_by("name")[:MOST]
        return _answer([(row.id, row.name, "") for row in rows])
    kind = object_or_none(name)
    if kind is None or kind.room in actor.rooms_off:
        raise NotFound(_("There is no such page."))
    require(actor, kind.name, "view")
    return _answer(_records(actor, kind, text))


def _people(text: str) -> list[tuple[Any, str, str]]:
    rows = Membership.objects.filter(is_active=True, name__icontains=text).order_by("name")[:MOST]
    return [(row.id, row.name, row.title) for row in rows]


def _records(actor: Actor, kind: ObjectType, text: str) -> list[tuple[Any, str, str]]:
    column = kind.by_name[kind.title].column
    rows = visible_records(actor, kind.name)
    order: dict[UUID, int] = {}
    if text and any(item.search for item in kind.fields):
        hits = search(actor, text, objects=[kind.name], limit=MOST * 3)
        order = {key: at for at, key in enumerate(dict.fromkeys(hit.id for hit in hits))}
        rows = rows.filter(id__in=list(order))
    elif text and matchable(actor, kind.name, kind.title):
        names = [column, *([kind.title_zh] if kind.title_zh else [])]
        rows = rows.filter(reduce(or_, (Q(**{f"{name}__icontains": text}) for name in names)))
    shown = kind.title_zh if kind.title_zh and is_chinese() else column
    columns = ("id", shown, column, "code")
    found = list(rows.order_by("-updated_at", "-id").values_list(*columns)[: MOST * 3 if order else MOST])
    found.sort(key=lambda row: order.get(row[0], 0))
    return [(key, str(label or name or code), str(code)) for key, label, name, code in found[:MOST]]


def _answer(rows: list[tuple[Any, str, str]]) -> JsonResponse:
    return JsonResponse({"data": [{"id": str(key), "label": label, "note": note} for key, label, note in rows]})
