"""The one write path, tried on accounts."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from guanxi.core.errors import Invalid, NotAllowed, NotFound, Stale
from guanxi.core.ids import new_id
from guanxi.core.models import Change, OutboxEvent
from guanxi.identity.actor import Actor
from guanxi.identity.kept import settings_changed
from guanxi.records.changes import (
    Create,
    Update,
    change_records,
    create_record,
    delete_record,
    restore_record,
    update_record,
)
from guanxi.records.history import read_history, value_at
from guanxi.records.models import CustomField
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search


def rows() -> tuple[int, int, int]:
    """Counts of history, events and search entries: what must not move on a refusal."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_searchentry")
        entries = cursor.fetchone()[0]
    return Change.objects.count(), OutboxEvent.objects.count(), entries


@pytest.mark.django_db
def test_new_search_entries_go_into_the_index_itself() -> None:
    # Every search would read the list of those that are pending, thousands of them, before it looks anything up.
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'records_searchentry_grams'")
        assert cursor.fetchone() == (["fastupdate=off"],)


def account(actor: Actor, name: str = "华东精密机械有限公司", **values: Any) -> Any:
    return create_record(actor, "account", {"name": name, **values})


def test_a_new_record_has_code_owner_history_event_and_is_found(actor: Actor) -> None:
    record = account(actor)
    assert (record.code, record.version, record.owner_id, record.team_id) == (
        "AC-00001",
        1,
        actor.member_id,
        actor.team_id,
    )
    line = read_history(actor, "account", record.id)[0]
    assert (line.action, line.version, line.who) == ("created", 1, "Ada Admin")
    assert ("name", None, "华东精密机械有限公司") in line.changes
    event = OutboxEvent.objects.get(name="records.RecordsChanged", payload__ids=[str(record.id)])
    assert (event.payload["object"], event.payload["action"], event.member_id) == (
        "account",
        "created",
        actor.member_id,
    )
    assert [hit.id for hit in search(actor, "hdjm")] == [record.id]


def test_an_update_counts_the_version_and_tells_before_and_after(actor: Actor) -> None:
    record = account(actor)
    changed = update_record(actor, "account", record.id, {"name": "华东精密"}, version=1)
    assert (changed.version, changed.name) == (2, "华东精密")
    assert read_history(actor, "account", record.id)[0].changes == (("name", "华东精密机械有限公司", "华东精密"),)
    assert value_at("account", record.id, 1) == {"name": "华东精密机械有限公司"}


def test_history_names_the_batch_of_each_change(actor: Actor) -> None:
    batch = new_id()
    record = create_record(actor.within(batch), "account", {"name": "Northwind"})
    update_record(actor.within(batch).through("import"), "account", record.id, {"name": "Contoso"})
    delete_record(actor, "account", record.id)
    lines = Change.objects.filter(record_id=record.id).order_by("version").values_list("version", "via", "batch_id")
    assert list(lines) == [(1, "web", batch), (2, "import", batch), (3, "web", None)]


def test_the_same_values_change_nothing(actor: Actor) -> None:
    record = account(actor)
    before = rows()
    assert update_record(actor, "account", record.id, {"name": record.name}).version == 1
    assert rows() == before


def test_a_stale_version_is_refused_with_the_current_values(actor: Actor) -> None:
    record = account(actor)
    update_record(actor, "account", record.id, {"name": "Theirs"}, version=1)
    before = rows()
    with pytest.raises(Stale) as refusal:
        update_record(actor, "account", record.id, {"name": "Mine"}, version=1)
    assert (refusal.value.version, refusal.value.current["name"]) == (2, "Theirs")
    assert get_record(actor, "account", record.id).name == "Theirs"
    assert rows() == before


def test_every_wrong_field_is_named_and_nothing_is_written(actor: Actor) -> None:
    before = rows()
    with pytest.raises(Invalid) as refusal:
        create_record(actor, "account", {"name": "", "kind": "alien", "nonsense": 1, "version": 7, "code": "X"})
    assert set(refusal.value.errors) == {"name", "kind", "nonsense", "version", "code"}
    assert rows() == before
    assert visible_records(actor, "account").count() == 0


def test_one_bad_record_of_many_refuses_all(actor: Actor) -> None:
    before = rows()
    with pytest.raises(Invalid) as refusal:
        change_records(actor, "account", [Create({"name": "Good"}), Create({"name": "Bad", "kind": "alien"})])
    assert list(refusal.value.errors) == ["1.kind"]
    assert rows() == before


def test_deleted_records_leave_lists_and_search_and_come_back(actor: Actor) -> None:
    record = account(actor)
    delete_record(actor, "account", record.id)
    with pytest.raises(NotFound):
        get_record(actor, "account", record.id)
    assert search(actor, "hdjm") == []
    restore_record(actor, "account", record.id)
    assert get_record(actor, "account", record.id).version == 3
    assert [hit.id for hit in search(actor, "hdjm")] == [record.id]
    assert [line.action for line in read_history(actor, "account", record.id)] == ["restored", "deleted", "created"]


def test_out_of_scope_is_not_found_and_visible_but_not_own_is_not_allowed(
    actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    foreign = account(outsider_actor, "South account")
    with pytest.raises(NotFound):
        update_record(rep_actor, "account", foreign.id, {"name": "Mine"})
    of_team = account(actor, "Team account", owner=None, team=rep_actor.team_id)
    with pytest.raises(NotAllowed):
        update_record(rep_actor, "account", of_team.id, {"name": "Mine"})
    assert get_record(actor, "account", of_team.id).name == "Team account"


def test_a_hidden_field_does_not_exist_and_a_read_only_one_cannot_change(actor: Actor) -> None:
    record = account(actor, phone="+86 512 6288 1234")
    limited = replace(
        actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"account": {"phone": "hidden", "name": "read"}}
    )
    with pytest.raises(Invalid) as refusal:
        update_record(limited, "account", record.id, {"phone": "1", "name": "x"})
    assert refusal.value.errors == {"phone": ["There is no such field."], "name": ["You may not change this field."]}
    assert search(limited, "62881234") == []
    assert all(name != "phone" for line in read_history(limited, "account", record.id) for name, *_ in line.changes)


def test_a_link_to_another_tenant_or_nothing_is_refused(actor: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        account(actor, "Child", parent="01a20028-6c8d-7702-b406-bef3401194cb")
    assert refusal.value.errors == {"parent": ["No such record."]}


def test_custom_fields_live_in_json_and_their_slot_is_a_column(actor: Actor) -> None:
    CustomField.objects.create(object="account", name="rating", label_en="Rating", kind="integer")
    settings_changed()
    record = account(actor, "Custom", rating="7")
    assert get_record(actor, "account", record.id).custom == {"rating": 7}
    with pytest.raises(Invalid) as refusal:
        update_record(actor, "account", record.id, {"rating": "seven"})
    assert refusal.value.errors == {"rating": ["A number is expected."]}


@pytest.mark.parametrize(
    "name", ["😀 emoji", "مرحبا", "a" * 200, "<script>alert(1)</script>", "Ünïcödé", "'; DROP TABLE x; --"]
)
def test_any_text_survives_as_it_is(actor: Actor, name: str) -> None:
    assert get_record(actor, "account", account(actor, name).id).name == name


@pytest.mark.parametrize("name", ["a\x00b", "a" * 100_000, "\ud800", ["list"], {"a": 1}, True])
def test_impossible_text_is_refused_at_its_field(actor: Actor, name: Any) -> None:
    before = rows()
    with pytest.raises(Invalid) as refusal:
        account(actor, name)
    assert list(refusal.value.errors) == ["name"]
    assert rows() == before


def test_several_updates_in_one_call_lock_and_save_all(actor: Actor) -> None:
    first, second = account(actor, "One"), account(actor, "Two")
    changed = change_records(
        actor, "account", [Update(second.id, {"name": "Second"}, 1), Update(first.id, {"name": "First"}, 1)]
    )
    assert [record.name for record in changed] == ["Second", "First"]
    assert [get_record(actor, "account", key).version for key in (first.id, second.id)] == [2, 2]
