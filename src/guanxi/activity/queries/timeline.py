"""The timeline of a customer or record."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from guanxi.activity.models import Channel, Interaction
from guanxi.activity.ports import TIMELINE, TIMELINE_PARTS, Card
from guanxi.core.files import tells_nothing_hidden
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.records import registry
from guanxi.records.queries import get_record, shown_label, visible_records

# The filters above a timeline, in order. What belongs to no group is shown under "all" only.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "calls": (Channel.PHONE, Channel.VOICEMAIL, Channel.VIDEO),
    "mail": (Channel.MAIL, Channel.LETTER, Channel.FAX),
    "messages": (Channel.CHAT, Channel.SMS, Channel.WECHAT, Channel.SOCIAL),
    "visits": (Channel.VISIT, Channel.MEETING, Channel.EVENT, Channel.SHOP),
    "notes": (Channel.NOTE,),
    "system": (Channel.SYSTEM, Channel.WEB),
}
MAX_PAGE = 100


@dataclass(frozen=True)
class Entry:
    """A line of the timeline: the interaction (owner, contact and account loaded), its card if any, its files."""

    line: Interaction
    card: Card | None
    files: tuple[StoredFile, ...]
    body: str


@dataclass(frozen=True)
class TimelinePage:
    """Lines, newest first; `next` is the cursor of the following page or ""; `counts` by group with "all"."""

    entries: list[Entry]
    next: str
    counts: dict[str, int]


def timeline(
    actor: Actor,
    *,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    group: str = "",
    text: str = "",
    before: str = "",
    limit: int = 30,
) -> TimelinePage:
    """What happened with an account, a contact or a record. A line is visible to whoever may see that record.

    Raises `NotFound` when the record itself is not visible. The number of queries does not grow with the number of lines.
    """
    _require_subject(actor, account_id, contact_id, object, record_id)
    if not may(actor, "interaction", "view"):
        return TimelinePage([], "", {"all": 0})
    base = Interaction.objects.filter(_about(actor, account_id, contact_id, object, record_id), deleted_at=None)
    rows = base.filter(_narrowed(group, text)).filter(_after_cursor(before))
    limit = max(1, min(limit, MAX_PAGE))
    lines = list(rows.select_related("owner", "contact", "account").order_by("-at", "-id")[: limit + 1])
    following = _cursor(lines[limit - 1]) if len(lines) > limit else ""
    lines = lines[:limit]
    cards, files = _cards(actor, lines), _files(actor, lines)
    _withhold(actor, lines)
    entries = [
        Entry(line, cards.get((line.object, line.record_id)), tuple(files.get(line.id, ())), line.body)
        for line in lines
    ]
    return TimelinePage(entries, following, {} if before else group_counts(base))


def _withhold(actor: Actor, lines: list[Interaction]) -> None:
    """What the role may not read of a line, or of the people it names, is emptied (in memory only)."""
    empty = {
        name: value
        for name, value in _WITHHELD.items()
        if not matchable(actor, "interaction", _FIELD_OF.get(name, name))
    }
    for line in lines:
        for name, value in empty.items():
            setattr(line, name, value)
        for record in (line.contact, line.account):
            if record is not None:
                record.name = shown_label(actor, record)


_WITHHELD: Mapping[str, Any] = {
    "subject": "",
    "message": "",
    "body": "",
    "outcome": "",
    "location": "",
    "duration_seconds": None,
    "participants": [],
}
_FIELD_OF = {"message": "subject"}


def group_counts(rows: Any) -> dict[str, int]:
    """Number of interactions by group, and "all"."""
    counted = Counter[str]()
    group_of = {str(channel): group for group, channels in GROUPS.items() for channel in channels}
    for channel, count in rows.order_by().values_list("channel").annotate(count=Count("id")):
        counted["all"] += count
        counted[group_of.get(channel, "")] += count
    return {"all": counted["all"]} | {group: counted[group] for group in GROUPS}


def _require_subject(
    actor: Actor, account_id: UUID | None, contact_id: UUID | None, object: str, record_id: UUID | None
) -> None:
    if account_id:
        get_record(actor, "account", account_id)
    elif contact_id:
        get_record(actor, "contact", contact_id)
    elif object and record_id:
        get_record(actor, object, record_id)
    else:
        raise ValueError("A timeline belongs to an account, a contact or a record.")


def _about(actor: Actor, account_id: UUID | None, contact_id: UUID | None, object: str, record_id: UUID | None) -> Q:
    """Lines of the customer, or of the record and its parts."""
    if account_id:
        return Q(account_id=account_id)
    if contact_id or record_id is None:
        return Q(contact_id=contact_id)
    found = Q(object=object, record_id=record_id)
    parts = TIMELINE_PARTS.get(object)
    for name, keys in (parts(actor, record_id) if parts else {}).items():
        if keys:
            found |= Q(object=name, record_id__in=keys)
    return found


def _narrowed(group: str, text: str) -> Q:
    condition = Q(channel__in=GROUPS[group]) if group in GROUPS else Q()
    if text.strip():
        condition &= Q(subject__icontains=text.strip()) | Q(body__icontains=text.strip())
    return condition


def _cursor(line: Interaction) -> str:
    return f"{line.at.isoformat()}~{line.id}"


def _after_cursor(cursor: str) -> Q:
    moment, _sign, key = cursor.partition("~")
    try:
        at, last = datetime.fromisoformat(moment), UUID(key)
    except ValueError:
        return Q()
    return Q(at__lte=at) & (Q(at__lt=at) | Q(id__lt=last)) if at.tzinfo else Q()


def _cards(actor: Actor, lines: list[Interaction]) -> dict[tuple[str, UUID | None], Card]:
    wanted: dict[str, set[UUID]] = {}
    for line in lines:
        if line.object and line.record_id:
            wanted.setdefault(line.object, set()).add(line.record_id)
    cards: dict[tuple[str, UUID | None], Card] = {}
    known = {item.name: item for item in registry.objects()}
    for name, ids in wanted.items():
        if name not in known or known[name].room in actor.rooms_off:
            continue
        cards.update({(name, key): card for key, card in _cards_of(actor, known[name], ids).items()})
    return cards


def _cards_of(actor: Actor, kind: registry.ObjectType, ids: set[UUID]) -> dict[UUID, Card]:
    title = kind.by_name[kind.title].column if matchable(actor, kind.name, kind.title) else "code"
    seen = {
        row[0]: row[1:] for row in visible_records(actor, kind.name).filter(id__in=ids).values_list("id", title, "code")
    }
    cards = {
        key: Card(f"/{kind.plural}/{key}/", str(name)[:120], code, kind.icon) for key, (name, code) in seen.items()
    }
    port = TIMELINE.get(kind.name)
    return cards | dict(port(actor, set(seen))) if port and seen else cards


def _files(actor: Actor, lines: list[Interaction]) -> dict[UUID, list[StoredFile]]:
    """Files of the lines themselves, and those of other records that went with them."""
    sent = {file_id: line.id for line in lines for file_id in line.file_ids}
    own = Q(object="interaction", record_id__in=[line.id for line in lines])
    found: dict[UUID, list[StoredFile]] = {}
    for file in StoredFile.objects.filter(own | Q(id__in=list(sent)), deleted_at=None).order_by("created_at", "id"):
        if tells_nothing_hidden(actor, file):
            found.setdefault(sent.get(file.id) or file.record_id, []).append(file)
    return found


def contact_moments(actor: Actor, account_id: UUID, *, since: datetime, limit: int = 500) -> list[tuple[str, datetime]]:
    """Channel and moment of the latest contacts with a customer, as far as the actor sees them; one query."""
    if not may(actor, "interaction", "view"):
        return []
    rows = visible_records(actor, "interaction").filter(account_id=account_id, at__gte=since)
    return list(rows.exclude(channel=Channel.SYSTEM).order_by("-at").values_list("channel", "at")[:limit])


def lines_known(ids: Collection[UUID]) -> set[UUID]:
    """Those of the keys that lines of timelines have already, whoever may see them."""
    return set(Interaction.objects.filter(id__in=ids).values_list("id", flat=True))
