"""What a merge would move, and where a merged record is found now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.identity.actor import Actor
from guanxi.records.merging.links import Link, links_to
from guanxi.records.merging.moves import count_links
from guanxi.records.merging.rules import MERGE_RULES
from guanxi.records.models import MergedRecord
from guanxi.records.queries import visible_records
from guanxi.records.registry import ObjectType, Text

_FARTHEST = 50
_LABELS: dict[str, Text] = {
    "core.StoredFile": _("Files"),
    "identity.Share": _("Shares"),
    "records.ExternalKey": _("Keys in other systems"),
}


@dataclass(frozen=True)
class Moving:
    """How many things of one kind each record brings along: counts in the order of the records."""

    label: str
    counts: tuple[int, ...]


def preview_merge(kind: ObjectType, ids: Sequence[UUID]) -> list[Moving]:
    """What points to each of the records, by kind of thing; what nothing points with is left out."""
    totals: dict[str, list[int]] = {}
    labels = _LABELS | {label: text for rule in MERGE_RULES for label, text in rule.labels.items()}
    for link in links_to(kind):
        label = _label(link, labels)
        if not label:
            continue
        counts = totals.setdefault(label, [0] * len(ids))
        for place, key in enumerate(ids):
            counts[place] += count_links(link, kind, [key])
    for rule in MERGE_RULES:
        for text, found in rule.count(kind, ids).items():
            counts = totals.setdefault(text, [0] * len(ids))
            totals[text] = [one + other for one, other in zip(counts, found, strict=True)]
    return [Moving(label, tuple(counts)) for label, counts in totals.items() if any(counts)]


def survivor_of(actor: Actor, object_name: str, record_id: UUID) -> UUID | None:
    """The record that a merged one has become a part of, over any number of merges, if the actor sees it."""
    survivor: UUID | None = None
    following: UUID | None = record_id
    for _step in range(_FARTHEST):
        rows = MergedRecord.objects.filter(object=object_name, record_id=following)
        following = rows.values_list("survivor_id", flat=True).first()
        if following is None:
            break
        survivor = following
    if survivor is None or not visible_records(actor, object_name).filter(id=survivor).exists():
        return None
    return survivor


def former_codes(record_id: UUID) -> list[str]:
    """Codes of the records that became a part of this one, directly or with another."""
    codes: list[str] = []
    into = [record_id]
    for _step in range(_FARTHEST):
        rows = list(MergedRecord.objects.filter(survivor_id__in=into).values_list("record_id", "code"))
        if not rows:
            break
        into = [key for key, _code in rows]
        codes += [code for _key, code in rows if code]
    return sorted(codes)


def _label(link: Link, labels: Any) -> str:
    """Described objects by their plural, plain tables as their room calls them; what nobody calls by a name is not counted."""
    if link.kind is not None:
        return str(link.kind.label_plural)
    return str(labels.get(link.model._meta.label, ""))
