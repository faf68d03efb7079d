"""Addresses as fields of the tenant's own: one value, whose parts can be asked for by themselves."""

import csv
from dataclasses import replace
from io import StringIO
from typing import Any

import orjson
import pytest
from django.utils.translation import override

from guanxi.core.errors import Invalid
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, update_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.custom import custom_fields, own_field, reachable_fields
from guanxi.records.display import Painter
from guanxi.records.exports.services import begin_export, export_bytes
from guanxi.records.history import read_history
from guanxi.records.listing.grouping import list_groups
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.merging import merge_records
from guanxi.records.models import CustomField
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search
from guanxi.records.tests.importing import imported
from guanxi.records.tests.test_own_fields import account, make
from guanxi.records.tests.test_views import sign_in

STUTTGART = {"street": "Gewerbeweg 8", "city": "Stuttgart", "postcode": "70565", "country": "DE"}
SUZHOU = {"street": "工业园区 8 号", "city": "苏州市", "region": "江苏省", "country": "CN"}


@pytest.fixture
def site(actor: Actor) -> CustomField:
    return make(actor, "address", "Site", label_zh="场地")


def found(actor: Actor, criteria: dict[str, Any]) -> list[str]:
    """The names that the criteria find in the database, which must be those that they find in Python."""
    rows = compile_q(actor, "account", criteria).apply(visible_records(actor, "account"))
    names = sorted(row.name for row in rows)
    holds = compile_predicate(actor, "account", criteria)
    assert sorted(row.name for row in visible_records(actor, "account") if holds(row)) == names
    return names


@pytest.mark.parametrize("slot", [True, False])
def test_the_whole_and_its_parts_are_filtered_alike_in_the_database_and_in_python(
    actor: Actor, site: CustomField, slot: bool
) -> None:
    assert site.slot == "st1"
    if not slot:
        CustomField.objects.filter(id=site.id).update(slot="")
    with tenant_tx(actor.tenant_id):
        account(actor, "A", site=STUTTGART)
        account(actor, "B", site=SUZHOU)
        account(actor, "C", site={})
        account(actor, "D", site={"city": "Ulm", "country": "germany"})
        assert found(actor, {"field": "site", "op": "contains", "value": "gewerbe"}) == ["A"]
        assert found(actor, {"field": "site", "op": "empty"}) == ["C"]
        assert found(actor, {"field": "site", "op": "not_empty"}) == ["A", "B", "D"]
        assert found(actor, {"field": "site.city", "op": "is", "value": "苏州市"}) == ["B"]
        assert found(actor, {"field": "site.city", "op": "starts", "value": "st"}) == ["A"]
        assert found(actor, {"field": "site.country", "op": "in", "value": ["DE", "CN"]}) == ["A", "B", "D"]
        assert found(actor, {"field": "site.country", "op": "is_not", "value": "DE"}) == ["B", "C"]
        assert found(actor, {"field": "site.region", "op": "empty"}) == ["A", "C", "D"]
        for name in ("site.planet", "site.city.street", "name.city"):
            with pytest.raises(Invalid):
                compile_q(actor, "account", {"field": name, "op": "is", "value": "x"})


def test_lists_show_sort_and_group_by_address_and_part(actor: Actor, site: CustomField) -> None:
    account(actor, "A", site=STUTTGART)
    account(actor, "B", site=SUZHOU)
    account(actor, "C")
    page = list_records(actor, ListQuery(object="account", sort="site", fields=("name", "site", "site.city")))
    assert [(row["name"], row["site"], row["site.city"]) for row in page.rows] == [
        ("B", SUZHOU, "苏州市"),
        ("A", STUTTGART, "Stuttgart"),
        ("C", None, None),
    ]
    first = list_records(actor, ListQuery(object="account", sort="-site.city", fields=("name",), limit=1))
    second = list_records(
        actor, ListQuery(object="account", sort="-site.city", fields=("name",), limit=1, cursor=first.next or "")
    )
    assert [row["name"] for row in (*first.rows, *second.rows)] == ["B", "A"]
    groups, complete = list_groups(actor, registry.get("account"), ListQuery(object="account"), "site.country", [])
    assert complete and [(one.label, one.count) for one in groups] == [
        ("CN", 1),
        ("DE", 1),
        ("Without: Site: Country", 1),
    ]
    for group in groups:
        assert len(list_records(actor, ListQuery(object="account", criteria=group.criteria)).rows) == 1


def test_it_is_shown_as_on_a_letter_and_in_one_line(actor: Actor, site: CustomField) -> None:
    painter, item = Painter(actor, registry.get("account")), custom_fields("account")["site"]
    shown = painter.show(item, STUTTGART, {})
    assert shown.text == "Gewerbeweg 8\n70565 Stuttgart\nDE"
    assert painter.text(item, STUTTGART) == "Gewerbeweg 8, 70565 Stuttgart, DE"
    assert painter.text(item, SUZHOU) == "江苏省 苏州市 工业园区 8 号"
    assert "Gewerbeweg 8, 70565 Stuttgart, DE</span>" in shown.__html__()
    with override("zh-hans"):
        part = own_field("account", "site.city")
        assert part is not None and str(part.label) == "场地: 城市"
    assert list(reachable_fields("account")) == [
        "site", "site.street", "site.city", "site.region", "site.postcode", "site.country",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "Stuttgart",
        7,
        ["Stuttgart"],
        {"planet": "Mars"},
        {"country": "Atlantis"},
        {"street": "x" * 301},
        {"city": {"a": 1}},
        {"city": "a\x00"},
    ],
)
def test_what_is_no_address_is_refused(actor: Actor, site: CustomField, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        account(actor, "A", site=value)
    assert list(refusal.value.errors) == ["site"]
    assert not list_records(actor, ListQuery(object="account")).rows


def test_history_search_and_merge_know_the_whole(actor: Actor, site: CustomField) -> None:
    one = account(actor, "One", site=STUTTGART)
    two = account(actor, "Two", site=SUZHOU)
    update_record(actor, "account", one.id, {"site": {**STUTTGART, "city": "Ulm"}})
    assert read_history(actor, "account", one.id)[0].changes == (("site", STUTTGART, {**STUTTGART, "city": "Ulm"}),)
    assert [hit.id for hit in search(actor, "gewerbeweg")] == [one.id]
    assert [hit.id for hit in search(actor, "suzhou")] == [two.id]
    assert not search(actor, "Stuttgart")
    merge_records(actor, "account", one.id, [two.id], choices={"site": two.id})
    assert get_record(actor, "account", one.id).custom == {"site": SUZHOU}
    update_record(actor, "account", one.id, {"site": None})
    assert get_record(actor, "account", one.id).custom == {}


def test_formulas_read_the_parts(actor: Actor, site: CustomField) -> None:
    make(actor, "formula", "Place", result="text", formula='upper(site.city) & "/" & site.country')
    make(actor, "formula", "Long", result="text", formula="site")
    one = account(actor, "One", site=STUTTGART)
    assert one.custom["place"] == "STUTTGART/DE"
    assert one.custom["long"] == "DE, Stuttgart, 70565, Gewerbeweg 8"
    one = update_record(actor, "account", one.id, {"site": {"city": "Ulm"}})
    assert (one.custom["place"], one.custom["long"]) == ("ULM/", "Ulm")
    with pytest.raises(Invalid) as refusal:
        make(actor, "formula", "Wrong", result="text", formula="site.planet")
    assert refusal.value.errors == {"formula": ["An address has no part “planet”. (character 6)"]}


def test_a_role_that_does_not_see_the_address_cannot_reach_its_parts(actor: Actor, site: CustomField) -> None:
    account(actor, "A", site=STUTTGART)
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}})
    for access in ("hidden", "masked"):
        blinded = replace(limited, field_access={"account": {"site": access}})
        for name in ("site", "site.city"):
            with pytest.raises(Invalid):
                compile_q(blinded, "account", {"field": name, "op": "not_empty"})
            with pytest.raises(Invalid):
                list_records(blinded, ListQuery(object="account", sort=name))
        rows = list_records(blinded, ListQuery(object="account", fields=("name", "site.city"))).rows
        assert [row.get("site.city") for row in rows] == [None if access == "hidden" else "••••"]


def test_forms_inline_edit_and_conflicts(actor: Actor, site: CustomField) -> None:
    client = sign_in(actor)
    page = client.get("/accounts/new").content.decode()
    assert 'name="site.street"' in page and '<option value="DE"' in page
    posted = {
        "_fields": "name,kind,site",
        "name": "Hartmann",
        "kind": "business",
        "site.city": "Stuttgart",
        "site.country": "DE",
    }
    made = client.post("/accounts/new", posted)
    one = visible_records(actor, "account").get(name="Hartmann")
    assert made.status_code in (204, 302) and one.custom == {"site": {"city": "Stuttgart", "country": "DE"}}
    wrong = client.post(f"/accounts/{one.id}/edit", {"_fields": "site", "site.country": "Atlantis", "version": 1})
    assert wrong.status_code == 422 and "Atlantis" in wrong.content.decode()
    cell = client.post(f"/accounts/{one.id}/cell/site", {"_fields": "site", "site.city": "Ulm", "version": 1})
    assert cell.status_code == 200 and "Ulm" in cell.content.decode()
    clash = client.post(f"/accounts/{one.id}/edit", {"_fields": "site", "site.city": "Bonn", "version": 1})
    assert clash.status_code == 409 and "{&#34;city&#34;:&#34;Bonn&#34;}" in clash.content.decode()
    mine = {"mine_site": '{"city":"Bonn"}', "choice_site": "mine", "version": 2}
    assert client.post(f"/accounts/{one.id}/merge", mine).status_code in (204, 302)
    assert get_record(actor, "account", one.id).custom == {"site": {"city": "Bonn"}}
    shown = client.get("/accounts/?columns=name,site.city&sort=site.city").content.decode()
    assert "Bonn" in shown and "Site: City" in shown
    assert "site.postcode" in client.get("/accounts/columns").content.decode()


def test_a_file_fills_and_changes_the_parts_and_an_export_shows_them(actor: Actor, site: CustomField) -> None:
    done = imported(
        actor,
        "name,Site: Street,Site: City,Site: Country\nA,Gewerbeweg 8,Stuttgart,Germany\nB,,苏州市,中国\nC,,,Atlantis\n",
    )
    assert (done.created, done.refused) == (2, 1)
    values = {row.name: row.custom for row in visible_records(actor, "account")}
    assert values == {
        "A": {"site": {"street": "Gewerbeweg 8", "city": "Stuttgart", "country": "DE"}},
        "B": {"site": {"city": "苏州市", "country": "CN"}},
    }
    again = imported(actor, "name,Site: City\nA,Ulm\n", key="name", policy="update")
    assert (again.updated, again.created) == (1, 0)
    one = visible_records(actor, "account").get(name="A")
    assert one.custom == {"site": {"street": "Gewerbeweg 8", "city": "Ulm", "country": "DE"}}
    query = ListQuery(object="account", fields=("name", "site", "site.city"), sort="name")
    text = b"".join(export_bytes(begin_export(actor, query))).decode("utf-8-sig")
    assert list(csv.reader(StringIO(text))) == [
        ["Name", "Site", "Site: City"], ["A", "Gewerbeweg 8, Ulm, DE", "Ulm"], ["B", "苏州市", "苏州市"],
    ]  # fmt: skip
    lines = b"".join(export_bytes(begin_export(actor, query, form="jsonl"))).splitlines()
    assert orjson.loads(lines[0])["site"] == {"street": "Gewerbeweg 8", "city": "Ulm", "country": "DE"}


def test_the_definition_has_neither_default_nor_choices(actor: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        make(actor, "address", "Site", default={"city": "Ulm"})
    assert refusal.value.errors == {"default": ["An address has no default."]}
    make(actor, "address", "Depot", required=True)
    with pytest.raises(Invalid):
        create_record(actor, "account", {"name": "X", "depot": {"city": ""}})
