"""Values of own fields: in and out, compared in SQL and in Python, on the screens, in files; hidden ones leak nowhere."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, User
from guanxi.records import registry
from guanxi.records.addresses import PARTS
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.custom import custom_fields
from guanxi.records.exports.services import begin_export, export_bytes
from guanxi.records.history import read_history
from guanxi.records.imports.rules import Rule, guess_rules, rules_of
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.models import CustomField
from guanxi.records.operations import Selection, start_operation
from guanxi.records.own_fields import KINDS, change_field, list_fields
from guanxi.records.queries import get_record, visible_records
from guanxi.records.search import search
from guanxi.records.tests.importing import figures, imported, refusals
from guanxi.records.tests.test_own_fields import account, make, slot_of
from guanxi.records.tests.test_views import HTMX, sign_in


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


GOOD: dict[str, list[tuple[Any, Any]]] = {
    "text": [("  Grün ", "Grün"), ("a\nb", "a b")],
    "longtext": [("one\r\ntwo", "one\ntwo"), ("x" * 5000, "x" * 5000)],
    "number": [("1,234.50", "1234.5"), (7, "7"), ("-0.00014", "-0.0001")],
    "money": [("480000", "480000"), (12.5, "12.5")],
    "date": [("2026-11-22", "2026-11-22")],
    "datetime": [("2026-11-22T08:00:00+08:00", "2026-11-22T00:00:00Z")],
    "bool": [(True, True), ("no", False)],
    "choice": [("gold", "gold")],
    "multichoice": [(["silver", "gold", "silver"], ["silver", "gold"])],
    "email": [("a@b.example", "a@b.example")],
    "phone": [("+86 138 0000 1234", "+86 138 0000 1234")],
    "url": [("example.com/x", "example.com/x")],
    "address": [
        ({"city": " Ulm ", "country": "germany", "region": ""}, {"city": "Ulm", "country": "DE"}),
        ('{"street": "Weg 1"}', {"street": "Weg 1"}),
    ],
}
BAD: dict[str, list[Any]] = {
    "text": ["x" * 256, "a\x00b", ["list"], {"a": 1}],
    "longtext": ["x" * 100_001, {"a": 1}],
    "number": ["seven", "1e30", True, "NaN"],
    "money": ["much", "1e15"],
    "date": ["2026-13-01", "tomorrow"],
    "datetime": ["soon", "9999-12-31T23:59:59-12:00"],
    "bool": ["perhaps"],
    "choice": ["bronze", "Gold"],
    "multichoice": [["gold", "bronze"]],
    "email": ["nobody"],
    "phone": ["1" * 61],
    "url": ["not a web address"],
    "address": ["Ulm", {"planet": "Mars"}, {"country": "Atlantis"}, {"city": "x" * 121}],
    "link": ["nobody", "01a20028-6c8d-7702-b406-bef3401194cb"],
}


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind in GOOD])
def test_every_kind_goes_in_and_comes_out_and_tells_what_is_wrong(actor: Actor, kind: str) -> None:
    name = make(actor, kind).name
    record = account(actor)
    for given_, stored in GOOD[kind]:
        update_record(actor, "account", record.id, {name: given_})
        fresh = get_record(actor, "account", record.id)
        assert fresh.custom == {name: stored}
        row = list_records(actor, ListQuery(object="account", fields=(name,))).rows[0]
        assert row[name] == stored
        update_record(actor, "account", record.id, {name: row[name]})
        assert get_record(actor, "account", record.id).version == fresh.version
    for wrong in BAD[kind]:
        with pytest.raises(Invalid) as refusal:
            update_record(actor, "account", record.id, {name: wrong})
        assert list(refusal.value.errors) == [name]
    assert get_record(actor, "account", record.id).custom == {name: GOOD[kind][-1][1]}
    update_record(actor, "account", record.id, {name: None})
    slot = custom_fields("account")[name].slot
    left = get_record(actor, "account", record.id).custom
    assert left == ({name: False} if kind == "bool" else {})
    if slot:
        assert slot_of(record, slot) == (0 if kind == "bool" else None)


@pytest.mark.parametrize("form", ["jsonl", "csv", "xlsx"])
def test_what_was_exported_is_read_back_as_it_was(actor: Actor, form: str) -> None:
    person = create_record(actor, "contact", {"name": "刘倩"})
    values: dict[str, Any] = {make(actor, kind, label=f"Our {kind}").name: pairs[0][0] for kind, pairs in GOOD.items()}
    values[make(actor, "link", label="Referee").name] = str(person.id)
    names = list(values)
    full, bare = account(actor, "Full", **values), account(actor, "Bare")
    fields = [
        part
        for name in names
        for part in ([f"{name}.{one}" for one in PARTS] if form != "jsonl" and name == "our_address" else [name])
    ]
    query = ListQuery(object="account", fields=("code", "name", *fields))
    content = b"".join(export_bytes(begin_export(actor, query, form=form)))
    again = imported(actor, content, name=f"accounts.{form}", key="code", policy="update")
    assert (figures(again), again.unchanged, refusals(again)) == ((2, 0, 2, 0, 0), 2, [])
    known = {name: get_record(actor, "account", full.id).custom[name] for name in names}
    for record in (full, bare):
        delete_record(actor, "account", record.id)
    fresh = imported(actor, content, name=f"accounts.{form}", mapping=[rule for rule in rules_of(again.mapping) if rule.field != "code"])  # fmt: skip
    assert (figures(fresh), refusals(fresh)) == ((2, 2, 0, 0, 0), [])
    made = {row.name: row for row in visible_records(actor, "account")}
    assert made["Full"].custom == known
    assert {name for name, value in made["Bare"].custom.items() if value} == set()


def test_a_link_names_a_record_that_exists(actor: Actor) -> None:
    person = create_record(actor, "contact", {"name": "刘倩"})
    name = make(actor, "link", label="Referee").name
    record = account(actor, referee=str(person.id))
    row = list_records(actor, ListQuery(object="account", fields=(name,))).rows[0]
    assert row[name] == {"id": str(person.id), "label": "刘倩"}
    for wrong in BAD["link"]:
        with pytest.raises(Invalid) as refusal:
            update_record(actor, "account", record.id, {name: wrong})
        assert refusal.value.errors == {name: ["No such record."]}
    found = list_records(
        actor, ListQuery(object="account", criteria={"field": name, "op": "is", "value": str(person.id)})
    )
    assert [item["id"] for item in found.rows] == [str(record.id)]


TYPED: dict[str, Any] = {
    "text": st.sampled_from(["", "Alpha", "alpha beta", "Zeta", "甲"]),
    "number": st.sampled_from([None, "-3", "2", "9", "10", "10.5"]),
    "date": st.sampled_from([None, "2025-12-31", "2026-01-01", "2026-11-22"]),
    "datetime": st.sampled_from([None, "2025-12-31T23:00:00Z", "2026-01-01T00:00:00.5Z", "2026-11-22T08:00:00Z"]),
    "bool": st.sampled_from([None, True, False]),
    "choice": st.sampled_from([None, "gold", "silver"]),
    "multichoice": st.sampled_from([[], ["gold"], ["silver", "gold"]]),
}
OPS: dict[str, tuple[str, ...]] = {
    "text": ("is", "is_not", "contains", "starts", "empty", "not_empty"),
    "number": ("is", "is_not", "gt", "gte", "lt", "lte", "empty", "not_empty"),
    "date": ("is", "is_not", "gt", "gte", "lt", "lte", "empty", "not_empty"),
    "datetime": ("is", "is_not", "gt", "gte", "lt", "lte", "empty", "not_empty"),
    "bool": ("is", "is_not"),
    "choice": ("is", "is_not", "in", "not_in", "empty", "not_empty"),
    "multichoice": ("contains", "empty", "not_empty"),
}


@pytest.mark.parametrize("kind", list(TYPED))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
)
@given(data=st.data())
def test_criteria_mean_the_same_in_sql_and_python_with_and_without_a_slot(actor: Actor, kind: str, data: Any) -> None:
    if not CustomField.objects.exists():
        for number in range(9):
            make(actor, kind, name=f"own_{number}")
        for position in range(3):
            account(actor, f"Account {position}")
    slots = [row for row in list_fields(actor, "account") if row.slot]
    free = [row for row in list_fields(actor, "account") if not row.slot]
    values = data.draw(st.lists(TYPED[kind], min_size=3, max_size=3))
    op, value = (
        data.draw(st.sampled_from(OPS[kind])),
        data.draw(TYPED[kind].filter(lambda one: one not in (None, "", []))),
    )
    records = list(visible_records(actor, "account").order_by("name"))
    negated = data.draw(st.booleans())
    wanted = [value] if op in ("in", "not_in") else value[0] if isinstance(value, list) else value
    answers = []
    for row in [one for one in (slots[:1] + free[:1]) if one]:
        for record, given_ in zip(records, values, strict=True):
            update_record(actor, "account", record.id, {row.name: given_})
        plain: dict[str, Any] = {"field": row.name, "op": op, "value": wanted}
        criteria = {"not": plain} if negated else plain
        found = compile_q(actor, "account", criteria).apply(visible_records(actor, "account"))
        test = compile_predicate(actor, "account", criteria)
        fresh = visible_records(actor, "account")
        names = sorted(found.values_list("name", flat=True))
        assert names == sorted(record.name for record in fresh if test(record)), (row.slot, op, wanted, values)
        answers.append(names)
    assert len({tuple(names) for names in answers}) == 1


@pytest.mark.parametrize("kind", ["number", "date", "datetime", "text", "choice"])
def test_sorting_pages_through_slots_and_json_alike(actor: Actor, kind: str) -> None:
    for number in range(9):
        make(actor, kind, name=f"own_{number}")
    rows = list_fields(actor, "account")
    values = {"number": ["10", "9", None, "-1"], "date": ["2026-02-01", "2025-03-01", None, "2026-01-31"],
              "datetime": ["2026-02-01T00:00:00Z", "2026-01-01T00:00:00.5Z", None, "2026-01-01T00:00:00Z"],
              "text": ["b", "c", None, "a"], "choice": ["gold", "silver", None, "gold"]}[kind]  # fmt: skip
    last = rows[-1].name
    assert rows[-1].slot == ""
    for at, value in enumerate(values):
        account(actor, f"Account {at}", own_0=value, **{last: value})
    for sort in ("own_0", "-own_0"):
        whole = list_records(actor, ListQuery(object="account", sort=sort, fields=("name",))).rows
        other = list_records(
            actor, ListQuery(object="account", sort=sort.replace("own_0", last), fields=("name",))
        ).rows
        assert [row["name"] for row in other] == [row["name"] for row in whole]
        paged, cursor = [], ""
        while cursor is not None:
            page = list_records(
                actor,
                ListQuery(object="account", sort=sort.replace("own_0", last), fields=("name",), limit=1, cursor=cursor),
            )
            paged += [row["name"] for row in page.rows]
            cursor = page.next  # type: ignore[assignment]
        assert paged == [row["name"] for row in whole]


def test_a_list_with_own_columns_asks_no_more_than_one_without(actor: Actor) -> None:
    person = create_record(actor, "contact", {"name": "刘倩"})
    for kind in KINDS:
        make(actor, kind)
    names = tuple(custom_fields("account"))
    for number in range(5):
        account(actor, f"A{number}", my_text="x", my_link=str(person.id), my_choice="gold")
    with CaptureQueriesContext(connection) as plain_list:
        list_records(actor, ListQuery(object="account", fields=("name", "owner")))
    with CaptureQueriesContext(connection) as with_own:
        list_records(actor, ListQuery(object="account", fields=("name", "owner", *names)))
    # None to know the fields, none for their values and the names behind links.
    assert (len(plain_list), len(with_own)) == (1, 1)


def test_a_batch_of_changes_reads_the_fields_once(actor: Actor) -> None:
    make(actor, label="Nickname")
    ids = [account(actor, f"A{number}").id for number in range(12)]
    with CaptureQueriesContext(connection) as queries:
        values = {"values": {"nickname": "N"}}
        assert start_operation(actor, "account", "edit", values, Selection(ids)).done == 12
    asked = [query["sql"] for query in queries if 'FROM "records_customfield"' in query["sql"]]
    # Those of the object, and those that follow from others; kept from one request to the next.
    assert len(asked) <= 4, "\n".join(asked)


def test_a_hidden_or_masked_field_leaks_nowhere(actor: Actor, rep_actor: Actor) -> None:
    make(actor, label="Secret")
    record = account(actor, secret="Nachtigall", owner=str(rep_actor.member_id))
    role = Role.objects.get(key="sales")
    for access in ("hidden", "masked"):
        reader = replace(rep_actor, field_access={**role.field_access, "account": {"secret": access}})
        assert search(reader, "Nachtigall") == []
        for refused in (
            lambda reader=reader: compile_q(reader, "account", {"field": "secret", "op": "is", "value": "Nachtigall"}),
            lambda reader=reader: list_records(reader, ListQuery(object="account", sort="secret")),
            lambda reader=reader: update_record(reader, "account", record.id, {"secret": "x"}),
        ):
            with pytest.raises(Invalid):
                refused()
        listed = list_records(reader, ListQuery(object="account")).rows[0]
        assert "Nachtigall" not in str(listed)
        assert ("secret" in listed) == (access == "masked")
        assert "Nachtigall" not in str(read_history(reader, "account", record.id))
    Role.objects.filter(key="sales").update(field_access={"account": {"secret": "hidden"}})
    client = sign_in(rep_actor)
    for address in (
        f"/accounts/{record.id}/", f"/accounts/{record.id}/?tab=history", f"/accounts/{record.id}/edit", f"/accounts/{record.id}/preview",
        "/accounts/?columns=name,secret", "/accounts/export?columns=name,secret", "/accounts/filter", "/accounts/columns", "/accounts/new",
        "/accounts/bulk/edit?id=" + str(record.id),
    ):  # fmt: skip
        text = client.get(address, **HTMX).content.decode()
        assert "Nachtigall" not in text, address
        assert "Secret" not in text or address.startswith(f"/accounts/{record.id}/"), address
    assert get_record(actor, "account", record.id).custom == {"secret": "Nachtigall"}


def test_the_screens_know_a_new_field_at_once(actor: Actor, client: Client) -> None:
    created = client.post(
        "/settings/fields/new",
        {
            "object": "account", "kind": "choice", "label_en": "Level", "label_zh": "等级", "help_en": "How dear", "help_zh": "",
            "name": "", "choice_row_value": ["", "", ""], "choice_row_label_en": ["Gold", "Silver", ""],
            "choice_row_label_zh": ["金", "银", ""], "choice_row_tone": ["amber", "grey", "grey"],
        },
    )  # fmt: skip
    assert (created.status_code, created["Location"]) == (302, "/settings/fields/?object=account")
    row = CustomField.objects.get()
    assert [item["value"] for item in row.options["choices"]] == ["gold", "silver"]
    page = client.get("/settings/fields/?object=account").content.decode()
    assert "Level" in page and "own column" in page
    form = client.get("/accounts/new").content.decode()
    assert "Level" in form and "How dear" in form and '<option value="gold"' in form
    answer = client.post("/accounts/new", {"name": "Hartmann", "level": "gold", "_fields": "name,level"})
    assert answer.status_code in (204, 302)
    record = visible_records(actor, "account").get()
    assert record.custom == {"level": "gold"}
    detail = client.get(f"/accounts/{record.id}/").content.decode()
    assert "Level" in detail and "Gold" in detail and f"/accounts/{record.id}/cell/level" in detail
    listed = client.get("/accounts/?columns=name,level&sort=-level").content.decode()
    assert "dot-amber" in listed and "Gold" in listed
    assert "Level" in client.get("/accounts/columns", **HTMX).content.decode()
    bulk = client.get(f"/accounts/bulk/field?field=level&id={record.id}", **HTMX).content.decode()
    assert '<option value="silver"' in bulk
    exported = client.get("/accounts/export?columns=name,level").content.decode()
    assert exported.splitlines()[0].endswith("Level") and exported.splitlines()[1].endswith("Gold")
    cell = client.post(f"/accounts/{record.id}/cell/level", {"level": "silver", "_fields": "level"}, **HTMX)
    assert "Silver" in cell.content.decode()
    history = client.get(f"/accounts/{record.id}/?tab=history").content.decode()
    assert "Level" in history and "Gold" in history and "Silver" in history
    User.objects.update(language="zh-hans")
    chinese = client.get(f"/accounts/{record.id}/").content.decode()
    assert "等级" in chinese and "银" in chinese


def test_a_required_field_and_a_default_are_told_in_the_form(actor: Actor, client: Client) -> None:
    make(actor, label="Territory", required=True)
    make(actor, "number", label="Floors", default="2")
    form = client.get("/accounts/new").content.decode()
    assert 'name="floors"' in form and 'value="2"' in form
    refused = client.post(
        "/accounts/new", {"name": "Hartmann", "territory": "", "floors": "two", "_fields": "name,territory,floors"}
    )
    text = refused.content.decode()
    assert refused.status_code == 422
    assert "Fill in this field." in text and "A number is expected." in text
    assert not visible_records(actor, "account").exists()


def test_two_administrators_change_one_field(actor: Actor, client: Client) -> None:
    row = make(actor, "choice", label="Level")
    page = client.get(f"/settings/fields/{row.id}/").content.decode()
    before = page.split('name="before" value="')[1].split('"')[0].replace("&#34;", '"').replace("&quot;", '"')
    change_field(actor, row.id, {"label_zh": "等级"})
    rows = {"choice_row_value": ["gold", "silver"], "choice_row_label_en": ["Top", "Silver"], "choice_row_label_zh": ["金", "银"],
            "choice_row_tone": ["amber", "grey"]}  # fmt: skip
    form = {"label_en": "Level", "label_zh": "", "help_en": "", "help_zh": "", "before": before, "version": "1", **rows}
    assert client.post(f"/settings/fields/{row.id}/", form).status_code == 302
    row.refresh_from_db()
    assert (row.label_zh, row.options["choices"][0]["label_en"]) == ("等级", "Top")
    change_field(actor, row.id, {"label_zh": "级别"})
    again = client.post(f"/settings/fields/{row.id}/", {**form, "label_zh": "层级"})
    assert again.status_code == 412
    assert "级别" in again.content.decode() and "层级" in again.content.decode()


def test_settings_buttons_move_remove_restore_and_purge(actor: Actor, client: Client) -> None:
    first, second = make(actor, label="First"), make(actor, label="Second")
    client.post(f"/settings/fields/{second.id}/move", {"to": "1"})
    assert [row.name for row in list_fields(actor, "account")] == ["second", "first"]
    client.post(f"/settings/fields/{first.id}/delete")
    assert "Removed fields" in client.get("/settings/fields/?object=account").content.decode()
    client.post(f"/settings/fields/{first.id}/restore")
    assert [row.name for row in list_fields(actor, "account")] == ["second", "first"]
    client.post(f"/settings/fields/{first.id}/delete")
    client.post(f"/settings/fields/{first.id}/purge")
    first.refresh_from_db()
    assert first.options["purging"] is True


def test_a_file_finds_own_fields_by_either_label(actor: Actor) -> None:
    make(actor, label="Level of care", label_zh="服务等级")
    headers = ["Name", "服务等级"]
    assert Rule("level_of_care", 1) in guess_rules(actor, registry.get("account"), headers)
    assert Rule("level_of_care", 1) in guess_rules(actor, registry.get("account"), ["Name", "level of care"])


def test_a_file_fills_own_fields_and_tells_what_is_wrong_by_their_label(actor: Actor) -> None:
    create_record(actor, "contact", {"name": "刘倩"})
    make(actor, "choice", label="Care", label_zh="服务类别", required=True)
    make(actor, "number", label="Machines")
    make(actor, "link", label="Referee")
    make(actor, label="Came by", default="file")
    text = "Name,服务类别,Machines,Referee\nGood,金,12,刘倩\nBad,gold,many,\nNobody,silver,,Somebody\nEmpty,,1,\n"
    done = imported(actor, text)
    assert figures(done) == (4, 1, 0, 0, 3)
    record = visible_records(actor, "account").get()
    contact = visible_records(actor, "contact").get()
    assert record.custom == {"care": "gold", "machines": "12", "referee": str(contact.id), "came_by": "file"}
    reasons = " ".join(reason for _number, _cells, reason in refusals(done))
    assert "Machines" in reasons and "Referee" in reasons and "Care: Fill in this field." in reasons
    with pytest.raises(Invalid) as refusal:
        imported(actor, "Name,City\nGood,Kiel\n")
    assert "Care" in str(refusal.value.errors)


def test_roles_can_restrict_own_fields(actor: Actor, client: Client) -> None:
    make(actor, label="Level of care")
    role = Role.objects.get(key="sales")
    text = client.get(f"/settings/roles/{role.id}/").content.decode()
    assert 'name="f.account.level_of_care"' in text and "Level of care" in text


def test_history_tells_what_a_new_record_held(actor: Actor) -> None:
    make(actor, "date", label="Since")
    record = account(actor, since="2026-11-22")
    line = read_history(actor, "account", record.id)[0]
    assert ("since", None, "2026-11-22") in line.changes
    assert slot_of(record, "sd1") == datetime(2026, 11, 22, tzinfo=UTC)
