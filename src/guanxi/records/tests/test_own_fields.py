"""Fields of the tenant's own: made, changed, ordered, removed, brought back, purged; by two people at once."""

import threading
import time
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.utils.translation import override

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from guanxi.core.models import AccessEntry
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.identity.services import create_tenant
from guanxi.records.changes import create_record, update_record
from guanxi.records.criteria import compile_q
from guanxi.records.custom import custom_fields
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import CustomField
from guanxi.records.own_fields import (
    change_field,
    create_field,
    get_field,
    list_fields,
    purge_field,
    remove_field,
    restore_field,
)
from guanxi.records.purging import StillWritten, purge_values
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search
from guanxi.records.tests.test_views import sign_in

CHOICES = [
    {"label_en": "Gold", "label_zh": "金", "tone": "amber"},
    {"label_en": "Silver", "label_zh": "银", "tone": "grey"},
]


def make(actor: Actor, kind: str = "text", label: str = "", **values: Any) -> CustomField:
    values = {"label_en": label or f"My {kind}", "object": "account", "kind": kind, **values}
    if kind in ("choice", "multichoice"):
        values.setdefault("choices", CHOICES)
    if kind == "link":
        values.setdefault("to", "contact")
    return create_field(actor, values)


def account(actor: Actor, name: str = "Hartmann", **values: Any) -> Any:
    return create_record(actor, "account", {"name": name, **values})


def admin_of(tenant: Tenant) -> Actor:
    member = Membership.objects.get(user__email=f"admin@{tenant.slug}.example")
    found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


def company(slug: str) -> tuple[Tenant, Actor]:
    tenant = create_tenant(slug=slug, name=slug, admin_email=f"admin@{slug}.example", admin_password="Correct-Horse-7")
    with tenant_tx(tenant.id):
        return tenant, admin_of(tenant)


def slot_of(record: Any, slot: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {slot} FROM customers_account WHERE id = %s", [record.id])
        return cursor.fetchone()[0]


def test_a_field_gets_a_name_a_slot_and_a_place(actor: Actor) -> None:
    first, second = make(actor, label="Tax class"), make(actor, "number", label="税级", label_zh="税级")
    third = make(actor, label="Tax  class ")
    assert [(row.name, row.slot, row.position) for row in (first, second, third)] == [
        ("tax_class", "st1", 1), ("own_field", "sn1", 2), ("tax_class_2", "st2", 3),
    ]  # fmt: skip
    assert AccessEntry.objects.filter(action="field.added", object="account").count() == 3


def test_kinds_without_a_slot_and_fields_beyond_the_slots_are_told(actor: Actor) -> None:
    rows = [make(actor, "date", label=f"Day {number}") for number in range(7)]
    assert [row.slot for row in rows] == ["sd1", "sd2", "sd3", "sd4", "sd5", "sd6", ""]
    assert [make(actor, kind).slot for kind in ("longtext", "multichoice")] == ["", ""]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"label_en": " "}, "label_en"),
        ({"label_en": "x" * 121}, "label_en"),
        ({"label_en": "a\x00b"}, "label_en"),
        ({"object": "nothing"}, "object"),
        ({"kind": "nonsense"}, "kind"),
        ({"name": "Two Words"}, "name"),
        ({"name": "a__b"}, "name"),
        ({"name": "owner"}, "name"),
        ({"name": "next"}, "name"),
        ({"kind": "choice", "choices": []}, "choices"),
        ({"kind": "choice", "choices": [{"label_en": ""}]}, "choices"),
        ({"kind": "choice", "choices": [{"label_en": "A"}, {"label_en": "a"}]}, "choices"),
        ({"kind": "choice", "choices": [{"label_en": "A", "tone": "neon"}]}, "choices"),
        ({"kind": "choice", "choices": [{"label_en": "A", "value": "a,b"}]}, "choices"),
        ({"kind": "link", "to": "planet"}, "to"),
        ({"kind": "number", "default": "seven"}, "default"),
        ({"kind": "choice", "default": "bronze", "choices": CHOICES}, "default"),
    ],
)
def test_what_makes_no_field_is_refused_beside_its_input(actor: Actor, values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        create_field(actor, {"object": "account", "kind": "text", "label_en": "Fine", **values})
    assert list(refusal.value.errors) == [field]
    assert not CustomField.objects.exists()


def test_only_administrators_touch_fields(actor: Actor, rep_actor: Actor) -> None:
    row = make(actor)
    for attempt in (
        lambda: make(rep_actor),
        lambda: change_field(rep_actor, row.id, {"label_en": "Mine"}),
        lambda: remove_field(rep_actor, row.id),
        lambda: restore_field(rep_actor, row.id),
        lambda: purge_field(rep_actor, row.id),
        lambda: list_fields(rep_actor),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    row.refresh_from_db()
    assert (CustomField.objects.count(), row.label_en, row.deleted_at) == (1, "My text", None)
    for address in (
        "/settings/fields/",
        f"/settings/fields/{row.id}/",
        "/settings/fields/new?object=account&kind=text",
    ):
        assert sign_in(rep_actor).get(address).status_code == 403


@pytest.mark.django_db
def test_another_company_neither_sees_nor_changes_a_field() -> None:
    (tenant, owner), (other_tenant, stranger) = company("ours"), company("theirs")
    with tenant_tx(tenant.id):
        row = make(owner)
    with tenant_tx(other_tenant.id):
        assert list_fields(stranger) == []
        assert custom_fields("account") == {}
        with pytest.raises(Invalid):
            create_record(stranger, "account", {"name": "X", row.name: "leak"})
        for attempt in (get_field, remove_field, restore_field, purge_field):
            with pytest.raises(NotFound):
                attempt(stranger, row.id)
        client = sign_in(stranger)
    assert client.get(f"/settings/fields/{row.id}/").status_code == 404
    assert client.post(f"/settings/fields/{row.id}/delete").status_code == 404
    with tenant_tx(tenant.id):
        assert [(one.id, one.version) for one in list_fields(owner)] == [(row.id, 1)]


def test_labels_choices_and_help_follow_the_reader(actor: Actor) -> None:
    make(actor, "choice", label="Level", label_zh="等级", help_en="How dear", help_zh="多重要")
    item = custom_fields("account")["level"]
    told = []
    for language in ("en", "zh-hans"):
        with override(language):
            told.append((str(item.label), str(item.help), [str(choice.label) for choice in item.choices]))
    assert told == [("Level", "How dear", ["Gold", "Silver"]), ("等级", "多重要", ["金", "银"])]
    assert [choice.tone for choice in item.choices] == ["amber", "grey"]


def test_a_stale_change_is_refused_and_a_choice_in_use_stays(actor: Actor) -> None:
    row = make(actor, "choice", label="Level")
    account(actor, level="gold")
    with pytest.raises(Stale):
        change_field(actor, row.id, {"label_en": "Rank"}, version=row.version + 1)
    with pytest.raises(Invalid) as refusal:
        change_field(actor, row.id, {"choices": [CHOICES[1]]})
    assert list(refusal.value.errors) == ["choices"]
    stored = change_field(actor, row.id, {"choices": [{"value": "gold", "label_en": "Top"}]}, version=row.version)
    assert stored.options["choices"] == [{"value": "gold", "label_en": "Top", "label_zh": "", "tone": "grey"}]
    assert (stored.version, stored.label_en) == (2, "Level")


def test_fields_are_put_in_order(actor: Actor) -> None:
    rows = [make(actor, label=name) for name in ("A", "B", "C")]
    change_field(actor, rows[2].id, {"position": 1})
    assert [row.name for row in list_fields(actor, "account")] == ["c", "a", "b"]
    assert list(custom_fields("account")) == ["c", "a", "b"]


def test_a_removed_field_is_gone_everywhere_and_comes_back_with_its_values(actor: Actor) -> None:
    row = make(actor, label="Nickname")
    record = account(actor, nickname="Blaubär")
    remove_field(actor, row.id)
    assert custom_fields("account") == {}
    assert search(actor, "Blaubär") == []
    with pytest.raises(Invalid):
        update_record(actor, "account", record.id, {"nickname": "other"})
    with pytest.raises(Invalid):
        compile_q(actor, "account", {"field": "nickname", "op": "is", "value": "Blaubär"})
    again = make(actor, label="Other")
    assert (row.slot, again.slot) == ("st1", "st2")
    restore_field(actor, row.id)
    assert [hit.id for hit in search(actor, "Blaubär")] == [record.id]
    found = list_records(
        actor, ListQuery(object="account", criteria={"field": "nickname", "op": "is", "value": "Blaubär"})
    )
    assert [item["id"] for item in found.rows] == [str(record.id)]


@pytest.mark.django_db(transaction=True)
def test_a_purged_field_leaves_no_value_and_frees_its_slot_last() -> None:
    tenant, actor = company("purge")
    with tenant_tx(tenant.id):
        row = make(actor, label="Nickname")
        record = account(actor, nickname="Blaubär", city="Kiel")
    with tenant_tx(tenant.id), pytest.raises(Conflict):
        purge_field(actor, row.id)
    with tenant_tx(tenant.id):
        remove_field(actor, row.id)
        purge_field(actor, row.id)
    with tenant_tx(tenant.id), pytest.raises(Conflict):
        restore_field(actor, row.id)
    purge_when_free(tenant.id, row.id)
    with tenant_tx(tenant.id):
        fresh = get_record(actor, "account", record.id)
        assert (fresh.custom, fresh.city, slot_of(record, "st1")) == ({}, "Kiel", None)
        assert not CustomField.objects.exists()
        assert make(actor, label="Nickname").slot == "st1"
        assert search(actor, "Blaubär") == []
    purge_values(tenant.id, field_id=row.id)


def purge_when_free(tenant_id: UUID, field_id: UUID) -> None:
    """As the job does: try again while any transaction of the server is older, as those of tests beside this one may be."""
    deadline = time.monotonic() + 120
    while True:
        try:
            purge_values(tenant_id, field_id=field_id)
        except StillWritten:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


@pytest.mark.django_db(transaction=True)
def test_the_purge_waits_for_writers_that_began_before_the_removal() -> None:
    tenant, actor = company("purge")
    with tenant_tx(tenant.id):
        row = make(actor, label="Nickname")
    begun, go, done = threading.Event(), threading.Event(), threading.Event()

    def write() -> None:
        with tenant_tx(tenant.id):
            account(actor, nickname="late")
            begun.set()
            go.wait(20)
        connection.close()
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(20)
    with tenant_tx(tenant.id):
        remove_field(actor, row.id)
        purge_field(actor, row.id)
    with pytest.raises(StillWritten):
        purge_values(tenant.id, field_id=row.id)
    go.set()
    assert done.wait(20)
    writer.join()
    purge_when_free(tenant.id, row.id)
    with tenant_tx(tenant.id):
        assert not CustomField.objects.exists()
        assert visible_records(actor, "account").get().custom == {}


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_get_two_slots_and_two_names() -> None:
    tenant, actor = company("race")
    start, failures = threading.Barrier(4), []

    def add() -> None:
        try:
            start.wait(20)
            make(actor, label="Same")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=add) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with tenant_tx(tenant.id):
        rows = list_fields(actor, "account")
    assert sorted((row.name, row.slot, row.position) for row in rows) == [
        ("same", "st1", 1), ("same_2", "st2", 2), ("same_3", "st3", 3), ("same_4", "st4", 4),
    ]  # fmt: skip
