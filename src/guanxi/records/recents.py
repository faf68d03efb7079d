"""What a member opened lately, and what they gave a star: records, and views of lists."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.models import RecentView
from guanxi.records.queries import linked_labels, visible_records
from guanxi.records.saved_views import linked_view

AGAIN = timedelta(minutes=1)
VIEW = "view"
SHOWN = 50
MOST_STARS = 500


@dataclass(frozen=True)
class Opened:
    """A record or a view of a list: `key` names the entry itself."""

    key: UUID
    object: str
    id: UUID
    label: str
    url: str
    icon: str
    note: str
    at: datetime
    starred: bool


def note_opened(actor: Actor, object_name: str, record_id: UUID) -> None:
    """Remember that the actor opened a record; repeated within a minute it writes nothing."""
    if actor.member_id is None:
        return
    with tenant_tx(actor.tenant_id):
        key = {"member_id": actor.member_id, "object": object_name, "record_id": record_id}
        found = RecentView.objects.filter(**key).values_list("at", flat=True).first()
        now = timezone.now()
        if found is None:
            RecentView.objects.bulk_create(
                [RecentView(at=now, tenant_id=actor.tenant_id, **key)], ignore_conflicts=True
            )
        elif now - found > AGAIN:
            RecentView.objects.filter(**key).update(at=now)


def is_starred(actor: Actor, object_name: str, record_id: UUID) -> bool:
    """Whether the actor gave it a star."""
    rows = RecentView.objects.filter(member_id=actor.member_id, object=object_name, record_id=record_id, starred=True)
    return bool(rows.exists())


def set_star(actor: Actor, object_name: str, record_id: UUID, wanted: bool) -> UUID:
    """Give a record, or a view of a list (object "view"), a star or take it away; returns the entry's key. Raises `NotFound`."""
    if actor.member_id is None:
        raise NotAllowed(_("Only people have favourites."))
    with tenant_tx(actor.tenant_id):
        _require_shown(actor, object_name, record_id)
        stars = RecentView.objects.filter(member_id=actor.member_id, starred=True).count() if wanted else 0
        if stars >= MOST_STARS:
            raise NotAllowed(_("You have very many favourites already: take some away first."))
        row, _made = RecentView.objects.update_or_create(
            member_id=actor.member_id, object=object_name, record_id=record_id, defaults={"starred": wanted}
        )
        return UUID(str(row.id))


def remove_star(actor: Actor, key: UUID) -> None:
    """Take the star of an entry away. Raises `NotFound`."""
    with tenant_tx(actor.tenant_id):
        if not RecentView.objects.filter(id=key, member_id=actor.member_id, starred=True).update(starred=False):
            raise NotFound(_("There is no such favourite."))


def opened(actor: Actor, *, starred: bool, limit: int = SHOWN) -> list[Opened]:
    """The actor's favourites, or what was opened lately; only what the actor may still see, newest first."""
    rows = RecentView.objects.filter(member_id=actor.member_id).order_by("-at", "-id")
    rows = rows.filter(starred=True) if starred else rows.exclude(object=VIEW)
    found = list(rows[: MOST_STARS if starred else limit * 2])
    described = [*_records(actor, found), *_views(actor, [row for row in found if row.object == VIEW])]
    return sorted(described, key=lambda one: one.at, reverse=True)[: MOST_STARS if starred else limit]


def _require_shown(actor: Actor, object_name: str, record_id: UUID) -> None:
    if object_name == VIEW:
        shown = linked_view(actor, record_id) is not None
    else:
        kind = next((one for one in registry.objects() if one.name == object_name), None)
        allowed = kind is not None and kind.room not in actor.rooms_off and may(actor, object_name, "view")
        shown = allowed and visible_records(actor, object_name).filter(id=record_id).exists()
    if not shown:
        raise NotFound(_("There is no such record, or it is not shown to your role."))


def _records(actor: Actor, rows: list[RecentView]) -> Iterable[Opened]:
    for kind in registry.objects():
        mine = {row.record_id: row for row in rows if row.object == kind.name}
        if not mine or kind.room in actor.rooms_off or not may(actor, kind.name, "view"):
            continue
        seen = set(visible_records(actor, kind.name).filter(id__in=list(mine)).values_list("id", flat=True))
        for key, label in linked_labels(actor, kind.name, seen).items():
            row = mine[key]
            url = kind.detail_url.format(id=key) if kind.detail_url else f"/{kind.plural}/{key}/"
            yield Opened(row.id, kind.name, key, str(label or _("(no name)")), url, kind.icon, str(kind.label), row.at, row.starred)  # fmt: skip


def _views(actor: Actor, rows: list[RecentView]) -> Iterable[Opened]:
    for row in rows:
        view = linked_view(actor, row.record_id)
        kind = next((one for one in registry.objects() if view is not None and one.name == view.object), None)
        if view is None or kind is None or kind.room in actor.rooms_off or not may(actor, kind.name, "view"):
            continue
        form = "" if view.form == "list" else view.form
        note = _("View: %(name)s") % {"name": kind.label_plural}
        yield Opened(row.id, VIEW, view.id, view.name, f"/{kind.plural}/{form}?view={view.id}", kind.icon, note, row.at, True)  # fmt: skip
