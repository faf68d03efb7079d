"""Objects that a tenant invents: there at once, everywhere, for this tenant only; gone and back without loss."""

import re
from typing import Any
from uuid import UUID

import pytest

from guanxi.core.errors import Conflict, Invalid, NotAllowed
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.identity.queries import actor_of_user
from guanxi.records import registry
from guanxi.records.board import board_page, move_card
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import OWN_TABLES, CustomField, OwnObject, SearchEntry
from guanxi.records.own_fields import create_field
from guanxi.records.own_objects.services import (
    ICONS,
    change_object,
    create_object,
    list_objects,
    purge_object,
    remove_object,
    restore_object,
)
from guanxi.records.purging import StillWritten, purge_records
from guanxi.records.recycling import empty_recycle_bin
from guanxi.records.related import related_of
from guanxi.records.tests.test_views import sign_in
from guanxi.records.views.own_objects import icon_labels

STATUSES = [
    {"label_en": "Free", "label_zh": "空闲", "tone": "jade"},
    {"label_en": "Rented", "label_zh": "已出租"},
    {"label_en": "Sold", "label_zh": "已售", "closed": True},
]
VEHICLE = {
    "label_en": "Vehicle",
    "label_zh": "车辆",
    "plural_en": "Vehicles",
    "statuses": STATUSES,
    "dated": True,
    "priced": True,
}


@pytest.fixture
def admin(tenant: Tenant) -> Actor:
    with tenant_tx(tenant.id):
        member = Membership.objects.get(role__key="administrator")
        found = actor_of_user(tenant.id, member.user_id)
    assert found is not None
    return found


def _vehicle(actor: Actor, **values: Any) -> OwnObject:
    return create_object(actor, VEHICLE | values)


def test_an_object_is_there_at_once_with_code_board_calendar_and_search(tenant: Tenant, admin: Actor) -> None:
    made = _vehicle(admin)
    assert (made.name, made.plural, made.place, made.code_pattern) == ("x_vehicle", "x_vehicles", 1, "VEH-{seq:5}")
    with tenant_tx(tenant.id):
        kind = registry.get("x_vehicle")
        assert registry.by_plural("x_vehicles") is not None and kind.calendar == "starts_at" and kind.board is not None
        row = create_record(admin, "x_vehicle", {"name": "Lorry 7", "amount": "1200.50"})
        assert (row.code, row.status) == ("VEH-00001", "free")
        entries = SearchEntry.objects.filter(record_id=row.id).order_by("field").values_list("field", "text")
        assert list(entries) == [("code", "VEH-00001"), ("name", "Lorry 7")]
        columns = board_page(admin, "x_vehicle")
        assert [(one.column.value, one.column.category, one.count) for one in columns] == [
            ("free", "open", 1), ("rented", "open", 0), ("sold", "done", 0),
        ]  # fmt: skip
        assert columns[0].total == row.amount
        moved = move_card(admin, "x_vehicle", row.id, "rented", version=1)
        assert (moved.status, moved.version) == ("rented", 2)


def test_the_form_of_a_new_record_begins_with_the_first_status(tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        form = sign_in(admin).get("/x_vehicles/new").content.decode()
        assert re.findall(r'<option value="(\w+)" selected>', form) == ["free"]
        kept = create_record(admin, "x_vehicle", {"name": "Lorry 7", "status": "rented"})
        form = sign_in(admin).get(f"/x_vehicles/{kept.id}/edit").content.decode()
        assert re.findall(r'<option value="(\w+)" selected>', form) == ["rented"]


def test_it_belongs_to_one_tenant_only(tenant: Tenant, other_tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        assert registry.find("x_vehicle") is not None
    with tenant_tx(other_tenant.id):
        assert registry.find("x_vehicle") is None and registry.by_plural("x_vehicles") is None
        assert "x_vehicle" not in {kind.name for kind in registry.objects()}
        with pytest.raises(KeyError):
            registry.get("x_vehicle")
    assert registry.find("x_vehicle") is None


def test_a_refused_transaction_leaves_no_object_in_memory(tenant: Tenant, admin: Actor) -> None:
    with pytest.raises(RuntimeError), tenant_tx(tenant.id):
        _vehicle(admin)
        assert registry.find("x_vehicle") is not None
        raise RuntimeError
    with tenant_tx(tenant.id):
        assert registry.find("x_vehicle") is None
        _vehicle(admin, label_en="Ship", plural_en="Ships")
    with tenant_tx(tenant.id):
        assert registry.find("x_vehicle") is None and registry.find("x_ship") is not None


def test_a_refusal_within_a_transaction_leaves_no_object_either(tenant: Tenant, admin: Actor) -> None:
    with tenant_tx(tenant.id):
        _vehicle(admin)
        with pytest.raises(RuntimeError), tenant_tx(tenant.id):
            _vehicle(admin, label_en="Ship", plural_en="Ships")
            assert registry.find("x_ship") is not None
            raise RuntimeError
        assert registry.find("x_ship") is None and registry.find("x_vehicle") is not None


def test_what_one_process_keeps_follows_the_version_that_the_actor_brings(tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        assert admin.user_id is not None
        actor_of_user(tenant.id, admin.user_id)
        assert str(registry.get("x_vehicle").label_plural) == "Vehicles"
        # Another process renames it.
        OwnObject.objects.update(plural_en="Cars")
        assert str(registry.get("x_vehicle").label_plural) == "Vehicles"
    change_object(admin, list_objects_of(tenant, admin)[0].id, {"icon": "truck"})
    with tenant_tx(tenant.id):
        actor_of_user(tenant.id, admin.user_id)
        assert str(registry.get("x_vehicle").label_plural) == "Cars"


def list_objects_of(tenant: Tenant, admin: Actor) -> list[OwnObject]:
    with tenant_tx(tenant.id):
        return list_objects(admin)


def test_links_lead_both_ways(tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        create_field(admin, {"object": "x_vehicle", "kind": "link", "label_en": "Driver", "to": "user"})
        create_field(admin, {"object": "x_vehicle", "kind": "link", "label_en": "Trailer of", "to": "x_vehicle"})
        first = create_record(admin, "x_vehicle", {"name": "Lorry"})
        create_record(admin, "x_vehicle", {"name": "Trailer", "trailer_of": str(first.id)})
        found = [(one.object, one.field, str(one.label)) for one in related_of(admin, registry.get("x_vehicle"))]
        assert ("x_vehicle", "trailer_of", "Vehicles (Trailer of)") in found
        criteria = {"field": "trailer_of", "op": "is", "value": str(first.id)}
        rows = list_records(admin, ListQuery(object="x_vehicle", criteria=criteria, fields=("name",))).rows
        assert [row["name"] for row in rows] == ["Trailer"]


def test_names_never_collide_and_never_change(tenant: Tenant, admin: Actor) -> None:
    assert _vehicle(admin).plural == "x_vehicles"
    again = _vehicle(admin)
    assert (again.name, again.plural, again.place) == ("x_vehicle_2", "x_vehicles_2", 2)
    assert _vehicle(admin, label_en="", label_zh="合同", plural_en="").name == "x_object"
    with pytest.raises(Invalid) as refused:
        _vehicle(admin, name="x_vehicle")
    assert refused.value.errors == {"name": ["This name is taken."]}
    with pytest.raises(Invalid) as refused:
        _vehicle(admin, name="Wrong Name")
    assert set(refused.value.errors) == {"name"}
    with tenant_tx(tenant.id):
        assert OwnObject.objects.count() == 3


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"label_en": "", "label_zh": ""}, "label_en"),
        ({"icon": "nothing"}, "icon"),
        ({"statuses": "open"}, "statuses"),
        ({"statuses": [{"label_en": "One"}, {"label_en": "one"}]}, "statuses"),
        ({"code_pattern": "no number"}, "code_pattern"),
        ({"label_en": "Vehicle\x00"}, "label_en"),
    ],
)
def test_wrong_definitions_are_refused_beside_the_field(
    tenant: Tenant, admin: Actor, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        _vehicle(admin, **values)
    assert set(refused.value.errors) == {field}
    with tenant_tx(tenant.id):
        assert not OwnObject.objects.exists()


def test_every_icon_has_a_word() -> None:
    assert tuple(icon_labels()) == ICONS


def test_only_administrators_make_objects(tenant: Tenant, admin: Actor) -> None:
    sales = Actor(tenant_id=tenant.id, member_id=admin.member_id, grants={"*": {"*": "all"}})
    with pytest.raises(NotAllowed):
        _vehicle(sales)
    made = _vehicle(admin)
    for attempt in (
        lambda: change_object(sales, made.id, {"label_en": "Car"}),
        lambda: remove_object(sales, made.id),
        lambda: purge_object(sales, made.id),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    with tenant_tx(tenant.id):
        row = OwnObject.objects.get()
        assert (row.label_en, row.version, row.deleted_at) == ("Vehicle", 1, None)


def test_there_is_an_end_to_the_tables(tenant: Tenant, admin: Actor) -> None:
    for _number in OWN_TABLES:
        _vehicle(admin)
    with pytest.raises(Invalid) as refused:
        _vehicle(admin)
    assert refused.value.errors == {"": [f"A company can have at most {len(OWN_TABLES)} objects of its own."]}


def test_the_end_is_not_before_the_beginning(tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        values = {"name": "Lorry", "starts_at": "2026-11-22T08:00:00Z", "ends_at": "2026-11-21T08:00:00Z"}
        with pytest.raises(Invalid) as refused:
            create_record(admin, "x_vehicle", values)
        assert set(refused.value.errors) == {"ends_at"}
        assert not OWN_TABLES[1]._default_manager.exists()


def test_a_status_in_use_stays(tenant: Tenant, admin: Actor) -> None:
    made = _vehicle(admin)
    with tenant_tx(tenant.id):
        row = create_record(admin, "x_vehicle", {"name": "Lorry"})
        update_record(admin, "x_vehicle", row.id, {"status": "sold"})
    with pytest.raises(Invalid) as refused:
        change_object(admin, made.id, {"statuses": made.statuses[:2]})
    assert refused.value.errors == {
        "statuses": ["Records have the status “Sold”: rename it, or change these records first."]
    }
    renamed = [*made.statuses[:2], {**made.statuses[2], "label_en": "Gone"}]
    assert change_object(admin, made.id, {"statuses": renamed}).statuses[2]["value"] == "sold"


def test_removed_it_is_nowhere_and_comes_back_whole(tenant: Tenant, admin: Actor) -> None:
    made = _vehicle(admin)
    with tenant_tx(tenant.id):
        create_record(admin, "x_vehicle", {"name": "Lorry"})
    remove_object(admin, made.id)
    with tenant_tx(tenant.id):
        assert registry.find("x_vehicle") is None
        assert OWN_TABLES[1]._default_manager.count() == 1
    # Its table is not given away.
    assert _vehicle(admin, label_en="Ship", plural_en="Ships").place == 2
    restore_object(admin, made.id)
    with tenant_tx(tenant.id):
        rows = list_records(admin, ListQuery(object="x_vehicle", fields=("name",))).rows
        assert [row["name"] for row in rows] == ["Lorry"]


def test_purged_it_leaves_nothing_and_frees_its_table(tenant: Tenant, admin: Actor) -> None:
    made = _vehicle(admin)
    with pytest.raises(Conflict):
        purge_object(admin, made.id)
    with tenant_tx(tenant.id):
        create_field(admin, {"object": "x_vehicle", "kind": "text", "label_en": "Plate"})
        row = create_record(admin, "x_vehicle", {"name": "Lorry", "plate": "沪A 12345"})
    remove_object(admin, made.id)
    purge_object(admin, made.id)
    with pytest.raises(Conflict):
        restore_object(admin, made.id)
    # A writer that began before the removal might be at it: here it is the test's own transaction.
    with pytest.raises(StillWritten):
        purge_records(tenant.id, made.id)
    with tenant_tx(tenant.id):
        OwnObject.objects.update(removed_in=0)
    purge_records(tenant.id, made.id)
    with tenant_tx(tenant.id):
        assert not OwnObject.objects.exists() and not CustomField.objects.filter(object="x_vehicle").exists()
        assert not OWN_TABLES[1]._default_manager.exists()
        assert not SearchEntry.objects.filter(record_id=row.id).exists()
    assert _vehicle(admin).place == 1


def test_the_recycle_bin_is_emptied_of_invented_records_too(tenant: Tenant, admin: Actor) -> None:
    _vehicle(admin)
    with tenant_tx(tenant.id):
        row = create_record(admin, "x_vehicle", {"name": "Lorry"})
        delete_record(admin, "x_vehicle", row.id)
        OWN_TABLES[1]._default_manager.filter(id=row.id).update(deleted_at="2020-01-01T00:00:00Z")
    done = empty_recycle_bin(tenant.id)
    assert done.removed == {"x_vehicle": 1}
    with tenant_tx(tenant.id):
        assert not OWN_TABLES[1]._default_manager.filter(id=UUID(str(row.id))).exists()
