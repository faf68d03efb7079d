"""What a merge would move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.records.merging.links import Link, links_to
from guanxi.records.merging.moves import count_links
from guanxi.records.merging.rules import MERGE_RULES
from guanxi.records.registry import ObjectType, Text

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


def _label(link: Link, labels: Any) -> str:
    """Described objects by their plural, plain tables as their room calls them; what nobody calls by a name is not counted."""
    if link.kind is not None:
        return str(link.kind.label_plural)
    return str(labels.get(link.model._meta.label, ""))
