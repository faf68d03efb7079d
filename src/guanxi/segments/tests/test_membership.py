"""Members by hand: mass actions with undo, codes, the API."""

from typing import Any

import pytest

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import update_record
from guanxi.records.lists import ListQuery
from guanxi.records.operations import MASS_ACTIONS, Selection, start_operation, start_undo
from guanxi.segments.models import Segment, SegmentMember, SegmentMove, SegmentSize, SegmentState
from guanxi.segments.services import add_by_code, add_members, copy_by_hand, remove_members
from guanxi.segments.tests.factories import LEEDS, make_account, make_segment, members, told


@pytest.fixture
def chosen(actor: Actor) -> Any:
    return make_segment(actor, "Chosen", kept="hand")


def test_adding_is_counted_noted_and_told_once(actor: Actor, chosen: Any) -> None:
    account = make_account(actor, "A")
    assert add_members(actor, chosen.id, [account.id, account.id]) == []
    assert add_members(actor, chosen.id, [account.id]) == []
    assert members(actor, chosen) == {"A"}
    assert told(actor, "SegmentJoined") == [(account.id,)]
    assert SegmentState.objects.get(segment=chosen).size == 1
    assert SegmentSize.objects.get(segment=chosen).joined == 1
    remove_members(actor, chosen.id, [account.id])
    assert (members(actor, chosen), told(actor, "SegmentLeft")) == (set(), [(account.id,)])


def test_a_frozen_list_stays_when_records_change(actor: Actor, chosen: Any) -> None:
    account = make_account(actor, "A")
    add_members(actor, chosen.id, [account.id])
    update_record(actor, "account", account.id, {"city": "Ulm"})
    assert members(actor, chosen) == {"A"}


def test_mass_adding_and_removing_are_undone(actor: Actor, chosen: Any) -> None:
    ids = [make_account(actor, name).id for name in "ABC"]
    add_members(actor, chosen.id, ids[:1])
    added = start_operation(actor, "account", "add_to_segment", {"segment": str(chosen.id)}, Selection(ids=ids))
    assert (added.done, added.refused, members(actor, chosen)) == (3, 0, {"A", "B", "C"})
    start_undo(actor, added.id)
    assert members(actor, chosen) == {"A"}
    query = ListQuery(object="account", criteria=LEEDS)
    removed = start_operation(
        actor, "account", "remove_from_segment", {"segment": str(chosen.id)}, Selection(query=query)
    )
    assert members(actor, chosen) == set()
    start_undo(actor, removed.id)
    assert members(actor, chosen) == {"A"}


def test_undo_leaves_who_was_added_anew_since(actor: Actor, chosen: Any) -> None:
    account = make_account(actor, "A")
    added = start_operation(
        actor, "account", "add_to_segment", {"segment": str(chosen.id)}, Selection(ids=[account.id])
    )
    remove_members(actor, chosen.id, [account.id])
    add_members(actor, chosen.id, [account.id])
    undo = start_undo(actor, added.id)
    assert (undo.refused, members(actor, chosen)) == (1, {"A"})


def test_a_new_segment_is_made_on_the_way(actor: Actor) -> None:
    account = make_account(actor, "A")
    start_operation(actor, "account", "add_to_segment", {"name": "Fair"}, Selection(ids=[account.id]))
    segment = Segment.objects.get()
    assert (segment.name, segment.kept, members(actor, segment)) == ("Fair", "hand", {"A"})


@pytest.mark.parametrize("action", ["add_to_segment", "remove_from_segment"])
def test_only_ones_own_segments_by_hand_of_the_object_take_members(
    actor: Actor, rep_actor: Actor, chosen: Any, action: str
) -> None:
    account = make_account(rep_actor, "A")
    by_criteria = make_segment(actor)
    contacts = make_segment(actor, "Contacts", kept="hand", object="contact")
    for who, segment, refusal in (
        (actor, by_criteria, Invalid),
        (actor, contacts, Invalid),
        (rep_actor, chosen, NotFound),
    ):
        with pytest.raises(refusal):
            start_operation(who, "account", action, {"segment": str(segment.id)}, Selection(ids=[account.id]))
    for params in ({}, {"segment": "x"}, {"segment": None}):
        with pytest.raises(Invalid):
            start_operation(actor, "account", action, params, Selection(ids=[account.id]))
    assert (SegmentMember.objects.filter(segment=chosen).count(), SegmentMove.objects.count()) == (0, 0)


def test_who_is_not_seen_is_refused_and_named(actor: Actor, rep_actor: Actor) -> None:
    own = make_segment(rep_actor, "Own", kept="hand")
    foreign, mine = make_account(actor, "Foreign"), make_account(rep_actor, "Mine")
    absent = new_id()
    left = add_members(rep_actor, own.id, [foreign.id, mine.id, absent])
    assert [key for key, _reason in left] == [foreign.id, absent]
    assert members(actor, own) == {"Mine"}


def test_codes_of_a_spreadsheet_become_members(actor: Actor, chosen: Any) -> None:
    accounts = [make_account(actor, name) for name in "AB"]
    assert add_by_code(actor, chosen.id, f"{accounts[0].code}\n{accounts[1].code},  XX-1；{accounts[0].code}") == (
        2,
        ["XX-1"],
    )
    assert members(actor, chosen) == {"A", "B"}
    for wrong in ("", "  \n", " ".join(f"C{n}" for n in range(5001))):
        with pytest.raises(Invalid):
            add_by_code(actor, chosen.id, wrong)


def test_a_filter_is_frozen_as_the_actor_sees_it(actor: Actor, rep_actor: Actor) -> None:
    make_account(actor, "Foreign")
    make_account(rep_actor, "Mine")
    frozen = copy_by_hand(rep_actor, {"name": "Frozen", "object": "account", "criteria": LEEDS})
    make_account(rep_actor, "Later")
    assert (frozen.kept, members(actor, frozen)) == ("hand", {"Mine"})
    with pytest.raises(Invalid):
        copy_by_hand(rep_actor, {"name": "", "object": "account", "criteria": LEEDS})
    assert Segment.objects.count() == 1


def test_asking_for_the_actions_of_a_list_costs_no_query(actor: Actor, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        inputs = [action.inputs(actor, registry.get("account")) for action in MASS_ACTIONS]
    assert [one is None for one in inputs].count(True) == 0
    assert MASS_ACTIONS.get("add_to_segment").inputs(actor, registry.get("segment")) is None  # type: ignore[union-attr]
