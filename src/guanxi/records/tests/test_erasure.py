"""A person who is erased is gone from every corner, and the books stay whole."""

from decimal import Decimal
from typing import Any

import pytest
from conftest import PASSWORD, actor_of
from django.apps import apps
from django.db import connection

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.files import store_file
from guanxi.core.models import AccessEntry, Change, OutboxEvent, StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.services import create_user
from guanxi.records import registry
from guanxi.records.as_of import moment_of, record_as_of
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.holds import place_hold
from guanxi.records.models import Erasure
from guanxi.records.own_fields import create_field
from guanxi.records.privacy.finding import find_person
from guanxi.records.privacy.reporting import report_person
from guanxi.records.privacy.services import agree_erasure, ask_erasure, erasures, refuse_erasure, set_takes_two
from guanxi.records.privacy.words import words_of
from guanxi.records.search import search
from guanxi.records.tests.test_views import sign_in

SECRETS = (
    "wei.wang@rhein.example",
    "王伟",
    "Wei Wang",
    "13800138000",
    "weiwang1980",
    "Fliederweg",
    "+8613800138000",
    "Wanderweg",
)


def model_of(name: str) -> Any:
    return registry.get(name).model


@pytest.fixture
def person(actor: Actor) -> Any:
    """A contact of a company, with traces in many rooms."""
    account = create_record(
        actor, "account", {"name": "Rheinwerk", "description": "Talk to 王伟, wei.wang@rhein.example"}
    )
    contact = create_record(
        actor,
        "contact",
        {
            "family_name": "王", "given_name": "伟", "account": account.id, "email": "wei.wang@rhein.example", "mobile": "+86 138 0013 8000",
            "wechat": "weiwang1980", "street": "Fliederweg 3", "birthday": "1980-05-06", "description": "Likes 白茶", "hobbies": ["Go"],
        },
    )  # fmt: skip
    update_record(actor, "contact", contact.id, {"street": "Wanderweg 7"})
    create_record(actor, "note", {"body": "王伟 called", "contact": contact.id, "account": account.id})
    create_record(actor, "note", {"body": "The director said that 138 0013 8000 is engaged", "account": account.id})
    create_record(actor, "task", {"subject": "Call 王伟", "contact": contact.id, "account": account.id})
    create_record(
        actor, "interaction", {"channel": "mail", "direction": "in", "subject": "Offer", "body": "王伟 wrote", "contact": contact.id}
    )  # fmt: skip
    create_record(
        actor, "opportunity", {"name": "Presses for 王伟", "account": account.id, "contact": contact.id, "amount": "1000"}
    )  # fmt: skip
    return contact


def everything(actor: Actor) -> dict[str, str]:
    """All rows of all tables of the company as text, by table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model.__module__.startswith("guanxi."):
                table = model._meta.db_table
                cursor.execute(f'SELECT coalesce(string_agg(t::text, chr(10)), $$$$) FROM "{table}" t')
                found[table] = cursor.fetchone()[0]
    return found


def telling(actor: Actor, secrets: tuple[str, ...] = SECRETS) -> list[tuple[str, str]]:
    return [
        (table, line)
        for table, text in everything(actor).items()
        for line in text.splitlines()
        if any(word in line for word in secrets)
    ]


def test_nothing_of_a_contact_is_left_anywhere(actor: Actor, person: Any) -> None:
    assert telling(actor)
    row = ask_erasure(actor, "contact", person.id, basis="gdpr", reference="Letter 12/26")
    assert telling(actor) == []
    assert (row.state, row.code, row.reference) == ("done", person.code, "Letter 12/26")
    left = model_of("contact").objects.get(id=person.id)
    assert (left.name, left.email, left.birthday, left.hobbies, left.do_not_contact) == (
        row.pseudonym,
        "",
        None,
        [],
        True,
    )
    assert (left.code, left.account_id, left.version) == (person.code, person.account_id, 3)
    assert model_of("opportunity").objects.get().name == f"Presses for {row.pseudonym}"
    assert model_of("account").objects.get().description == f"Talk to {row.pseudonym}, {row.pseudonym}"
    assert [note.body for note in model_of("note").objects.all()] == [
        f"The director said that {row.pseudonym} is engaged"
    ]
    assert model_of("task").objects.get().subject == row.pseudonym


def test_neither_history_nor_search_bring_it_back(actor: Actor, person: Any) -> None:
    assert [hit.id for hit in search(actor, "wangwei", objects=["contact"])] == [person.id]
    row = ask_erasure(actor, "contact", person.id, basis="pipl")
    for word in ("wangwei", "王伟", "13800138000", "wei.wang"):
        assert search(actor, word) == []
    assert [hit.id for hit in search(actor, row.pseudonym)] != []
    actions = Change.objects.filter(object="contact", record_id=person.id).order_by("version")
    assert list(actions.values_list("action", flat=True)) == ["created", "updated", "erased"]
    then = record_as_of(actor, "contact", person.id, moment_of(actor, "2026-11-22"))
    assert "Fliederweg" not in str(then) and "王" not in str(then)


def test_an_individual_is_one_person_with_lead_and_account_and_the_books_stay(actor: Actor) -> None:
    lead = create_record(actor, "lead", {"name": "Wei Wang", "email": "wei.wang@rhein.example", "notes": "Wanderweg 7"})
    home = create_record(
        actor, "account", {"kind": "individual", "name": "Wei Wang", "email": "wei.wang@rhein.example", "street": "Fliederweg 3"}
    )  # fmt: skip
    contact = create_record(actor, "contact", {"name": "Wei Wang", "account": home.id})
    model_of("lead").objects.filter(id=lead.id).update(contact_id=contact.id, account_id=home.id)
    order = create_record(
        actor, "order", {"name": "Piano for Wei Wang", "account": home.id, "description": "Ring at Fliederweg"}
    )
    model_of("order").objects.filter(id=order.id).update(total=Decimal("900.5"), status="confirmed")
    file = store_file(
        name="passport.txt", content=b"Wei Wang", object="account", record_id=home.id, member_id=actor.member_id
    )
    note_access(
        actor, "field.revealed", object_name="account", record_id=home.id, detail={"value": "wei.wang@rhein.example"}
    )
    row = ask_erasure(actor, "lead", lead.id, basis="gdpr")
    assert telling(actor) == []
    left = model_of("order").objects.get(id=order.id)
    assert (left.name, left.total, left.status, left.account_id) == (
        row.pseudonym,
        Decimal("900.5"),
        "confirmed",
        home.id,
    )
    assert {model_of(name).objects.get().name for name in ("lead", "account", "contact")} == {row.pseudonym}
    assert not StoredFile.objects.filter(id=file.id).exists()
    assert AccessEntry.objects.get(action="field.revealed").detail == {"value": row.pseudonym}
    assert row.counts["sales_order pseudonymised"] == 1 and row.counts["core_storedfile removed"] == 1
    assert OutboxEvent.objects.filter(tenant_id=actor.tenant_id).exists()


def test_own_fields_are_emptied_and_their_slots(actor: Actor, person: Any) -> None:
    field = create_field(actor, {"object": "contact", "label_en": "Passport", "kind": "text"})
    update_record(actor, "contact", person.id, {field.name: "X-99-Wanderweg"})
    ask_erasure(actor, "contact", person.id, basis="gdpr")
    assert telling(actor) == []
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT custom, {field.slot} FROM customers_contact WHERE id = %s", [person.id])
        assert cursor.fetchone() == ("{}", None)


def test_a_legal_hold_refuses_it_all(actor: Actor, person: Any) -> None:
    note = model_of("note").objects.filter(contact_id=person.id).get()
    place_hold(actor, "note", note.id, "Case 12/26")
    before = everything(actor)
    with pytest.raises(Conflict) as refused:
        ask_erasure(actor, "contact", person.id, basis="gdpr")
    assert "Case 12/26" in refused.value.message
    assert everything(actor) == before


def test_two_people_where_the_company_wants_it(actor: Actor, person: Any, tenant: Any) -> None:
    set_takes_two(actor, True)
    row = ask_erasure(actor, "contact", person.id, basis="gdpr")
    assert (row.state, bool(telling(actor))) == ("asked", True)
    with pytest.raises(Conflict):
        ask_erasure(actor, "contact", person.id, basis="gdpr")
    with pytest.raises(NotAllowed):
        agree_erasure(actor, row.id)
    assert Erasure.objects.get().state == "asked"
    create_user(actor, email="second@polaris.example", name="Second", role_key="admin", password=PASSWORD)
    second = actor_of(tenant, "second@polaris.example")
    assert agree_erasure(second, row.id).state == "done"
    assert telling(actor) == []
    with pytest.raises(NotFound):
        refuse_erasure(second, row.id)


def test_who_may_and_what_is_refused(actor: Actor, rep_actor: Actor, person: Any) -> None:
    account = create_record(actor, "account", {"name": "Beiwerk"})
    for run in (
        lambda: ask_erasure(rep_actor, "contact", person.id, basis="gdpr"),
        lambda: report_person(rep_actor, "contact", person.id),
        lambda: erasures(rep_actor),
        lambda: set_takes_two(rep_actor, True),
    ):
        with pytest.raises(NotAllowed):
            run()
    for name, key, basis, reference in (
        ("account", account.id, "gdpr", ""), ("order", account.id, "gdpr", ""), ("contact", person.id, "whim", ""), ("contact", person.id, "gdpr", "about 王伟"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            ask_erasure(actor, name, key, basis=basis, reference=reference)
    with pytest.raises(NotFound):
        ask_erasure(actor, "contact", account.id, basis="gdpr")
    assert not Erasure.objects.exists() and telling(actor)
    delete_record(actor, "contact", person.id)
    assert ask_erasure(actor, "contact", person.id, basis="gdpr").state == "done"


def test_the_history_opens_for_an_erasure_under_way_only(actor: Actor, person: Any) -> None:
    row = Erasure.objects.create(object="contact", record_id=person.id, basis="gdpr", state="done")
    for sql in (
        "SELECT records_erase_history(%s, 'contact', ARRAY[%s]::uuid[], NULL, 'a', 'b')",
        "SELECT records_erase_log(%s, ARRAY[%s]::uuid[], 'a', 'a', 'b')",
    ):
        with pytest.raises(Exception, match="no erasure is under way"), connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before")
            try:
                cursor.execute(sql, [row.id, person.id])
            finally:
                cursor.execute("ROLLBACK TO SAVEPOINT before")


def test_a_shared_switchboard_is_not_the_persons(actor: Actor) -> None:
    home = create_record(
        actor, "account", {"name": "Rheinwerk", "phone": "+49 221 1234567", "email": "info@rhein.example"}
    )
    one = create_record(
        actor,
        "contact",
        {"name": "Ada Long", "account": home.id, "phone": "+49 221 1234567", "email": "info@rhein.example"},
    )
    assert find_person("contact", one.id).reach == frozenset()
    ask_erasure(actor, "contact", one.id, basis="gdpr")
    home.refresh_from_db()
    assert (home.phone, home.email) == ("+49 221 1234567", "info@rhein.example")


def test_the_report_tells_everything_and_that_it_was_read(actor: Actor, person: Any) -> None:
    told = str(report_person(actor, "contact", person.id).as_json())
    for word in (
        "wei.wang@rhein.example",
        "王伟 called",
        "Wanderweg 7",
        "Fliederweg 3",
        "1980-05-06",
        "is engaged",
        "Presses for",
    ):
        assert word in told
    entry = AccessEntry.objects.get(action="personal_data.reported")
    assert (entry.record_id, entry.member_id) == (person.id, actor.member_id)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ask Ann Lee, not Joann Leed", "Ask X, not Joann Leed"),
        ("138 0013 8000; 13800138000; 0086 138-0013-8000; 813800138000", "X; X; X; 813800138000"),
        ("ANN.LEE@x.example bann.lee@x.example", "X bann.lee@x.example"),
        ("问王伟好", "问X好"),
    ],
)
def test_what_names_a_person(text: str, left: str) -> None:
    words = words_of(["Ann Lee", "王伟", "Li"], ["ann.lee@x.example", "+86 138 0013 8000"])
    assert words.scrub(text, "X") == left


def test_the_dialog_the_pages_and_the_address(actor: Actor, rep_actor: Actor, person: Any) -> None:
    client, path = sign_in(actor), f"/contacts/{person.id}/personal"
    assert path in client.get(f"/contacts/{person.id}/").content.decode()
    account = create_record(actor, "account", {"name": "Beiwerk"})
    assert client.get(f"/accounts/{account.id}/personal").status_code == 404
    assert "/personal/report" in client.get(path).content.decode()
    assert "Wanderweg 7" in client.get(f"{path}/report").content.decode()
    file = client.get(f"{path}/report?form=json")
    assert file["Content-Disposition"].startswith("attachment") and file.json()["code"] == person.code
    assert client.post(f"{path}/erase", {"basis": "gdpr", "code": "X"}).status_code == 200
    assert not Erasure.objects.exists()
    made = client.post(
        "/api/v1/personal-data-reports", {"object": "contact", "record": str(person.id)}, "application/json"
    )
    assert made.status_code == 201 and made.json()["report"]["name"] == "王伟"
    gone = client.post(f"{path}/erase", {"basis": "gdpr", "code": person.code})
    row = Erasure.objects.get()
    assert (gone.status_code, gone["Location"]) == (302, f"/settings/privacy/erasures/{row.id}/")
    for page in ("/settings/privacy/", gone["Location"]):
        assert row.code in client.get(page).content.decode()
    [listed] = client.get("/api/v1/erasures").json()["data"]
    assert (listed["state"], listed["pseudonym"]) == ("done", row.pseudonym)
    other = sign_in(rep_actor)
    pages = (
        "/settings/privacy/",
        gone["Location"],
        path,
        f"{path}/report",
        "/api/v1/erasures",
        "/api/v1/personal-data-reports",
    )
    assert [other.get(page).status_code for page in pages] == [403] * 6


def test_asking_and_agreeing_over_the_address(actor: Actor, person: Any) -> None:
    client = sign_in(actor)
    assert client.post("/settings/privacy/two-people", {"two": "1"}).status_code == 302
    body = {"object": "contact", "record": str(person.id), "basis": "consent"}
    asked = client.post("/api/v1/erasures", body, "application/json")
    assert (asked.status_code, asked.json()["state"]) == (201, "asked")
    key = asked.json()["id"]
    assert client.post(f"/api/v1/erasures/{key}/agree", {}, "application/json").status_code == 403
    assert "Agree and erase" in client.get(f"/settings/privacy/erasures/{key}/").content.decode()
    assert client.post(f"/settings/privacy/erasures/{key}/refuse").status_code == 302
    assert (Erasure.objects.get().state, bool(telling(actor))) == ("refused", True)
    page = sign_in(actor).get(f"/contacts/{person.id}/personal/report").content.decode()
    # The history names fields and what links lead to as people do, not as they are stored.
    history = page[page.index("Before and after") :]
    assert "<b>Given name</b>" in history and "<b>given_name</b>" not in history
    assert "<b>Owner</b>" in history and str(actor.member_id) not in history
