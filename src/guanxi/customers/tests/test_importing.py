"""Imports carried out: policies, keys, references, refusals, and the fast way beside the slow one."""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import AccountContact, Identity
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.history import read_history
from guanxi.records.imports import settling
from guanxi.records.imports.rules import Rule
from guanxi.records.imports.services import decide
from guanxi.records.models import Import, ImportRow
from guanxi.records.search import search
from guanxi.records.tests.importing import begun, figures, imported, refusals

Account: Any = registry.get("account").model
Contact: Any = registry.get("contact").model
CHINESE = "客户名称,城市,员工人数,标签\n华东精密机械有限公司,宁波,420,重点\n青岛海纳食品集团,青岛,88,\n"


def test_every_row_becomes_a_record_with_history_search_and_identity(actor: Actor) -> None:
    text = "Name,City,Employees,Tags,E-mail,Phone\n华东精密,宁波,420,重点,Info@HD.example,138 0013 8000\nBauer AG,Köln,,,,\n"
    done = imported(actor, text.encode(), tag="fair")
    assert figures(done) == (2, 2, 0, 0, 0)
    first = Account.objects.get(name="华东精密")
    assert (first.city, first.employees, first.tags, first.owner_id) == ("宁波", 420, ["重点", "fair"], actor.member_id)
    assert (first.email_norm, first.phone_e164, first.name_sort) == (
        "info@hd.example",
        "+8613800138000",
        "hua dong jing mi",
    )
    assert [(line.via, line.action) for line in read_history(actor, "account", first.id)] == [("import", "created")]
    assert Change.objects.filter(batch_id=done.id).count() == 2
    assert sorted(Identity.objects.filter(account=first).values_list("kind", "value")) == [
        ("email", "info@hd.example"),
        ("phone", "+8613800138000"),
    ]
    assert [hit.id for hit in search(actor, "hdjm")] == [first.id]
    codes = sorted(Account.objects.values_list("code", flat=True))
    assert len(set(codes)) == 2
    assert all(code.startswith("AC-") for code in codes)


def test_bad_rows_are_refused_alone_with_their_reasons(actor: Actor) -> None:
    text = "Name,E-mail,Employees,Grade\nA,a@x.example,1,A\nB,not-a-mail,2,B\n,c@x.example,3,C\nD,d@x.example,many,D\nE,,,Z\nF,,,\nG,,1,A,more\n"
    done = imported(actor, text)
    assert figures(done) == (7, 2, 0, 0, 5)
    assert sorted(Account.objects.values_list("name", flat=True)) == ["A", "F"]
    assert [(number, cells[0]) for number, cells, _reason in refusals(done)] == [
        (1, "B"),
        (2, ""),
        (3, "D"),
        (4, "E"),
        (6, "G"),
    ]
    assert all(reason for _number, _cells, reason in refusals(done))


@pytest.mark.parametrize(("policy", "expected", "city", "industry"), [
    ("skip", (3, 1, 0, 2, 0), "Ulm", ""),
    ("update", (3, 1, 2, 0, 0), "Kiel", "Food"),
    ("fill", (3, 1, 2, 0, 0), "Ulm", "Food"),
    ("create", (3, 3, 0, 0, 0), "Ulm", ""),
])  # fmt: skip
def test_known_rows_follow_the_policy(
    actor: Actor, policy: str, expected: tuple[int, ...], city: str, industry: str
) -> None:
    made = create_record(actor, "account", {"name": "A", "email": "a@x.example", "city": "Ulm"})
    text = "Name,E-mail,City,Industry\nA2,A@X.example,Bonn,Food\nB,b@x.example,Bonn,\nA3,a@x.example,Kiel,\n"
    done = imported(actor, text, key="email", policy=policy)
    assert figures(done) == expected
    now = Account.objects.get(id=made.id)
    assert (now.city, now.industry) == (city, industry)
    assert now.email == "a@x.example"


def test_a_row_that_says_nothing_new_writes_nothing(actor: Actor) -> None:
    text = "Name,E-mail,Annual revenue\nA,a@x.example,1200.50\n"
    imported(actor, text)
    done = imported(actor, text, key="email", policy="update")
    assert (figures(done), done.unchanged) == ((1, 0, 1, 0, 0), 1)
    assert Account.objects.get().version == 1
    assert Account.objects.get().annual_revenue == Decimal("1200.5")


def test_a_key_that_several_records_have_is_refused(actor: Actor) -> None:
    for _twice in range(2):
        create_record(actor, "account", {"name": "Twin", "email": "t@x.example"})
    done = imported(actor, "Name,E-mail\nX,t@x.example\n", key="email", policy="update")
    assert figures(done) == (1, 0, 0, 0, 1)
    assert set(Account.objects.values_list("name", flat=True)) == {"Twin"}


def test_references_are_found_made_and_told_apart(actor: Actor) -> None:
    for _twice in range(2):
        create_record(actor, "account", {"name": "Twin"})
    create_record(actor, "account", {"name": "Parent AG"})
    done = imported(
        actor, f"Name,Parent account,Owner\nA,Parent AG,{actor.name}\nB,Twin,\nC,Nobody,\nD,A,\nE,F,\nF,E,\n"
    )
    assert figures(done) == (6, 2, 0, 0, 4)
    assert Account.objects.get(name="A").parent.name == "Parent AG"
    assert Account.objects.get(name="D").parent.name == "A"
    rules = [Rule("name", 0), Rule("account", 1, make=True)]
    done = imported(
        actor, "Name,Account\nJulia Brandt,New Ltd\nMax Brandt,New Ltd\n", object_name="contact", mapping=rules
    )
    assert figures(done) == (2, 2, 0, 0, 0)
    account = Account.objects.get(name="New Ltd")
    assert Change.objects.filter(batch_id=done.id, record_id=account.id).count() == 1
    places = (
        AccountContact.objects.filter(account=account)
        .order_by("contact__name")
        .values_list("contact__name", "is_primary")
    )
    assert list(places) == [("Julia Brandt", True), ("Max Brandt", False)]


def test_texts_are_changed_on_their_way(actor: Actor) -> None:
    rules = [
        Rule("family_name", 0, part="last", case="title"), Rule("given_name", 0, part="butlast", case="title"),
        Rule("salutation", 1, map={"Herr": "mr", "FRAU": "ms"}), Rule("city", 2, default="Kiel", squeeze=True),
        Rule("source", -1, default="partner"),
    ]  # fmt: skip
    text = "Person,Anrede,Ort\nada maria lovelace,frau,New   York\nMAX BRANDT,Herr,\n"
    done = imported(actor, text, object_name="contact", mapping=rules)
    assert (figures(done), refusals(done)) == ((2, 2, 0, 0, 0), [])
    rows = Contact.objects.order_by("family_name").values_list(
        "family_name", "given_name", "name", "salutation", "city", "source"
    )
    assert list(rows) == [
        ("Brandt", "Max", "Max Brandt", "mr", "Kiel", "partner"),
        ("Lovelace", "Ada Maria", "Ada Maria Lovelace", "ms", "New York", "partner"),
    ]


def test_codes_of_the_file_are_kept_and_the_counter_goes_on_behind_them(actor: Actor) -> None:
    done = imported(actor, "Code,Name\nAC-00077,A\nold-1,B\n,C\n", key="code", policy="update")
    assert figures(done) == (3, 3, 0, 0, 0)
    assert Account.objects.get(name="A").code == "AC-00077"
    assert create_record(actor, "account", {"name": "D"}).code == "AC-00078"
    again = imported(actor, "Code,Name\nac-00077,A2\nAC-00077,A3\nold-1,\n", key="code", policy="update")
    assert figures(again) == (3, 0, 3, 0, 0)
    assert Account.objects.get(code="AC-00077").name == "A3"
    taken = imported(actor, "Code,Name\nold-1,Z\nnew-1,Y\n", policy="create")
    assert figures(taken) == (2, 1, 0, 0, 1)


def test_a_dry_run_has_the_same_figures_and_leaves_nothing(actor: Actor) -> None:
    text = "Name,E-mail\n" + "".join(f"A{n},a{n % 7}@x.example\n" for n in range(20)) + "B,wrong\n"
    dry = imported(actor, text, key="email", policy="skip", dry=True)
    assert figures(dry) == (21, 7, 0, 13, 1)
    assert (Account.objects.count(), Change.objects.filter(batch_id=dry.id).count()) == (0, 0)
    assert [number for number, _cells, _reason in refusals(dry)] == [20]
    assert figures(imported(actor, text, key="email", policy="skip")) == (21, 7, 0, 13, 1)


def test_a_mapping_that_cannot_work_is_refused(actor: Actor) -> None:
    row = begun(actor, b"Name,City\nA,B\n")
    for rules in ([Rule("name", 0), Rule("name", 1)], [Rule("city", 1)], [Rule("name", 9)], [Rule("nothing", 0)]):
        with pytest.raises(Invalid):
            decide(actor, row.id, rules=rules)
    assert [rule["field"] for rule in Import.objects.get().mapping] == ["name", "city"]


def test_who_may_not_import_or_write_is_refused(rep_actor: Actor, actor: Actor) -> None:
    role = replace(rep_actor, grants={"*": {"view": "all", "create": "all"}})
    with pytest.raises(NotAllowed):
        begun(role, b"Name\nA\n")
    own = replace(rep_actor, is_admin=False, grants={"account": {"view": "all", "create": "own", "import": "all"}})
    done = imported(own, f"Name,Owner\nA,{actor.name}\nB,\n")
    assert figures(done) == (2, 1, 0, 0, 1)
    assert Account.objects.get().owner_id == rep_actor.member_id
    masked = replace(own, field_access={"account": {"email": "read"}})
    assert [rule["field"] for rule in begun(masked, b"Name,E-mail\nA,a@x.example\n").mapping] == ["name"]


NAMES = st.sampled_from(
    [
        "",
        "Müller AG",
        "华东精密",
        "a",
        "=1+1",
        "x" * 201,
        "Ünï\u0301",
        " b ",
        'say "hi", you',
        "tab\there",
        "\\N",
        "\\",
        "{}",
        "全角\u3000空格",
        "del\x7f",
        "nbsp\u00a0x",
        "🙂",
    ]
)
MAILS = st.sampled_from(["", "a@x.example", "A@x.example", "no mail", "ü@x.example", "b@xn--bcher-kva.example"])
PHONES = st.sampled_from(
    ["", "138 0013 8000", "+49 30 123456", "021-5555 1234", "call me", "+1", "008613800138000", "95588"]
)
NUMBERS = st.sampled_from(
    [
        "",
        "1",
        "0",
        "1,200",
        "1.5",
        "-3",
        "many",
        "99999999999",
        "1,2",
        "0.00",
        "0012.30",
        "1.23456",
        "999999999999.9999",
        "9e3",
        "١٢",
    ]
)
DAYS = st.sampled_from(["", "2024-02-29", "2023-02-29", "2024/3/1", "2024年3月1日", "someday"])
GRADES = st.sampled_from(["", "A", "b", "Z", "C"])
ROWS = st.lists(
    st.tuples(NAMES, MAILS, PHONES, NUMBERS, NUMBERS, DAYS, GRADES, st.sampled_from(["", "cn", "DE", "XXX"])),
    max_size=12,
)
HEADS = ["name", "email", "phone", "employees", "annual_revenue", "customer_since", "grade", "country"]


@settings(
    max_examples=16, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(ROWS, st.sampled_from(["create", "skip", "update", "fill"]))
def test_the_fast_way_has_the_result_of_the_slow_one(actor: Actor, rows: list[tuple[str, ...]], policy: str) -> None:
    text = as_csv(rows)
    fast = outcome(actor, text, policy)
    with patch.object(settling, "_create_at_once", side_effect=settling.IntegrityError):
        slow = outcome(actor, text, policy)
    assert fast == slow


def as_csv(rows: list[tuple[str, ...]]) -> bytes:
    lines = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in row)
        for row in [tuple(HEADS), *rows, ("end", *[""] * 7)]
    ]
    return "\n".join(lines).encode()


def outcome(actor: Actor, text: bytes, policy: str) -> Any:
    """All that an import leaves, without ids, times and codes; taken back afterwards."""
    try:
        with tenant_tx(actor.tenant_id):
            done = imported(actor, text, key="email" if policy != "create" else "", policy=policy)
            fields = [
                field.name
                for field in Account._meta.concrete_fields
                if field.name not in ("id", "code", "created_at", "updated_at")
            ]
            records = list(Account.objects.order_by("id").values_list(*fields))
            order = {
                key: place for place, key in enumerate(Account.objects.order_by("id").values_list("id", flat=True))
            }
            history = sorted(
                (order[row.record_id], row.version, row.action, row.via, row.member_id, sorted(
                    (name, str(pair)) for name, pair in row.diff.items() if name not in ("code", "created_at", "updated_at")))
                for row in Change.objects.filter(batch_id=done.id)
            )  # fmt: skip
            known = sorted((order[row.account_id], row.kind, row.value) for row in Identity.objects.all())
            raise TakenBack((figures(done), done.unchanged, refusals(done), records, history, known))
    except TakenBack as result:
        return result.args[0]


class TakenBack(Exception):
    """Carries a result out of a transaction that is taken back."""


DIRT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.lists(DIRT, max_size=8),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030", "utf-16", "cp1252"]),
    st.binary(max_size=6),
)
def test_no_row_is_ever_lost_in_a_dirty_file(actor: Actor, lines: list[str], encoding: str, noise: bytes) -> None:
    text = "name,email,employees\nGood AG,g@x.example,1\n" + "\n".join(lines)
    try:
        with tenant_tx(actor.tenant_id):
            try:
                done = imported(actor, text.encode(encoding, "replace") + noise)
            except Invalid as refusal:
                assert set(refusal.errors) <= {"file", "", "mapping"}
            else:
                read, created, _updated, _skipped, refused = figures(done)
                assert (Account.objects.count(), ImportRow.objects.count()) == (created, refused)
                assert read >= 1
            raise TakenBack
    except TakenBack:
        return
