"""Conditions that lead over a link count only what the actor sees there: by every door, in the database and in Python."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.queries import visible_records
from guanxi.records.tests.test_views import sign_in
from guanxi.records.views.filters import builder_fields

LEEDS = {"field": "account.city", "op": "is", "value": "Leeds"}
NOTHING_KNOWN = {"Foreign", "Without"}


@pytest.fixture
def deals(actor: Actor, rep_actor: Actor) -> dict[str, Any]:
    """Opportunities of the representative: with an account of theirs, with one that they do not see, with none."""
    near = create_record(rep_actor, "account", {"name": "Near", "city": "Leeds"})
    far = create_record(actor, "account", {"name": "Far", "city": "Leeds", "parent": near.id})
    made = {}
    for name, account in (("Own", near.id), ("Foreign", far.id), ("Without", None)):
        values = {"name": name, "account": account, "owner": rep_actor.member_id}
        made[name] = create_record(actor, "opportunity", values)
    return made


def names(actor: Actor, criteria: Any) -> set[str]:
    """Names of the opportunities found, after checking that the predicate finds the same."""
    rows = visible_records(actor, "opportunity")
    found = {row.name for row in compile_q(actor, "opportunity", criteria).apply(rows)}
    holds = compile_predicate(actor, "opportunity", criteria)
    assert found == {row.name for row in rows if holds(row)}
    return found


@pytest.mark.parametrize(
    ("criteria", "all_of_it", "seen"),
    [
        (LEEDS, {"Own", "Foreign"}, {"Own"}),
        (LEEDS | {"op": "is_not"}, {"Without"}, NOTHING_KNOWN),
        (LEEDS | {"op": "is_not", "value": "York"}, {"Own", *NOTHING_KNOWN}, {"Own", *NOTHING_KNOWN}),
        ({"not": LEEDS}, {"Without"}, NOTHING_KNOWN),
        ({"not": {"not": LEEDS}}, {"Own", "Foreign"}, {"Own"}),
        (LEEDS | {"op": "in", "value": ["Leeds", "York"]}, {"Own", "Foreign"}, {"Own"}),
        (LEEDS | {"op": "not_in", "value": ["Leeds"]}, {"Without"}, NOTHING_KNOWN),
        (LEEDS | {"op": "contains", "value": "eed"}, {"Own", "Foreign"}, {"Own"}),
        (LEEDS | {"op": "starts", "value": "le"}, {"Own", "Foreign"}, {"Own"}),
        (LEEDS | {"op": "empty"}, {"Without"}, NOTHING_KNOWN),
        (LEEDS | {"op": "not_empty"}, {"Own", "Foreign"}, {"Own"}),
        ({"field": "account.created_at", "op": "within", "value": "today"}, {"Own", "Foreign"}, {"Own"}),
        ({"field": "account.parent.city", "op": "is", "value": "Leeds"}, {"Foreign"}, set()),
        ({"any": [LEEDS, {"field": "name", "op": "is", "value": "Foreign"}]}, {"Own", "Foreign"}, {"Own", "Foreign"}),
    ],
)
def test_what_stands_behind_a_hidden_record_is_as_if_empty(
    actor: Actor, rep_actor: Actor, deals: dict[str, Any], criteria: Any, all_of_it: set[str], seen: set[str]
) -> None:
    assert names(actor, criteria) == all_of_it
    assert names(rep_actor, criteria) == seen


def test_every_door_obeys(actor: Actor, rep_actor: Actor, deals: dict[str, Any]) -> None:
    client = sign_in(rep_actor)
    found, query = deals["Foreign"], urlencode({"filter": json.dumps(LEEDS)})
    doors = ["", "?part=foot&", "board", "calendar", "print", "export?format=csv&", "export?format=jsonl&", "export?format=xlsx&"]  # fmt: skip
    for door in doors:
        address = f"/opportunities/{door}{'' if door.endswith('&') else '?'}{query}"
        answer = client.get(address)
        body = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200, address
        assert str(found.id).encode() not in body and b"Foreign" not in body, address
    counted = client.post("/opportunities/filter/count", {"filter": json.dumps(LEEDS)}).json()
    assert counted["text"] == "1 of 3 records match"
    page = list_records(rep_actor, ListQuery(object="opportunity", criteria=LEEDS))
    assert [row["name"] for row in page.rows] == ["Own"]


def test_a_mass_edit_of_the_whole_filter_leaves_the_others_alone(
    actor: Actor, rep_actor: Actor, deals: dict[str, Any]
) -> None:
    client = sign_in(rep_actor)
    query = urlencode({"filter": json.dumps(LEEDS)})
    answer = client.post("/opportunities/bulk/edit", {"all": "1", "query": query, "field": "next_step", "next_step": "Call"})  # fmt: skip
    assert answer.status_code == 302, answer.content
    values = dict(visible_records(actor, "opportunity").values_list("name", "next_step"))
    assert values == {"Own": "Call", "Foreign": "", "Without": ""}


def test_a_segment_over_a_link_holds_no_hidden_member(actor: Actor, rep_actor: Actor, deals: dict[str, Any]) -> None:
    criteria = {"field": "city", "op": "is", "value": "Leeds"}
    made = create_record(actor, "segment", {"name": "Leeds", "object": "account", "criteria": criteria, "owner": rep_actor.member_id})  # fmt: skip
    among = {"field": "account.$segment", "op": "in", "value": [str(made.id)]}
    assert names(actor, among) == {"Own", "Foreign"}
    assert names(rep_actor, among) == {"Own"}
    assert names(rep_actor, among | {"op": "not_in"}) == NOTHING_KNOWN


def test_objects_and_rooms_that_are_not_shown_cannot_be_asked_for(actor: Actor) -> None:
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}})
    kind = registry.get("opportunity")
    assert "account.city" in {one["name"] for one in builder_fields(limited, kind)}
    for blind in (
        replace(limited, grants={"*": {"*": "all"}, "account": {"*": "none"}}),
        replace(limited, rooms_off=frozenset({"customers"})),
        replace(limited, field_access={"account": {"city": "hidden"}}),
        replace(limited, field_access={"account": {"city": "masked"}}),
        replace(limited, field_access={"opportunity": {"account": "hidden"}}),
    ):
        with pytest.raises(Invalid) as refusal:
            list_records(blind, ListQuery(object="opportunity", criteria=LEEDS))
        assert refusal.value.errors == {"filter": ["There is no field “account.city” to filter by."]}
        assert "account.city" not in {one["name"] for one in builder_fields(blind, kind)}


def test_who_sees_all_pays_nothing_and_others_no_statement_more(
    actor: Actor, rep_actor: Actor, deals: dict[str, Any]
) -> None:
    for one in (actor, rep_actor):
        query = ListQuery(object="opportunity", criteria=LEEDS)
        list_records(one, query)
        with CaptureQueriesContext(connection) as queries:
            list_records(one, query)
        assert len(queries) == 1
    whole = compile_q(actor, "opportunity", LEEDS).q
    assert whole.children == [("account__city", "Leeds")]


def test_what_is_in_the_recycle_bin_is_not_seen(actor: Actor, rep_actor: Actor, deals: dict[str, Any]) -> None:
    key: UUID = deals["Own"].account_id
    delete_record(actor, "account", key)
    assert names(rep_actor, LEEDS) == set()
