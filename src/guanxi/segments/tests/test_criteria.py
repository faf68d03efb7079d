"""Segments in filters: current, combined, within rights, never in a circle."""

from dataclasses import replace
from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.lists import ListQuery, filtered, list_records
from guanxi.records.queries import visible_records
from guanxi.records.views.filters import builder_fields
from guanxi.records.wording import sentence
from guanxi.segments.models import Segment
from guanxi.segments.services import add_members
from guanxi.segments.tests.factories import LEEDS, make_account, make_segment, members


def in_segments(*segments: Any, op: str = "in") -> dict[str, Any]:
    return {"field": "$segment", "op": op, "value": [str(one.id) for one in segments]}


def both_ways(actor: Actor, criteria: Any, name: str = "account") -> set[str]:
    """Names found by the database, after checking that the predicate finds the same."""
    rows = visible_records(actor, name)
    found = {row.name for row in compile_q(actor, name, criteria).apply(rows)}
    holds = compile_predicate(actor, name, criteria)
    assert found == {row.name for row in rows if holds(row)}
    return found


@pytest.fixture
def towns(actor: Actor) -> dict[str, Any]:
    """Accounts in two towns."""
    return {name: make_account(actor, name, city) for name, city in (("A", "Leeds"), ("B", "Leeds"), ("C", "Ulm"))}


def test_criteria_are_current_without_counting(actor: Actor, towns: dict[str, Any]) -> None:
    segment = make_segment(actor)
    assert both_ways(actor, in_segments(segment)) == {"A", "B"}
    update_record(actor, "account", towns["C"].id, {"city": "Leeds"})
    assert both_ways(actor, in_segments(segment)) == {"A", "B", "C"}
    assert both_ways(actor, in_segments(segment, op="not_in")) == set()


def test_segments_are_combined_by_and_or_not(actor: Actor, towns: dict[str, Any]) -> None:
    leeds = make_segment(actor)
    chosen = make_segment(actor, "Chosen", kept="hand")
    add_members(actor, chosen.id, [towns["B"].id, towns["C"].id])
    only = make_segment(actor, "Both", {"all": [in_segments(leeds), in_segments(chosen)]})
    assert both_ways(actor, in_segments(only)) == {"B"}
    assert both_ways(actor, in_segments(leeds, chosen)) == {"A", "B", "C"}
    rest = make_segment(actor, "Rest", {"not": in_segments(only)})
    assert both_ways(actor, in_segments(rest)) == {"A", "C"}
    assert both_ways(actor, {"all": [in_segments(rest), in_segments(chosen, op="not_in")]}) == {"A"}
    assert (only.uses, rest.uses) == (sorted([leeds.id, chosen.id]), [only.id])


def test_a_segment_without_criteria_is_everything(actor: Actor, towns: dict[str, Any]) -> None:
    segment = make_segment(actor, "All", {})
    assert both_ways(actor, in_segments(segment)) == {"A", "B", "C"}
    assert both_ways(actor, in_segments(segment, op="not_in")) == set()
    assert both_ways(actor, {"field": "$segment", "op": "in", "value": []}) == set()


def test_over_a_link_and_among_related_records(actor: Actor, towns: dict[str, Any]) -> None:
    leeds = make_segment(actor)
    chosen = make_segment(actor, "Chosen", kept="hand")
    add_members(actor, chosen.id, [towns["C"].id])
    for name in "AC":
        create_record(actor, "opportunity", {"name": f"Deal {name}", "account": towns[name].id})
    create_record(actor, "opportunity", {"name": "Nobody's"})
    for segment, deal in ((leeds, "Deal A"), (chosen, "Deal C")):
        criteria = {"field": "account.$segment", "op": "in", "value": str(segment.id)}
        assert both_ways(actor, criteria, "opportunity") == {deal}
    deals = make_segment(
        actor, "Deals of Leeds", {"field": "account.$segment", "op": "in", "value": str(leeds.id)}, object="opportunity"
    )
    assert deals.reads == ["account"]
    assert both_ways(actor, {"related": "opportunity.account", "where": in_segments(deals)}) == {"A"}


def test_a_circle_is_refused(actor: Actor) -> None:
    first = make_segment(actor)
    second = make_segment(actor, "Second", in_segments(first))
    third = make_segment(actor, "Third", in_segments(second))
    for criteria in (in_segments(third), in_segments(first), {"any": [LEEDS, {"not": in_segments(second)}]}):
        with pytest.raises(Invalid) as refusal:
            update_record(actor, "segment", first.id, {"criteria": criteria})
        assert list(refusal.value.errors) == ["criteria"]
    assert Segment.objects.get(id=first.id).criteria == LEEDS


def test_a_circle_made_past_the_check_ends_in_a_refusal(actor: Actor) -> None:
    first = make_segment(actor)
    second = make_segment(actor, "Second", in_segments(first))
    Segment.objects.filter(id=first.id).update(criteria=in_segments(second))
    with pytest.raises(Invalid):
        list_records(actor, ListQuery(object="account", criteria=in_segments(first)))


@pytest.mark.parametrize("value", ["$me", "$my_team", ["$my_teams"]])
def test_a_segment_is_the_same_for_everybody(actor: Actor, value: Any) -> None:
    field = "owner" if value == "$me" else "team"
    criteria = {"field": field, "op": "in", "value": value}
    with pytest.raises(Invalid) as refusal:
        make_segment(actor, criteria=criteria)
    assert list(refusal.value.errors) == ["criteria"]
    assert Segment.objects.count() == 0


@pytest.mark.parametrize(
    "values",
    [
        {"object": "nothing"}, {"object": "segment"}, {"criteria": {"field": "secret"}}, {"criteria": [1]}, {"criteria": "x"},
        {"kept": "hand", "criteria": LEEDS}, {"criteria": {"field": "$segment", "op": "in", "value": "x"}},
        {"criteria": {"field": "$segment", "op": "gt", "value": []}},
    ],
)  # fmt: skip
def test_what_is_no_segment_is_refused(actor: Actor, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        create_record(actor, "segment", {"name": "Wrong", "object": "account", **values})
    assert Segment.objects.count() == 0


def test_object_and_way_of_keeping_stay(actor: Actor) -> None:
    segment = make_segment(actor)
    for values in ({"object": "contact"}, {"kept": "hand"}):
        with pytest.raises(Invalid) as refusal:
            update_record(actor, "segment", segment.id, values)
        assert list(refusal.value.errors) == list(values)
    assert Segment.objects.get(id=segment.id).version == 1


def test_only_what_the_actor_sees_is_found(actor: Actor, rep_actor: Actor) -> None:
    segment = make_segment(actor)
    make_account(actor, "Foreign")
    make_account(rep_actor, "Own")
    assert members(actor, segment) == {"Foreign", "Own"}
    assert members(rep_actor, segment) == {"Own"}
    assert both_ways(rep_actor, in_segments(segment)) == {"Own"}


@pytest.mark.parametrize("access", ["hidden", "masked"])
def test_criteria_on_a_hidden_field_tell_nothing(actor: Actor, access: str) -> None:
    segment = make_segment(actor)
    combined = make_segment(actor, "Combined", {"not": in_segments(segment)})
    make_account(actor, "A")
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"account": {"city": access}})
    for one in (segment, combined):
        with pytest.raises(Invalid) as refusal:
            list_records(limited, ListQuery(object="account", criteria=in_segments(one)))
        assert "city" not in str(refusal.value.errors).casefold()


def test_unknown_deleted_and_invisible_segments_are_none(actor: Actor, rep_actor: Actor) -> None:
    segment = make_segment(actor)
    other = make_segment(actor, "Of contacts", {}, object="contact")
    blind = replace(rep_actor, grants={**rep_actor.grants, "segment": {"view": "own"}})
    off = replace(actor, rooms_off=frozenset({"segments"}))
    for who, one in ((blind, segment), (off, segment), (actor, other)):
        with pytest.raises(Invalid):
            compile_q(who, "account", in_segments(one))
    delete_record(actor, "segment", segment.id)
    with pytest.raises(Invalid):
        compile_q(actor, "account", in_segments(segment))


def test_what_a_segment_names_need_not_be_visible(actor: Actor, rep_actor: Actor) -> None:
    hidden = make_segment(actor)
    shown = create_record(rep_actor, "segment", {"name": "Shown", "object": "account", "criteria": LEEDS})
    update_record(actor, "segment", shown.id, {"criteria": in_segments(hidden)})
    make_account(rep_actor, "Own")
    blind = replace(rep_actor, grants={**rep_actor.grants, "segment": {"view": "own"}})
    assert both_ways(blind, in_segments(shown)) == {"Own"}


def test_the_builder_offers_segments_and_words_name_them(actor: Actor) -> None:
    kind = registry.get("account")
    assert "$segment" not in {one["name"] for one in builder_fields(actor, kind)}
    segment = make_segment(actor)
    offered = {one["name"]: one for one in builder_fields(actor, kind)}
    assert offered["$segment"]["choices"] == [[str(segment.id), "Leeds"]]
    assert offered["parent.$segment"]["choices"] == [[str(segment.id), "Leeds"]]
    assert sentence(actor, kind, in_segments(segment)) == "Accounts where Segment is any of Leeds."


def test_filtering_by_a_segment_costs_one_query_more(actor: Actor, django_assert_num_queries: Any) -> None:
    segment = make_segment(actor)
    query = ListQuery(object="account", criteria=in_segments(segment), fields=("name",))
    with django_assert_num_queries(2):
        list_records(actor, query)
    with django_assert_num_queries(1):
        list_records(actor, replace(query, criteria=LEEDS))
    assert filtered(actor, query).count() == 0
