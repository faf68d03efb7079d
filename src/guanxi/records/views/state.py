"""The state of a list, read from its address: view, criteria, sort, columns, search text, page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, QueryDict

from guanxi.identity.actor import Actor
from guanxi.records.custom import custom_fields
from guanxi.records.lists import ListQuery
from guanxi.records.models import SavedView
from guanxi.records.registry import ObjectType
from guanxi.records.screens import request_views
from guanxi.records.search import search
from guanxi.records.wording import parse_criteria

FOUND = 500
STACK = 20
# Stands for the first page among the cursors that lead back.
FIRST = "-"


@dataclass(frozen=True)
class Tab:
    """A view as a tab: of the registry, or saved (`saved`)."""

    key: str
    label: str
    criteria: Mapping[str, Any]
    sort: str = ""
    columns: tuple[str, ...] = ()
    form: str = "list"
    saved: SavedView | None = None


@dataclass
class ListState:
    """One list as asked for. `criteria` are those in force, `changed` says that they differ from the view's."""

    kind: ObjectType
    tabs: list[Tab]
    tab: Tab
    criteria: dict[str, Any]
    sort: str
    columns: list[str]
    q: str = ""
    cursor: str = ""
    back: list[str] = field(default_factory=list)
    deleted: bool = False
    given: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether filter, sort or columns differ from the view that was opened."""
        return bool({"filter", "sort", "columns"} & set(self.given))

    def url(self, form: str = "", **changes: Any) -> str:
        """The address of this list with some parameters changed (None removes one); the page starts anew."""
        kept = {name: value for name, value in self.given.items() if name not in ("cursor", "back", "part")}
        for name, value in changes.items():
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
        path = f"/{self.kind.plural}/{form}"
        return f"{path}?{urlencode(kept)}" if kept else path

    def query(self, actor: Actor, fields: tuple[str, ...] = (), limit: int = 50) -> ListQuery:
        """What records.lists needs for this list."""
        return ListQuery(
            object=self.kind.name,
            criteria=self.criteria,
            sort=self.sort,
            fields=fields,
            cursor=self.cursor,
            limit=limit,
            deleted=self.deleted,
            ids=found_ids(actor, self.kind, self.q) if self.q else None,
        )

    def short(self) -> str:
        """The parameters that lead back to this list, for the links of its records."""
        kept = {name: value for name, value in self.given.items() if name in ("view", "filter", "sort", "q", "deleted")}
        return urlencode(kept)


def read_state(request: HttpRequest, kind: ObjectType, data: QueryDict | None = None) -> ListState:
    """The state that an address asks for; unknown views fall back to the first one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    source = request.GET if data is None else data
    return state_from(actor, kind, {name: str(source[name]) for name in source}, request_views(request))


def state_from(actor: Actor, kind: ObjectType, given: Mapping[str, str], saved: list[SavedView]) -> ListState:
    """The state for parameters given as text."""
    tabs = list_tabs(kind, saved)
    wanted = given.get("view", "")
    tab = next((one for one in tabs if one.key == wanted), tabs[0])
    known = ("view", "filter", "sort", "columns", "q", "cursor", "back", "deleted", "pipeline")
    return ListState(
        kind=kind,
        tabs=tabs,
        tab=tab,
        criteria=parse_criteria(given["filter"]) if "filter" in given else dict(tab.criteria),
        sort=given.get("sort") or tab.sort or kind.default_sort,
        columns=_columns(kind, given.get("columns", ""), tab),
        q=given.get("q", "").strip()[:100].replace("\x00", ""),
        cursor=given.get("cursor", ""),
        back=[one for one in given.get("back", "").split(".") if one][-STACK:],
        deleted=given.get("deleted") == "1",
        given={name: given[name] for name in known if given.get(name)},
    )


def state_of_text(actor: Actor, kind: ObjectType, text: str, saved: list[SavedView]) -> ListState:
    """The state of a list from its query string (`?view=mine&sort=name`)."""
    return state_from(actor, kind, dict(parse_qsl(text.lstrip("?"), max_num_fields=30)), saved)


def list_tabs(kind: ObjectType, saved: list[SavedView]) -> list[Tab]:
    """The views of an object: those of the registry, then the saved ones."""
    tabs = [Tab(view.key, str(view.label), dict(view.criteria), view.sort) for view in kind.views]
    tabs = tabs or [Tab("all", str(kind.label_plural), {})]
    return tabs + [
        Tab(str(view.id), view.name, view.criteria, view.sort, tuple(view.columns), view.form, view)
        for view in saved
        if view.object == kind.name
    ]


def found_ids(actor: Actor, kind: ObjectType, text: str) -> list[UUID]:
    """Records that the search finds for `text`."""
    return list(dict.fromkeys(hit.id for hit in search(actor, text, objects=[kind.name], limit=FOUND)))


def _columns(kind: ObjectType, text: str, tab: Tab) -> list[str]:
    wanted = [name for name in text.split(",") if name] or list(tab.columns) or list(kind.list_columns) or [kind.title]
    strange = [name for name in wanted if name not in kind.by_name]
    custom = custom_fields(kind.name) if strange else {}
    chosen = [name for name in dict.fromkeys(wanted) if name in kind.by_name or name in custom][:40]
    return chosen or [kind.title]
