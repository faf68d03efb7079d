"""Pairs to decide on, and the decisions."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records.models import DuplicatePair, DuplicateSearch
from guanxi.records.queries import visible_records
from guanxi.records.review.searching import last_search, reviewed
from guanxi.science.linkage.review import histogram

STATES = ("same", "different", "later")
PAGE = 25
BINS = 10
LEAST = 0.5


@dataclass(frozen=True)
class Doubt:
    """A pair with its two records."""

    id: UUID
    score: float
    state: str
    left: Any
    right: Any


def list_pairs(
    actor: Actor, object_name: str, *, least: float = LEAST, state: str = "open", after: UUID | None = None, limit: int = PAGE
) -> tuple[list[Doubt], UUID | None]:  # fmt: skip
    """Pairs in this state from a score on, likeliest first, of which the actor sees both records; and the key of the next page."""
    reviewed(actor, object_name)
    rows = _seen(actor, object_name).filter(state=state, score__gte=least).order_by("-score", "id")
    last = DuplicatePair.objects.filter(id=after, object=object_name).first() if after else None
    if last is not None:
        rows = rows.filter(Q(score__lt=last.score) | Q(score=last.score, id__gt=last.id))
    found = list(rows[: limit + 1])
    keys = {key for row in found for key in (row.left_id, row.right_id)}
    records = {row.id: row for row in visible_records(actor, object_name).filter(id__in=keys)}
    doubts = [
        Doubt(row.id, row.score, row.state, records[row.left_id], records[row.right_id])
        for row in found[:limit]
        if row.left_id in records and row.right_id in records
    ]
    return doubts, found[limit - 1].id if len(found) > limit else None


def find_pair(actor: Actor, pair_id: UUID) -> tuple[Doubt, str]:
    """One pair of which the actor sees both records, and what its records are. Raises `NotFound`, `NotAllowed`."""
    pair: DuplicatePair | None = DuplicatePair.objects.filter(id=pair_id).first()
    records = {}
    if pair is not None:
        reviewed(actor, pair.object)
        found = visible_records(actor, pair.object).filter(id__in=(pair.left_id, pair.right_id))
        records = {row.id: row for row in found}
    if pair is None or len(records) < 2:
        raise NotFound(_("There is no such pair."))
    return Doubt(pair.id, pair.score, pair.state, records[pair.left_id], records[pair.right_id]), pair.object


def decide(actor: Actor, pair_id: UUID, state: str) -> DuplicatePair:
    """Write a decision down; "open" takes it back. Raises `Invalid`, `NotFound`, `NotAllowed`."""
    if state not in (*STATES, "open"):
        raise Invalid({"state": [_("“%(value)s” is not one of the choices.") % {"value": state[:60]}]})
    with tenant_tx(actor.tenant_id):
        pair: DuplicatePair | None = DuplicatePair.objects.select_for_update().filter(id=pair_id).first()
        if pair is None or not _seen(actor, pair.object).filter(id=pair_id).exists():
            raise NotFound(_("There is no such pair."))
        reviewed(actor, pair.object)
        pair.state = state
        pair.decided_by_id, pair.decided_at = (None, None) if state == "open" else (actor.member_id, timezone.now())
        pair.save(update_fields=["state", "decided_by_id", "decided_at"])
        return pair


def set_least(actor: Actor, object_name: str, least: float) -> None:
    """From which score on pairs are shown. Raises `Invalid`."""
    with tenant_tx(actor.tenant_id):
        reviewed(actor, object_name)
        if not LEAST <= least <= 1:
            raise Invalid({"least": [_("Give a share from 50 to 100 percent.")]})
        search = last_search(object_name)
        if search is not None:
            DuplicateSearch.objects.filter(id=search.id).update(least=least)


def score_counts(actor: Actor, object_name: str, *, bins: int = BINS) -> dict[str, list[int]]:
    """For the chart: how many pairs of each state lie in each part from even odds to certainty."""
    rows = _seen(actor, object_name).values_list("state", "score")
    by_state: dict[str, list[float]] = {}
    for state, score in rows.iterator(chunk_size=10_000):
        by_state.setdefault(state, []).append(score)
    return {state: histogram(by_state.get(state, []), bins) for state in ("open", *STATES)}


def decided_counts(actor: Actor, object_name: str) -> dict[str, int]:
    """How many pairs are in each state."""
    rows = _seen(actor, object_name).values("state").annotate(count=Count("id"))
    return {row["state"]: row["count"] for row in rows}


def _seen(actor: Actor, object_name: str) -> "QuerySet[DuplicatePair, DuplicatePair]":
    """Pairs of which the actor sees both records, neither in the recycle bin."""
    seen = visible_records(actor, object_name).values("id")
    rows: QuerySet[DuplicatePair, DuplicatePair] = DuplicatePair.objects.filter(object=object_name)
    return rows.filter(left_id__in=seen, right_id__in=seen)
