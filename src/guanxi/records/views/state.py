"""The state of a list, read from its address: view, criteria, sort, columns, search text, page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import orjson
from django.http import HttpRequest, QueryDict

from guanxi.identity.actor import Actor
from guanxi.records.custom import reachable_fields
from guanxi.records.listing import ViewOptions, read_options
from guanxi.records.lists import ListQuery
from guanxi.records.models import SavedView
from guanxi.records.queries import opening_view
from guanxi.records.registry import ObjectType
from guanxi.records.saved_views import linked_view
from guanxi.records.screens import request_views
from guanxi.records.search import find_ids
from guanxi.records.wording import parse_criteria

STACK = 20
# Says that a list is not grouped, and its rows as wide as the person has them, where the view says otherwise.
NONE = "-"
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
    options: ViewOptions = field(default_factory=ViewOptions)


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
    options: ViewOptions = field(default_factory=ViewOptions)
    given: dict[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> bool:
        """Whether filter, sort, columns or the drawing of rows differ from the view that was opened."""
        return bool({"filter", "sort", "columns", "group", "density", "colours"} & set(self.given))

    def url(self, form: str = "", **changes: Any) -> str:
        """The address of this list with some parameters changed (None removes one); the page starts anew."""
        kept = {name: value for name, value in self.given.items() if name not in ("cursor", "back", "part")}
        for name, value in changes.items():
            if value is None:
                kept.pop(name, None)
            else:
                kept[name] = orjson.dumps(value).decode() if isinstance(value, dict | list) else str(value)
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
            ids=find_ids(actor, self.kind, self.q) if self.q else None,
        )

    def short(self) -> str:
        """The parameters that lead back to this list, for the links of its records."""
        kept = {
            name: value
            for name, value in self.given.items()
            if name in ("view", "filter", "sort", "q", "deleted", "group")
        }
        return urlencode(kept)


def read_state(request: HttpRequest, kind: ObjectType, data: QueryDict | None = None) -> ListState:
    """The state that an address asks for; unknown views fall back to the first one."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    source = request.GET if data is None else data
    return state_from(actor, kind, {name: str(source[name]) for name in source}, request_views(request))


def state_from(actor: Actor, kind: ObjectType, given: Mapping[str, str], saved: list[SavedView]) -> ListState:
    """The state for parameters given as text."""
    tabs = list_tabs(kind, saved)
    tab = _opened(actor, kind, tabs, given.get("view", ""))
    known = (
        "view", "filter", "sort", "columns", "group", "density", "colours", "by", "q", "cursor", "back", "deleted", "pipeline",
    )  # fmt: skip
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
        options=_options(given, tab),
        given={name: given[name] for name in known if given.get(name)},
    )


def state_of_text(actor: Actor, kind: ObjectType, text: str, saved: list[SavedView]) -> ListState:
    """The state of a list from its query string (`?view=mine&sort=name`)."""
    return state_from(actor, kind, dict(parse_qsl(text.lstrip("?"), max_num_fields=30)), saved)


def list_tabs(kind: ObjectType, saved: list[SavedView]) -> list[Tab]:
    """The views of an object: those of the registry, then the saved ones."""
    tabs = [Tab(view.key, str(view.label), dict(view.criteria), view.sort) for view in kind.views]
    tabs = tabs or [Tab("all", str(kind.label_plural), {})]
    return tabs + [_tab_of(view) for view in saved if view.object == kind.name]


def _tab_of(view: SavedView) -> Tab:
    columns, options = tuple(view.columns), read_options(view.options)
    return Tab(str(view.id), view.name, view.criteria, view.sort, columns, view.form, view, options)


def _opened(actor: Actor, kind: ObjectType, tabs: list[Tab], wanted: str) -> Tab:
    """The view of this key; one that a colleague sent a link to becomes a tab as long as it is open."""
    found = next((one for one in tabs if one.key == wanted), None)
    if found is None and len(wanted) == 36:
        try:
            view = linked_view(actor, UUID(wanted))
        except ValueError:
            view = None
        if view is not None and view.object == kind.name:
            found = _tab_of(view)
            tabs.append(found)
    if found is None and kind.views:
        opening = opening_view(actor, kind).key
        found = next((one for one in tabs if one.key == opening), None)
    return found or tabs[0]


def _options(given: Mapping[str, str], tab: Tab) -> ViewOptions:
    """How rows are drawn: as the address says, else as the view does."""
    colours = given.get("colours")
    try:
        parsed = orjson.loads(colours) if colours else []
    except orjson.JSONDecodeError:
        parsed = []
    asked = read_options({"group": given.get("group"), "density": given.get("density"), "colours": parsed})
    return ViewOptions(
        (asked.group if asked.group != NONE else "") if given.get("group") else tab.options.group,
        asked.density if given.get("density") else tab.options.density,
        asked.colours if colours is not None else tab.options.colours,
    )


def _columns(kind: ObjectType, text: str, tab: Tab) -> list[str]:
    wanted = [name for name in text.split(",") if name] or list(tab.columns) or list(kind.list_columns) or [kind.title]
    strange = [name for name in wanted if name not in kind.by_name]
    custom = reachable_fields(kind.name) if strange else {}
    chosen = [name for name in dict.fromkeys(wanted) if name in kind.by_name or name in custom][:40]
    return chosen or [kind.title]
