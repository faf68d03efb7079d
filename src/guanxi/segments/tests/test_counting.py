"""Joiners and leavers: told once, of what changed, also through what a segment is combined of."""

from typing import Any

import pytest

from guanxi.core.models import OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.segments.models import SegmentMember, SegmentMove, SegmentSize, SegmentState
from guanxi.segments.services import add_members, count_all, count_segment, counting, follow_records, forget_records
from guanxi.segments.tests.factories import LEEDS, deliver, make_account, make_segment, told


def stored(segment: Any) -> set[Any]:
    return set(SegmentMember.objects.filter(segment=segment).values_list("record_id", flat=True))


def test_the_first_count_finds_members_but_no_joiners(actor: Actor) -> None:
    account = make_account(actor, "A")
    segment = make_segment(actor)
    assert stored(segment) == {account.id}
    assert told(actor, "SegmentJoined") == []
    assert SegmentMove.objects.count() == 0
    assert [row.payload["size"] for row in OutboxEvent.objects.filter(name="segments.SegmentFilled")] == [1]
    assert SegmentState.objects.get().size == 1


def test_a_change_lets_join_and_leave(actor: Actor) -> None:
    segment = make_segment(actor)
    account = make_account(actor, "A", "Ulm")
    deliver(actor)
    assert stored(segment) == set()
    update_record(actor, "account", account.id, {"city": "Leeds"})
    deliver(actor)
    assert (stored(segment), told(actor, "SegmentJoined")) == ({account.id}, [(account.id,)])
    update_record(actor, "account", account.id, {"name": "Still there"})
    deliver(actor)
    assert told(actor, "SegmentJoined") == [(account.id,)]
    update_record(actor, "account", account.id, {"city": "Ulm"})
    deliver(actor)
    assert (stored(segment), told(actor, "SegmentLeft")) == (set(), [(account.id,)])
    assert list(SegmentMove.objects.order_by("at", "joined").values_list("joined", flat=True).distinct()) in (
        [True, False],
        [False, True],
    )
    size = SegmentSize.objects.get()
    assert (size.size, size.joined, size.left) == (0, 1, 1)


def test_deleting_is_leaving_and_restoring_joining(actor: Actor) -> None:
    account = make_account(actor, "A")
    segment = make_segment(actor)
    deliver(actor)
    delete_record(actor, "account", account.id)
    deliver(actor)
    assert (stored(segment), told(actor, "SegmentLeft")) == (set(), [(account.id,)])
    restore_record(actor, "account", account.id)
    deliver(actor)
    assert (stored(segment), told(actor, "SegmentJoined")) == ({account.id}, [(account.id,)])


def test_moves_pass_on_to_combined_segments(actor: Actor) -> None:
    account = make_account(actor, "A")
    chosen = make_segment(actor, "Chosen", kept="hand")
    rest = make_segment(actor, "Rest", {"not": {"field": "$segment", "op": "in", "value": [str(chosen.id)]}})
    deliver(actor)
    assert stored(rest) == {account.id}
    add_members(actor, chosen.id, [account.id])
    deliver(actor)
    assert stored(rest) == set()
    assert told(actor, "SegmentLeft") == [(account.id,)]


def test_other_objects_that_criteria_read_are_counted_soon(actor: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    wished: list[Any] = []
    account = make_account(actor, "A")
    segment = make_segment(actor, "With a deal", {"related": "opportunity.account", "op": "any"})
    monkeypatch.setattr(counting, "count_soon", lambda key, delay=None: wished.append(key))
    create_record(actor, "opportunity", {"name": "Deal", "account": account.id})
    deliver(actor)
    assert wished == [segment.id]
    count_segment(segment.id)
    assert stored(segment) == {account.id}


def test_other_criteria_are_another_list_and_nobody_joins_by_that(actor: Actor) -> None:
    ulm = make_account(actor, "U", "Ulm")
    make_account(actor, "L")
    segment = make_segment(actor)
    update_record(actor, "segment", segment.id, {"criteria": {**LEEDS, "value": "Ulm"}})
    count_segment(segment.id)
    assert (stored(segment), told(actor, "SegmentJoined"), told(actor, "SegmentLeft")) == ({ulm.id}, [], [])


def test_an_import_counts_whole_segments_and_many_are_told_in_parts(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "AT_A_TIME", 2)
    segment = make_segment(actor)
    accounts = {make_account(actor, name).id for name in "ABC"}
    OutboxEvent.objects.all().delete()
    count_segment(segment.id)
    parts = told(actor, "SegmentJoined")
    assert sorted(len(part) for part in parts) == [1, 2]
    assert {key for part in parts for key in part} == accounts
    count_segment(segment.id)
    assert told(actor, "SegmentJoined") == parts


def test_what_cannot_be_counted_says_why_and_keeps_its_members(actor: Actor) -> None:
    used = make_segment(actor)
    account = make_account(actor, "A")
    segment = make_segment(actor, "Uses", {"field": "$segment", "op": "in", "value": [str(used.id)]})
    delete_record(actor, "segment", used.id)
    assert count_segment(segment.id) is None
    state = SegmentState.objects.get(segment=segment)
    assert "cannot" in state.error or "gone" in state.error
    assert stored(segment) == {account.id}
    restore_record(actor, "segment", used.id)
    assert count_segment(segment.id) == 1
    assert SegmentState.objects.get(segment=segment).error == ""


def test_each_day_has_a_size(actor: Actor) -> None:
    make_account(actor, "A")
    by_day = make_segment(
        actor, "Young", {"field": "created_at", "op": "within", "value": {"last": 30, "unit": "days"}}
    )
    make_segment(actor)
    SegmentSize.objects.all().delete()
    count_all(timed=True)
    assert list(SegmentSize.objects.values_list("segment_id", "size")) == [(by_day.id, 1)]
    count_all()
    assert SegmentSize.objects.count() == 2


def test_records_that_are_gone_for_good_are_forgotten(actor: Actor) -> None:
    account = make_account(actor, "A")
    segment = make_segment(actor, "Chosen", kept="hand")
    add_members(actor, segment.id, [account.id])
    forget_records("account", [account.id])
    assert (SegmentMember.objects.count(), SegmentMove.objects.count()) == (0, 0)


def test_following_records_of_no_segment_costs_one_query(actor: Actor, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        follow_records("account", [actor.tenant_id])
