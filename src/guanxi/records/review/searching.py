"""Finding pairs of records that are likely the same: a job per object."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, NotFound
from guanxi.core.jobs import enqueue, job
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.models import DuplicatePair, DuplicateSearch
from guanxi.records.registry import ObjectType
from guanxi.science.linkage import Table, table_from
from guanxi.science.linkage.review import Pair, likely_pairs

CHUNK = 5_000
LOST_AFTER = timedelta(hours=2)
_KEEP = """
INSERT INTO records_duplicatepair (id, tenant_id, object, left_id, right_id, score, state)
SELECT gen_random_uuid(), %s, %s, s.left_id, s.right_id, s.score, 'open' FROM unnest(%s::uuid[], %s::uuid[], %s::float8[])
    AS s(left_id, right_id, score)
ON CONFLICT (tenant_id, object, left_id, right_id) DO UPDATE SET score = EXCLUDED.score
"""


def start_search(actor: Actor, object_name: str) -> DuplicateSearch:
    """Let the worker compare all records of an object. Raises `NotAllowed`, `NotFound`, `Conflict` while one is under way."""
    with tenant_tx(actor.tenant_id):
        kind = reviewed(actor, object_name)
        if under_way(last_search(kind.name)):
            raise Conflict(_("A search is under way already."))
        before = last_search(kind.name)
        search: DuplicateSearch = DuplicateSearch.objects.create(
            object=kind.name, member_id=actor.member_id, **({"least": before.least} if before else {})
        )
        enqueue(find_pairs, actor.tenant_id, search_id=search.id, once_key=f"duplicates-{search.id}")
        return search


def reviewed(actor: Actor, object_name: str) -> ObjectType:
    """The object, if its records can be compared and this actor may merge them."""
    kind = next((one for one in registry.objects() if one.name == object_name), None)
    if kind is None or not kind.compared or not kind.mergeable or kind.room in actor.rooms_off:
        raise NotFound(_("Records of this kind are not searched for duplicates."))
    require(actor, kind.name, "edit")
    require(actor, kind.name, "delete")
    return kind


def last_search(object_name: str) -> DuplicateSearch | None:
    """The newest search of an object."""
    found: DuplicateSearch | None = DuplicateSearch.objects.filter(object=object_name).order_by("-created_at").first()
    return found


def under_way(search: DuplicateSearch | None) -> bool:
    """Whether a search may yet come to its end; one that was lost is over after two hours."""
    if search is None or search.state not in ("waiting", "running"):
        return False
    return search.created_at > timezone.now() - LOST_AFTER


@job(name="records.find_pairs", in_transaction=False)
def find_pairs(tenant_id: UUID, search_id: UUID) -> None:
    """Compare, and keep what is likely."""
    try:
        run_search(tenant_id, search_id)
    except Exception:
        with tenant_tx(tenant_id):
            DuplicateSearch.objects.filter(id=search_id).update(state="failed")
        raise


def run_search(tenant_id: UUID, search_id: UUID) -> DuplicateSearch:
    """Carry a search out; a repetition after a crash begins anew and ends with the same pairs."""
    with tenant_tx(tenant_id):
        search: DuplicateSearch = DuplicateSearch.objects.get(id=search_id)
        if search.state == "done":
            return search
        DuplicateSearch.objects.filter(id=search_id).update(state="running")
        kind = registry.get(search.object)
        table = compared_table(kind)
        decided = _decided(kind.name)
    # Outside a transaction: comparing a million records takes minutes.
    pairs = likely_pairs(table, decided)
    with tenant_tx(tenant_id):
        _keep(tenant_id, kind.name, pairs)
        search.state, search.records, search.pairs = "done", len(table), len(pairs)
        search.taught, search.finished_at = len(decided), timezone.now()
        search.save()
        return search


def compared_table(kind: ObjectType) -> Table:
    """All records of an object that are not in the recycle bin, as the linkage compares them."""
    names = [name for name, _role in kind.compared]
    return table_from(_rows(kind.model, names), [role for _name, role in kind.compared])


def _rows(model: Any, names: Sequence[str]) -> Iterator[list[str]]:
    records = model.objects.filter(deleted_at=None).order_by("id").values_list("id", *names)
    for values in records.iterator(chunk_size=CHUNK):
        yield ["" if value is None else str(value) for value in values]


def _decided(object_name: str) -> dict[tuple[str, str], bool]:
    rows = DuplicatePair.objects.filter(object=object_name, state__in=("same", "different"))
    return {
        (str(left), str(right)): state == "same" for left, right, state in rows.values_list("left_id", "right_id", "state")
    }  # fmt: skip


def _keep(tenant_id: UUID, object_name: str, pairs: Sequence[Pair]) -> None:
    """Store the pairs; decisions stay, open pairs that are likely no more go."""
    ordered = [(*sorted((UUID(pair.left), UUID(pair.right))), pair.score) for pair in pairs]
    lefts, rights, scores = ([row[place] for row in ordered] for place in range(3))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM records_duplicatepair WHERE object = %s AND state = 'open' AND NOT EXISTS ("
            "SELECT FROM unnest(%s::uuid[], %s::uuid[]) AS s(a, b) WHERE s.a = left_id AND s.b = right_id)",
            [object_name, lefts, rights],
        )
        cursor.execute(_KEEP, [tenant_id, object_name, lefts, rights, scores])
