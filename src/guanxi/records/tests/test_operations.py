"""Changes to many records: what is done, who is refused, what a dead worker left, and how it is taken back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.ids import new_id
from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, create_record, delete_record, update_record
from guanxi.records.history import read_history
from guanxi.records.lists import ListQuery
from guanxi.records.models import Operation, OperationItem
from guanxi.records.operations import (
    Selection,
    cancel_operation,
    get_operation,
    list_operations,
    log_operation,
    refusals_of,
    run_to_end,
    running,
    start_operation,
    start_undo,
    undo_batch,
    undoing,
)
from guanxi.records.operations.reading import forget_old_refusals
from guanxi.records.queries import get_record, visible_records


def accounts(actor: Actor, count: int, **values: Any) -> list[Any]:
    return change_records(actor, "account", [Create({"name": f"Firm {n:03}", **values}) for n in range(count)])


def ids(records: list[Any]) -> tuple[UUID, ...]:
    return tuple(record.id for record in records)


def names(actor: Actor, **filters: Any) -> list[str]:
    return list(visible_records(actor, "account").filter(**filters).order_by("name").values_list("name", flat=True))


def reasons(actor: Actor, operation: Operation) -> dict[UUID, str]:
    return {found.record_id: found.reason for found in refusals_of(actor, operation)[0]}


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two records a part, and the worker for more than two."""
    monkeypatch.setattr(running, "AT_ONCE", 2)
    monkeypatch.setattr(running.run_part, "__defaults__", (2,))
    monkeypatch.setattr(undoing, "AT_ONCE", 2)
    monkeypatch.setattr(undoing, "PART", 2)


def test_an_edit_of_chosen_records_is_done_at_once_and_named_in_their_history(actor: Actor) -> None:
    made = accounts(actor, 3)
    operation = start_operation(actor, "account", "edit", {"values": {"city": "Bonn"}}, Selection(ids(made)[:2]))
    assert (operation.state, operation.total, operation.done, operation.refused) == ("done", 2, 2, 0)
    assert names(actor, city="Bonn") == ["Firm 000", "Firm 001"]
    assert set(Change.objects.filter(batch_id=operation.id).values_list("record_id", flat=True)) == set(ids(made)[:2])
    assert OperationItem.objects.count() == 0


def test_tags_are_added_and_removed_beside_the_others(actor: Actor) -> None:
    made = accounts(actor, 2, tags=["kept", "old"])
    start_operation(actor, "account", "tag", {"add": ["new"], "remove": ["old"]}, Selection(ids(made)))
    assert [get_record(actor, "account", one.id).tags for one in made] == [["kept", "new"], ["kept", "new"]]


def test_refused_records_are_listed_with_the_reason_and_the_others_go_on(actor: Actor, rep_actor: Actor) -> None:
    own, foreign = accounts(rep_actor, 1)[0], accounts(actor, 1)[0]
    hidden = new_id()
    operation = start_operation(
        rep_actor, "account", "edit", {"values": {"employees": 9}}, Selection((own.id, foreign.id, hidden))
    )
    assert (operation.done, operation.refused) == (1, 2)
    assert set(reasons(rep_actor, operation)) == {foreign.id, hidden}
    assert get_record(actor, "account", own.id).employees == 9
    assert get_record(actor, "account", foreign.id).version == 1


def test_wrong_parameters_are_refused_before_anything_is_done(actor: Actor) -> None:
    made = Selection(ids(accounts(actor, 1)))
    for action, params in (
        ("edit", {"values": {"employees": "many"}}),
        ("edit", {"values": {"nothing": 1}}),
        ("edit", {}),
        ("tag", {}),
        ("assign", {"owner": str(new_id())}),
        ("assign", {}),
    ):
        with pytest.raises(Invalid):
            start_operation(actor, "account", action, params, made)
    with pytest.raises(NotFound):
        start_operation(actor, "account", "burn", {}, made)
    with pytest.raises(Invalid):
        start_operation(actor, "account", "delete", {}, Selection())
    assert Operation.objects.count() == 0
    assert get_record(actor, "account", made.ids[0]).version == 1


def test_a_role_without_the_right_cannot_begin(rep_actor: Actor) -> None:
    made = accounts(rep_actor, 1)
    reader = replace(rep_actor, token_scopes=("account:read",))
    with pytest.raises(NotAllowed):
        start_operation(reader, "account", "delete", {}, Selection(ids(made)))
    assert names(rep_actor) == ["Firm 000"]


def test_a_whole_filter_is_left_to_the_worker_and_means_the_records_of_that_moment(actor: Actor, small: None) -> None:
    accounts(actor, 5, city="Bonn")
    query = ListQuery(object="account", criteria={"field": "city", "op": "is", "value": "Bonn"})
    operation = start_operation(actor, "account", "edit", {"values": {"city": "Ulm"}}, Selection(query=query))
    assert (operation.state, operation.done, names(actor, city="Ulm")) == ("waiting", 0, [])
    assert running._next_part(actor.tenant_id, operation.id) is False
    accounts(actor, 1, city="Bonn")
    done = run_to_end(actor.tenant_id, operation.id)
    assert (done.state, done.total, done.done) == ("done", 5, 5)
    assert len(names(actor, city="Ulm")) == 5
    assert len(names(actor, city="Bonn")) == 1


def test_a_worker_that_dies_in_a_part_leaves_nothing_of_it_and_the_next_goes_on(
    actor: Actor, small: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = accounts(actor, 5)
    operation = start_operation(actor, "account", "edit", {"values": {"city": "Ulm"}}, Selection(ids(made)))
    running._next_part(actor.tenant_id, operation.id)

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Operation, "save", killed)
        running._next_part(actor.tenant_id, operation.id)
    assert (get_operation(actor, operation.id).done, len(names(actor, city="Ulm"))) == (2, 2)
    run_to_end(actor.tenant_id, operation.id)
    run_to_end(actor.tenant_id, operation.id)
    assert Change.objects.filter(batch_id=operation.id).count() == 5
    assert {record.version for record in visible_records(actor, "account")} == {2}


def test_a_cancelled_operation_stops_and_what_was_done_can_be_taken_back(actor: Actor, small: None) -> None:
    made = accounts(actor, 5, city="Bonn")
    operation = start_operation(actor, "account", "edit", {"values": {"city": "Ulm"}}, Selection(ids(made)))
    running._next_part(actor.tenant_id, operation.id)
    cancel_operation(actor, operation.id)
    stopped = run_to_end(actor.tenant_id, operation.id)
    assert (stopped.state, stopped.done) == ("cancelled", 2)
    with pytest.raises(Conflict):
        cancel_operation(actor, operation.id)
    start_undo(actor, operation.id)
    assert len(names(actor, city="Bonn")) == 5


def test_undo_puts_values_back_except_what_people_changed_since(actor: Actor) -> None:
    made = accounts(actor, 3, city="Bonn", employees=5)
    operation = start_operation(
        actor, "account", "edit", {"values": {"city": "Ulm", "employees": 7}}, Selection(ids(made))
    )
    update_record(actor, "account", made[1].id, {"city": "Jena"})
    update_record(actor, "account", made[2].id, {"city": "Jena", "employees": 8})
    undo = start_undo(actor, operation.id)
    assert (undo.state, undo.done, undo.refused) == ("done", 2, 1)
    now = [get_record(actor, "account", one.id) for one in made]
    assert [(one.city, one.employees) for one in now] == [("Bonn", 5), ("Jena", 5), ("Jena", 8)]
    assert reasons(actor, undo) == {
        made[1].id: "Changed since: City.",
        made[2].id: "Changed since: City, Employees.",
    }
    assert read_history(actor, "account", made[0].id)[0].changes == (("city", "Ulm", "Bonn"), ("employees", 7, 5))
    with pytest.raises(Conflict):
        start_undo(actor, operation.id)


def test_an_undo_can_be_undone(actor: Actor) -> None:
    made = accounts(actor, 2, city="Bonn")
    operation = start_operation(actor, "account", "edit", {"values": {"city": "Ulm"}}, Selection(ids(made)))
    undo = start_undo(actor, operation.id)
    start_undo(actor, undo.id)
    assert len(names(actor, city="Ulm")) == 2


def test_deleted_records_come_back_and_restored_ones_go_again(actor: Actor) -> None:
    made = accounts(actor, 3)
    deleting = start_operation(actor, "account", "delete", {}, Selection(ids(made)))
    assert names(actor) == []
    restoring = start_operation(actor, "account", "restore", {}, Selection(ids(made)[:1]))
    assert names(actor) == ["Firm 000"]
    start_undo(actor, restoring.id)
    assert names(actor) == []
    start_undo(actor, deleting.id)
    assert names(actor) == ["Firm 000", "Firm 001", "Firm 002"]


def test_an_import_is_taken_back_with_what_it_made_and_what_it_updated(actor: Actor, small: None) -> None:
    old = accounts(actor, 1, city="Bonn")[0]
    batch = new_id()
    importing = actor.within(batch).through("import")
    made = accounts(importing, 5)
    update_record(importing, "account", old.id, {"city": "Ulm", "phone": "+49 228 123"})
    log_operation(actor, action="import", object_name="account", batch_id=batch, done=6, params={"file": "a.csv"})
    update_record(actor, "account", made[0].id, {"city": "Touched"})
    delete_record(actor, "account", made[1].id)
    undo = undo_batch(actor, batch)
    assert (undo.state, undo.total) == ("waiting", 6)
    undo = run_to_end(actor.tenant_id, undo.id)
    assert (undo.state, undo.done, undo.refused) == ("done", 5, 1)
    assert reasons(actor, undo) == {made[0].id: "Changed since."}
    back = get_record(actor, "account", old.id)
    assert (back.city, back.phone, back.phone_e164) == ("Bonn", "", "")
    assert set(visible_records(actor, "account").values_list("id", flat=True)) == {made[0].id, old.id}


def test_an_undo_that_was_stopped_can_be_begun_again(actor: Actor, small: None) -> None:
    batch = new_id()
    accounts(actor.within(batch), 5)
    log_operation(actor, action="import", object_name="account", batch_id=batch, done=5)
    first = undo_batch(actor, batch)
    running._next_part(actor.tenant_id, first.id)
    cancel_operation(actor, first.id)
    run_to_end(actor.tenant_id, first.id)
    assert visible_records(actor, "account").count() == 3
    second = run_to_end(actor.tenant_id, undo_batch(actor, batch).id)
    assert (second.state, second.done, second.refused) == ("done", 5, 0)
    assert visible_records(actor, "account").count() == 0


def test_undo_ends_after_thirty_days_and_so_does_the_list_of_refusals(actor: Actor) -> None:
    operation = start_operation(actor, "account", "delete", {}, Selection((accounts(actor, 1)[0].id, new_id())))
    forget_old_refusals()
    assert len(reasons(actor, operation)) == 1
    Operation.objects.filter(id=operation.id).update(created_at=timezone.now() - timedelta(days=30, minutes=1))
    with pytest.raises(Conflict):
        start_undo(actor, operation.id)
    forget_old_refusals()
    assert reasons(actor, operation) == {}
    assert get_operation(actor, operation.id).refused == 1


def test_operations_are_their_owners_and_the_administrators(
    actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    mine = start_operation(rep_actor, "account", "delete", {}, Selection(ids(accounts(rep_actor, 1))))
    assert [one.id for one in list_operations(actor)] == [mine.id]
    assert [one.id for one in list_operations(rep_actor)] == [mine.id]
    assert list_operations(outsider_actor) == []
    for act in (get_operation, start_undo, cancel_operation):
        with pytest.raises(NotFound):
            act(outsider_actor, mine.id)
    assert list_operations(replace(actor, rooms_off=frozenset({"customers"}))) == []
    assert visible_records(rep_actor, "account").count() == 0


def test_the_worker_asks_for_the_rights_that_hold_now(actor: Actor, rep_actor: Actor, small: None) -> None:
    made = accounts(rep_actor, 3)
    narrow = replace(rep_actor, token_scopes=("account:write", "account:read"))
    operation = start_operation(narrow, "account", "edit", {"values": {"city": "Ulm"}}, Selection(ids(made)))
    assert running._actor_of(operation).token_scopes == ("account:write", "account:read")  # type: ignore[union-attr]
    Operation.objects.filter(id=operation.id).update(scopes=["account:read"])
    failed = run_to_end(actor.tenant_id, operation.id)
    assert (failed.state, failed.done, bool(failed.error)) == ("failed", 0, True)
    assert names(actor, city="Ulm") == []


def test_undoing_links_and_owners(actor: Actor, rep_actor: Actor) -> None:
    parent, child = accounts(actor, 2)
    operation = start_operation(
        actor, "account", "edit", {"values": {"parent": str(parent.id)}}, Selection((child.id,))
    )
    giving = start_operation(actor, "account", "assign", {"owner": str(rep_actor.member_id)}, Selection((child.id,)))
    assert get_record(actor, "account", child.id).owner_id == rep_actor.member_id
    start_undo(actor, giving.id)
    start_undo(actor, operation.id)
    back = get_record(actor, "account", child.id)
    assert (back.owner_id, back.parent_id) == (actor.member_id, None)


def test_what_can_no_longer_be_put_back_is_refused_with_the_reason(actor: Actor) -> None:
    parent = create_record(actor, "account", {"name": "Parent"})
    child = create_record(actor, "account", {"name": "Child", "parent": str(parent.id)})
    operation = start_operation(actor, "account", "edit", {"values": {"parent": None}}, Selection((child.id,)))
    delete_record(actor, "account", parent.id)
    undo = start_undo(actor, operation.id)
    assert (undo.done, undo.refused, reasons(actor, undo)) == (0, 1, {child.id: "Parent account: No such record."})
