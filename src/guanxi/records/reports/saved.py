"""Reports and dashboards that people find: those of the rooms, and those that people keep for themselves, a team or all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed, NotFound, Refused, Stale
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.models import Dashboard, Report, ReportFavourite
from guanxi.records.ports import REPORTS, ReadyReport
from guanxi.records.registry import ObjectType
from guanxi.records.reports.compiling import compile_report
from guanxi.records.reports.definition import Definition, read_definition, write_definition
from guanxi.records.reports.listing import compile_list
from guanxi.records.reports.narrowing import check_filters
from guanxi.records.reports.periods import company_calendar
from guanxi.records.reports.sources import source_names, source_of

AUDIENCES = ("private", "team", "all")
MOST = 500
MOST_TILES = 24
WIDTHS = (3, 4, 6, 8, 9, 12)
Kept = TypeVar("Kept", Report, Dashboard)


@dataclass(frozen=True)
class Found:
    """A report to open: one of the library (`saved` None) or one that somebody keeps."""

    key: str
    name: str
    about: str
    folder: str
    definition: Mapping[str, Any]
    saved: Report | None = None

    @property
    def read(self) -> Definition:
        """The definition as typed values. Raises `Invalid`."""
        return read_definition(self.definition)


@dataclass(frozen=True)
class Board:
    """A dashboard to open: keys of reports with their widths, and the fields that all of them are filtered by."""

    key: str
    name: str
    tiles: tuple[tuple[str, int], ...]
    saved: Dashboard | None = None
    filters: tuple[str, ...] = ()


def library(actor: Actor) -> list[Found]:
    """The ready reports whose records the actor may see."""
    known = source_names(actor)
    return [_ready(one) for one in _offered() if one.definition["object"] in known]


def kept_reports(actor: Actor) -> list[Found]:
    """Reports that people keep and this actor may open, newest first."""
    if actor.member_id is None:
        return []
    known = source_names(actor)
    rows = Report.objects.filter(_open_to(actor)).order_by("folder", "name", "id")[:MOST]
    return [_kept(row) for row in rows if row.definition.get("object") in known]


def find_report(actor: Actor, key: str) -> Found:
    """The report of a key: of the library, or the id of a kept one. Raises `NotFound`."""
    ready = next((one for one in _offered() if one.key == key), None)
    found = _ready(ready) if ready else None
    if found is None and (row := _row(Report, actor, key)) is not None:
        found = _kept(row)
    if found is None or found.definition.get("object") not in source_names(actor):
        raise NotFound(_("There is no such report, or it is not shared with you."))
    return found


def may_change(actor: Actor, row: Report | Dashboard | None) -> bool:
    """Its owner may change it; administrators what everybody sees."""
    if row is None or actor.member_id is None:
        return False
    return row.owner_id == actor.member_id or (actor.is_admin and row.audience != "private")


def check_definition(actor: Actor, data: Any) -> Definition:
    """A definition that this actor can run. Raises `Invalid`, `NotAllowed`."""
    made = read_definition(data)
    if made.columns:
        compile_list(actor, made, company_calendar())
    else:
        compile_report(actor, made, company_calendar())
    source_of(actor, made.object)
    return made


def save_report(
    actor: Actor,
    *,
    definition: Any,
    name: str,
    about: str = "",
    folder: str = "",
    audience: str = "private",
    report_id: UUID | None = None,
    version: int | None = None,
) -> Report:
    """A new report, or new content for the one of `report_id`. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        made = check_definition(actor, definition)
        row = _own(Report, actor, report_id, version) if report_id else Report(owner_id=actor.member_id)
        _fill(actor, row, name, audience)
        row.about, row.folder = _text(about, 300, "about"), _text(folder, 60, "folder")
        row.definition = write_definition(made)
        row.save()
        return row


def save_dashboard(
    actor: Actor,
    *,
    name: str,
    tiles: Any,
    filters: Any = (),
    audience: str = "private",
    dashboard_id: UUID | None = None,
    version: int | None = None,
) -> Dashboard:
    """A new dashboard, or new content for the one of `dashboard_id`. Raises as `save_report`."""
    with tenant_tx(actor.tenant_id):
        row = _own(Dashboard, actor, dashboard_id, version) if dashboard_id else Dashboard(owner_id=actor.member_id)
        _fill(actor, row, name, audience)
        found = _tiles(actor, tiles)
        row.tiles = [{"report": key, "width": width} for key, width in found]
        row.filters = check_filters(actor, kinds_of(actor, [key for key, _width in found]), filters)
        row.save()
        return row


def delete_report(actor: Actor, report_id: UUID, version: int | None = None) -> None:
    """Remove a kept report; dashboards that show it leave it out. Raises `NotAllowed`, `NotFound`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        _own(Report, actor, report_id, version).delete()


def delete_dashboard(actor: Actor, dashboard_id: UUID, version: int | None = None) -> None:
    """Remove a kept dashboard. Raises `NotAllowed`, `NotFound`, `Stale`."""
    with tenant_tx(actor.tenant_id):
        _own(Dashboard, actor, dashboard_id, version).delete()


def favourites(actor: Actor) -> set[str]:
    """Keys of what the member wants first."""
    return set(ReportFavourite.objects.filter(member_id=actor.member_id).values_list("key", flat=True))


def mark_favourite(actor: Actor, key: str, wanted: bool) -> None:
    """Put a report first, or no longer. Raises `NotFound`, `NotAllowed`."""
    with tenant_tx(actor.tenant_id):
        if actor.member_id is None:
            raise NotAllowed(_("Only people have favourites."))
        find_report(actor, key)
        if wanted:
            ReportFavourite.objects.get_or_create(member_id=actor.member_id, key=key)
        else:
            ReportFavourite.objects.filter(member_id=actor.member_id, key=key).delete()


def dashboards(actor: Actor) -> list[Board]:
    """The dashboards that this actor may open: own and shared ones, then those of the rooms; the first opens by itself."""
    kept = Dashboard.objects.filter(_open_to(actor)).order_by("name", "id")[:MOST] if actor.member_id else []
    found = [_kept_board(row) for row in kept]
    known = {one.key for one in library(actor)}
    offered = [one for offer in REPORTS for one in offer().dashboards]
    # What is made for the role stands before what is for all.
    for one in sorted(offered, key=lambda one: not one.roles):
        tiles = tuple(tile for tile in one.tiles if tile[0] in known)
        if tiles and (actor.is_admin or not one.roles or actor.role_key in one.roles):
            found.append(Board(one.key, str(one.label), tiles, filters=one.filters))
    return found


def find_dashboard(actor: Actor, key: str) -> Board:
    """The dashboard of a key. Raises `NotFound`."""
    found = next((one for one in dashboards(actor) if one.key == key), None)
    if found is None:
        raise NotFound(_("There is no such dashboard, or it is not shared with you."))
    return found


def kinds_of(actor: Actor, keys: Iterable[str]) -> list[ObjectType]:
    """The objects that reports are about, one for each report that the actor may open."""
    found = []
    for key in keys:
        try:
            found.append(source_of(actor, find_report(actor, key).definition["object"]).kind)
        except Refused:
            continue
    return found


def get_kept(model: type[Kept], actor: Actor, key: UUID) -> Kept:
    """A kept report or dashboard that the actor may open. Raises `NotFound`."""
    row = _row(model, actor, str(key))
    if row is None:
        raise NotFound(_("It does not exist, or it is not shared with you."))
    return row


def _offered() -> Iterable[ReadyReport]:
    return (one for offer in REPORTS for one in offer().ready)


def _ready(one: ReadyReport) -> Found:
    return Found(one.key, str(one.label), str(one.about), str(one.folder), _spoken(one.definition))


def _spoken(data: Any) -> Any:
    """Lazy texts in the language that is active."""
    if isinstance(data, Mapping):
        return {key: _spoken(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_spoken(item) for item in data]
    return str(data) if isinstance(data, Promise) else data


def _kept(row: Report) -> Found:
    return Found(str(row.id), row.name, row.about, row.folder, row.definition, row)


def _kept_board(row: Dashboard) -> Board:
    tiles = tuple((str(one["report"]), int(one["width"])) for one in row.tiles if isinstance(one, dict))
    return Board(str(row.id), row.name, tiles, row, tuple(str(name) for name in row.filters))


def _open_to(actor: Actor) -> Q:
    return Q(owner_id=actor.member_id) | Q(audience="all") | Q(audience="team", team_id__in=actor.team_ids)


def _row(model: type[Kept], actor: Actor, key: str) -> Kept | None:
    try:
        wanted = UUID(key)
    except ValueError:
        return None
    if actor.member_id is None:
        return None
    found: Kept | None = model.objects.filter(_open_to(actor), id=wanted).first()
    return found


def _own(model: type[Kept], actor: Actor, key: UUID, version: int | None) -> Kept:
    get_kept(model, actor, key)
    row: Kept = model.objects.select_for_update().get(id=key)
    if not may_change(actor, row):
        raise NotAllowed(_("Only its owner may change this. Save it as your own."))
    if version is not None and version != row.version:
        raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=row.version, current={})
    row.version += 1
    return row


def _fill(actor: Actor, row: Report | Dashboard, name: str, audience: str) -> None:
    if actor.member_id is None:
        raise NotAllowed(_("Only people keep reports."))
    row.name = _text(name, 120, "name")
    if not row.name:
        raise Invalid({"name": [_("Give it a name.")]})
    if audience not in AUDIENCES:
        raise Invalid({"audience": [_("Choose who sees it.")]})
    if audience == "team" and actor.team_id is None:
        raise Invalid({"audience": [_("You belong to no team.")]})
    team_id = row.team_id if row.audience == "team" and audience == "team" and row.team_id else actor.team_id
    row.audience, row.team_id = audience, team_id if audience == "team" else None
    row.updated_at = timezone.now()


def _text(value: str, most: int, place: str) -> str:
    text = " ".join(str(value or "").split())
    if any(ord(char) < 32 for char in text) or len(text) > most:
        raise Invalid({place: [_("Use at most %(count)d characters.") % {"count": most}]})
    return text


def _tiles(actor: Actor, data: Any) -> Sequence[tuple[str, int]]:
    if not isinstance(data, list) or len(data) > MOST_TILES:
        raise Invalid({"tiles": [_("A list of at most %(count)d is expected.") % {"count": MOST_TILES}]})
    found = []
    for at, one in enumerate(data):
        values = one if isinstance(one, Mapping) else {}
        key, width = str(values.get("report", "")), values.get("width", 6)
        if width not in WIDTHS or isinstance(width, bool):
            raise Invalid({f"tiles.{at}.width": [_("One of %(known)s is expected.") % {"known": ", ".join(map(str, WIDTHS))}]})  # fmt: skip
        try:
            find_report(actor, key)
        except Refused as refusal:
            raise Invalid({f"tiles.{at}.report": [refusal.message]}) from None
        found.append((key, int(width)))
    return found


def owner_name(row: Report | Dashboard) -> str:
    """Who keeps it."""
    return Membership.objects.filter(id=row.owner_id).values_list("name", flat=True).first() or ""
