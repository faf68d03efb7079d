"""Formula and roll-up fields: right in the transaction that changes what they follow from, by whatever way it comes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid
from guanxi.core.models import Change, ExchangeRate
from guanxi.core.rates import set_rate
from guanxi.identity.actor import Actor
from guanxi.records.changes import Create, change_records, create_record, delete_record, restore_record, update_record
from guanxi.records.derived.graph import read_graph
from guanxi.records.derived.settling import recompute
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import CustomField
from guanxi.records.own_fields import change_field, create_field, remove_field, restore_field
from guanxi.records.queries import get_record
from guanxi.records.tests.test_views import sign_in


def formula(
    actor: Actor, text: str, *, result: str = "number", object_name: str = "account", name: str = "calc", **more: Any
) -> CustomField:
    values = {
        "object": object_name,
        "kind": "formula",
        "label_en": name,
        "name": name,
        "result": result,
        "formula": text,
    }
    return create_field(actor, {**values, **more})


def rollup(
    actor: Actor,
    of: str,
    function: str,
    *,
    value: str = "",
    where: str = "",
    name: str = "rolled",
    result: str = "number",
) -> CustomField:
    options = {"of": of, "function": function, "value": value, "where": where}
    values = {
        "object": "account",
        "kind": "rollup",
        "label_en": name,
        "name": name,
        "result": result,
        "rollup": options,
    }
    return create_field(actor, values)


def account(actor: Actor, name: str = "Hartmann", **values: Any) -> Any:
    return create_record(actor, "account", {"name": name, **values})


def own(actor: Actor, record: Any, name: str, object_name: str = "account") -> Any:
    return get_record(actor, object_name, record.id).custom.get(name)


def slot_of(record: Any, slot: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {slot} FROM {record._meta.db_table} WHERE id = %s", [record.id])
        return cursor.fetchone()[0]


def test_a_formula_follows_its_record(actor: Actor) -> None:
    before = account(actor, employees=4)
    row = formula(actor, "employees * 2.5")
    assert (row.slot, own(actor, before, "calc"), slot_of(before, "sn1")) == ("sn1", "10", 100_000)
    made = account(actor, "Lindqvist", employees=3)
    assert (made.custom, slot_of(made, "sn1")) == ({"calc": "7.5"}, 75_000)
    changed = update_record(actor, "account", made.id, {"employees": None})
    assert (changed.custom, slot_of(made, "sn1"), changed.version) == ({}, None, 2)
    diff = Change.objects.get(record_id=made.id, version=2).diff
    assert diff == {"employees": [3, None]}


def test_nobody_writes_a_derived_field(actor: Actor) -> None:
    formula(actor, "employees + 1")
    made = account(actor, employees=1)
    with pytest.raises(Invalid) as refused:
        update_record(actor, "account", made.id, {"calc": "5"})
    assert set(refused.value.errors) == {"calc"}
    assert own(actor, made, "calc") == "2"


def test_lists_filter_and_sort_by_a_formula(actor: Actor) -> None:
    formula(actor, 'if(employees > 5, "large", "small")', result="text")
    for name, count in (("A", 3), ("B", 9), ("C", 12)):
        account(actor, name, employees=count)
    query = ListQuery(
        object="account", criteria={"field": "calc", "op": "is", "value": "large"}, sort="calc", fields=("name", "calc")
    )
    assert [(row["name"], row["calc"]) for row in list_records(actor, query).rows] == [("B", "large"), ("C", "large")]


def test_formulas_follow_from_each_other_in_order(actor: Actor) -> None:
    formula(actor, "employees * 2", name="b_double")
    formula(actor, "b_double + 1", name="a_more")
    made = account(actor, employees=5)
    assert made.custom == {"b_double": "10", "a_more": "11"}
    update_record(actor, "account", made.id, {"employees": 6})
    assert get_record(actor, "account", made.id).custom == {"b_double": "12", "a_more": "13"}


def test_a_formula_follows_what_its_record_links_to(actor: Actor) -> None:
    parent, other = account(actor, "Parent", city="Graz"), account(actor, "Other", city="Linz")
    child = account(actor, "Child", parent=parent.id)
    formula(actor, "upper(parent.city)", result="text")
    formula(actor, 'parent.calc & "!"', result="text", name="shout")
    assert own(actor, child, "calc") == "GRAZ"
    update_record(actor, "account", parent.id, {"city": "Wien"})
    assert own(actor, child, "calc") == "WIEN"
    update_record(actor, "account", child.id, {"parent": other.id})
    assert own(actor, child, "calc") == "LINZ"
    grandchild = account(actor, "Grandchild", parent=child.id)
    assert own(actor, grandchild, "shout") == "LINZ!"
    update_record(actor, "account", child.id, {"city": "Steyr"})
    update_record(actor, "account", other.id, {"city": "Enns"})
    assert [own(actor, one, "calc") for one in (child, grandchild)] == ["ENNS", "STEYR"]
    assert own(actor, grandchild, "shout") == "ENNS!"


def test_a_circle_is_refused_and_changes_nothing(actor: Actor) -> None:
    first = formula(actor, "employees", name="one")
    formula(actor, "one + 1", name="two")
    with pytest.raises(Invalid) as refused:
        change_field(actor, first.id, {"formula": "two + 1"})
    assert refused.value.errors == {
        "formula": ["These fields follow from each other in a circle: account.two → account.one → account.two."]
    }
    assert CustomField.objects.get(id=first.id).options["formula"] == "employees"


def test_an_error_names_its_character(actor: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        formula(actor, "employees + nothing")
    assert refused.value.errors == {"formula": ["Account has no field “nothing”. (character 13)"]}
    assert not CustomField.objects.exists()


def test_a_changed_formula_is_calculated_anew(actor: Actor) -> None:
    row, made = formula(actor, "employees"), account(actor, employees=4)
    change_field(actor, row.id, {"formula": "employees * 100"})
    assert own(actor, made, "calc") == "400"


def test_what_others_follow_from_cannot_be_removed(actor: Actor) -> None:
    plain = create_field(actor, {"object": "account", "kind": "number", "label_en": "Points", "name": "points"})
    row = formula(actor, "points + 1")
    with pytest.raises(Conflict):
        remove_field(actor, plain.id)
    remove_field(actor, row.id)
    remove_field(actor, plain.id)
    with pytest.raises(Conflict):
        restore_field(actor, row.id)
    restore_field(actor, plain.id)
    restore_field(actor, row.id)
    assert account(actor, points=4).custom == {"points": "4", "calc": "5"}


def test_roll_ups_follow_their_records(actor: Actor) -> None:
    one, two = account(actor, "One"), account(actor, "Two")
    rollup(actor, "account.parent", "count", name="children")
    rollup(actor, "account.parent", "sum", value="employees", where='city = "Graz"', name="persons")
    rollup(actor, "account.parent", "max", value="employees", name="largest")
    rollup(actor, "account.parent", "average", value="employees", name="mean")
    assert own(actor, one, "children") == "0"
    made = change_records(
        actor, "account",
        [Create({"name": f"C{n}", "parent": one.id, "employees": n, "city": "Graz" if n % 2 else "Linz"}) for n in (1, 2, 4)],
    )  # fmt: skip
    assert get_record(actor, "account", one.id).custom == {
        "children": "3",
        "persons": "1",
        "largest": "4",
        "mean": "2.3333",
    }
    update_record(actor, "account", made[1].id, {"city": "Graz"})
    assert own(actor, one, "persons") == "3"
    update_record(actor, "account", made[2].id, {"parent": two.id})
    assert (own(actor, one, "largest"), own(actor, two, "largest"), own(actor, two, "children")) == ("2", "4", "1")
    delete_record(actor, "account", made[0].id)
    assert (own(actor, one, "children"), own(actor, one, "persons")) == ("1", "2")
    restore_record(actor, "account", made[0].id)
    assert (own(actor, one, "children"), own(actor, one, "persons")) == ("2", "3")
    # Nobody edited the parent: who has its form open is not told to start again.
    assert get_record(actor, "account", one.id).version == 1


def test_roll_ups_over_links_of_ones_own(actor: Actor) -> None:
    create_field(actor, {"object": "contact", "kind": "link", "label_en": "Agency", "name": "agency", "to": "account"})
    rollup(actor, "contact.agency", "count")
    one = account(actor)
    made = create_record(actor, "contact", {"family_name": "Wang", "agency": one.id})
    assert own(actor, one, "rolled") == "1"
    update_record(actor, "contact", made.id, {"agency": None})
    assert own(actor, one, "rolled") == "0"


def test_a_formula_over_a_roll_up_of_formulas(actor: Actor) -> None:
    formula(actor, "employees * 10", name="weight")
    rollup(actor, "account.parent", "sum", value="weight", name="load")
    formula(actor, "load + 1", name="after_load")
    top = account(actor, "Top")
    child = account(actor, "Child", parent=top.id, employees=2)
    assert own(actor, top, "after_load") == "21"
    update_record(actor, "account", child.id, {"employees": 3})
    assert own(actor, top, "after_load") == "31"
    with pytest.raises(Invalid):
        change_field(actor, CustomField.objects.get(name="weight").id, {"formula": "parent.after_load"})


def test_the_settings_make_a_formula_and_try_it(actor: Actor) -> None:
    client = sign_in(actor)
    account(actor, "Hartmann", employees=4)
    form = {"object": "account", "result": "number", "formula": "employees * 2"}
    state = client.post("/settings/fields/formula?part=formula", form)
    assert (state.status_code, "Hartmann" in state.content.decode(), ">8<" in state.content.decode()) == (
        200,
        True,
        True,
    )
    wrong = client.post("/settings/fields/formula?part=formula", {**form, "formula": 'employes & "<b>"'})
    assert '<mark class="formula-wrong">employes</mark> &amp; &#34;&lt;b&gt;&#34;' in wrong.content.decode()
    page = client.get("/settings/fields/new?object=account&kind=formula")
    assert (page.status_code, 'name="formula"' in page.content.decode()) == (200, True)
    refused = client.post(
        "/settings/fields/new", {**form, "kind": "formula", "label_en": "Double", "formula": "employes"}
    )
    assert (refused.status_code, "(character 1)" in refused.content.decode()) == (422, True)
    made = client.post("/settings/fields/new", {**form, "kind": "formula", "label_en": "Double"})
    assert (made.status_code, made.headers["Location"]) == (302, "/settings/fields/?object=account")
    row = CustomField.objects.get(name="double")
    assert (row.kind, row.options["formula"]) == ("formula", "employees * 2")
    assert "employees * 2" in client.get(f"/settings/fields/{row.id}/").content.decode()
    assert client.get("/settings/fields/?object=account").status_code == 200


def test_the_settings_make_a_roll_up(actor: Actor) -> None:
    client = sign_in(actor)
    assert "opportunity.account" in client.get("/settings/fields/new?object=account&kind=rollup").content.decode()
    form = {
        "object": "account", "kind": "rollup", "label_en": "Children", "result": "number", "of": "account.parent",
        "function": "count", "value": "", "where": "blank(city)",
    }  # fmt: skip
    refused = client.post("/settings/fields/new", {**form, "of": "nothing"})
    assert (refused.status_code, CustomField.objects.count()) == (422, 0)
    assert client.post("/settings/fields/new", form).status_code == 302
    row = CustomField.objects.get()
    changed = client.post(f"/settings/fields/{row.id}/", {**form, "where": "not blank(city)", "version": row.version})
    assert changed.status_code == 302
    row.refresh_from_db()
    assert row.options["rollup"]["where"] == "not blank(city)"
    assert client.get(f"/accounts/{account(actor).id}/").status_code == 200
    assert client.get("/accounts/new").status_code == 200


def test_derived_fields_over_the_api(actor: Actor) -> None:
    client = sign_in(actor)
    made = client.post(
        "/api/v1/fields", {"object": "account", "kind": "formula", "label_en": "D", "result": "money", "formula": "employees * 3"},
        content_type="application/json",
    )  # fmt: skip
    assert (made.status_code, made.json()["formula"], made.json()["result"]) == (201, "employees * 3", "money")
    record = account(actor, employees=2)
    assert client.get(f"/api/v1/accounts/{record.id}").json()["d"] == "6"
    tried = client.post(
        "/api/v1/fields/try", {"object": "account", "formula": "employees / 0 + x"}, content_type="application/json"
    )
    assert tried.json()["error"] == {"text": "Account has no field “x”.", "start": 16, "end": 17}
    good = client.post(
        "/api/v1/fields/try",
        {"object": "account", "formula": "name & 1", "result": "text"},
        content_type="application/json",
    )
    assert good.json()["error"]["start"] == 7
    kept = client.patch(f"/api/v1/accounts/{record.id}", {"d": "7"}, content_type="application/json")
    assert kept.status_code == 422


def test_a_sum_of_several_currencies_is_in_the_companys_own(actor: Actor) -> None:
    one = account(actor)
    day = timezone.localdate()
    set_rate("EUR", day - timedelta(days=30), Decimal("7"))
    set_rate("EUR", day + timedelta(days=30), Decimal("9"))
    rollup(actor, "opportunity.account", "sum", value="amount", name="total", result="money")
    rollup(actor, "opportunity.account", "max", value="amount * 2", name="largest", result="money")
    rollup(actor, "opportunity.account", "sum", value="amount", name="as_it_stands", result="number")
    values = {"name": "A", "account": one.id, "amount": "10"}
    home = create_record(actor, "opportunity", {**values, "currency": "CNY"})
    create_record(actor, "opportunity", {**values, "currency": "EUR"})
    record = get_record(actor, "account", one.id)
    assert record.custom == {"total": "80", "largest": "140", "as_it_stands": "20"}
    update_record(actor, "opportunity", home.id, {"currency": "EUR"})
    assert (own(actor, one, "total"), own(actor, one, "as_it_stands")) == ("140", "20")
    set_rate("USD", day - timedelta(days=30), Decimal("6.5"))
    update_record(actor, "opportunity", home.id, {"currency": "USD", "amount": "20"})
    assert own(actor, one, "total") == "200"
    ExchangeRate.objects.filter(currency="USD").delete()
    graph = read_graph()
    total = graph.find("account", "total")
    assert total is not None and total.dated
    recompute(total, [one.id], graph.setting())
    assert own(actor, one, "total") is None
