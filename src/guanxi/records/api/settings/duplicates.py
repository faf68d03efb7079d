"""The review of duplicates over the API: let all records be compared, read the likely pairs, decide on each."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.api.calls import Call, answer, number, query
from guanxi.records.api.settings.resources import Resource, Row, Values
from guanxi.records.api.settings.shapes import LINK, MOMENT, TEXT, WHOLE, key_in, link, moment, one_of, or_null, words
from guanxi.records.lists import MAX_LIMIT
from guanxi.records.models import DuplicateSearch
from guanxi.records.queries import shown_label
from guanxi.records.registry import ObjectType
from guanxi.records.review import (
    STATES,
    Doubt,
    decide,
    decided_counts,
    find_pair,
    last_search,
    list_pairs,
    set_least,
    start_search,
)
from guanxi.records.review.deciding import LEAST
from guanxi.records.review.searching import reviewed

_SHARE = {"type": "number", "minimum": LEAST, "maximum": 1}
_COUNTS = {"type": "object", "additionalProperties": WHOLE}


def _kind(actor: Actor, plural: str) -> ObjectType:
    kind = registry.by_plural(plural)
    try:
        return reviewed(actor, kind.name if kind else "")
    except NotFound as refusal:
        raise Invalid({"collection": [refusal.message]}) from refusal


def _search_row(actor: Actor, row: DuplicateSearch) -> Row:
    names = ("state", "records", "pairs", "taught", "least")
    return {
        "id": str(row.id),
        "collection": registry.get(row.object).plural,
        **{name: getattr(row, name) for name in names},
        "counts": decided_counts(actor, row.object),
        "created_at": moment(row.created_at),
        "finished_at": moment(row.finished_at),
    }


def _searches(actor: Actor, wanted: Any) -> list[Row]:
    asked = wanted.get("collection")
    kinds = [_kind(actor, asked)] if asked else [one for one in registry.objects() if _may_review(actor, one)]
    found = [last_search(kind.name) for kind in kinds]
    return [_search_row(actor, row) for row in found if row is not None]


def _may_review(actor: Actor, kind: ObjectType) -> bool:
    permitted = all(may(actor, kind.name, action) for action in ("edit", "delete"))
    return bool(kind.compared) and kind.mergeable and kind.room not in actor.rooms_off and permitted


def _search(actor: Actor, key: UUID) -> DuplicateSearch:
    row: DuplicateSearch | None = DuplicateSearch.objects.filter(id=key).first()
    if row is None:
        raise NotFound(_("It does not exist."))
    reviewed(actor, row.object)
    return row


def _change_search(actor: Actor, key: UUID, values: Values, _version: int | None) -> None:
    row = _search(actor, key)
    latest = last_search(row.object)
    if latest is None or latest.id != row.id:
        raise Invalid({"least": [_("Only the newest search is shown.")]})
    if "least" in values:
        set_least(actor, row.object, float(values["least"]))


SEARCHES = Resource(
    name="duplicate-searches",
    schema="DuplicateSearch",
    label=gettext_lazy("Searches for duplicates"),
    rows=_searches,
    get=lambda actor, key: _search_row(actor, _search(actor, key)),
    read={
        "collection": TEXT, "state": one_of("waiting", "running", "done", "failed"), "records": WHOLE, "pairs": WHOLE,
        "taught": WHOLE, "least": _SHARE, "counts": _COUNTS, "created_at": MOMENT, "finished_at": or_null(MOMENT),
    },
    write={"collection": words(60), "least": _SHARE},
    creating=("collection",),
    required=("collection",),
    create=lambda actor, values: (_begin(actor, values), {}),
    update=_change_search,
    filters={"collection": gettext_lazy("Only those of this collection, such as accounts")},
)  # fmt: skip


def _begin(actor: Actor, values: Values) -> UUID:
    kind = _kind(actor, values["collection"])
    search = start_search(actor, kind.name)
    if "least" in values:
        set_least(actor, kind.name, float(values["least"]))
    return search.id


def _pair_row(actor: Actor, one: Doubt, kind: ObjectType) -> Row:
    return {
        "id": str(one.id),
        "collection": kind.plural,
        "score": one.score,
        "state": one.state,
        "left": link(one.left.id, shown_label(actor, one.left)),
        "right": link(one.right.id, shown_label(actor, one.right)),
    }


def _pairs_call(call: Call) -> HttpResponse:
    """GET /duplicates?collection=: likeliest first; from the share on that was chosen unless `least` is given."""
    values = query(call.request, ("collection", "state", "least", "cursor", "limit"))
    if not values.get("collection"):
        raise Invalid({"collection": [_("This is required.")]})
    kind = _kind(call.actor, values["collection"])
    state = values.get("state", "open")
    if state not in ("open", *STATES):
        raise Invalid({"state": [_("Choose one of the list.")]})
    found, following = list_pairs(
        call.actor,
        kind.name,
        least=_least(kind, values.get("least"), state),
        state=state,
        after=key_in(values, "cursor") if values.get("cursor") else None,
        limit=number(values, "limit", 50, MAX_LIMIT),
    )
    rows = [_pair_row(call.actor, one, kind) for one in found]
    return answer({"data": rows, "next": str(following) if following else None})


def _least(kind: ObjectType, text: str | None, state: str) -> float:
    if text is None:
        search = last_search(kind.name)
        return search.least if search and state == "open" else LEAST
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise Invalid({"least": [_("Give a share from 0 to 1.")]})
    return share


def _pair(actor: Actor, key: UUID) -> Row:
    one, object_name = find_pair(actor, key)
    return _pair_row(actor, one, registry.get(object_name))


PAIRS = Resource(
    name="duplicates",
    schema="DuplicatePair",
    label=gettext_lazy("Records that are likely the same"),
    list_call=_pairs_call,
    get=_pair,
    read={
        "collection": TEXT,
        "score": {"type": "number"},
        "state": one_of("open", *STATES),
        "left": LINK,
        "right": LINK,
    },
    write={"state": one_of("open", *STATES)},
    update=lambda actor, key, values, _version: decide(actor, key, values.get("state", "")),
    filters={
        "collection": gettext_lazy("The collection, such as accounts; needed"),
        "state": gettext_lazy("open, same, different or later; open without it"),
        "least": gettext_lazy("From which share on, from 0 to 1; without it from the one that was chosen"),
    },
)
