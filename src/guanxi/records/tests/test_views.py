"""The generic screens through Django's client: what is shown, what is stored, what is refused."""

from typing import Any

import orjson
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from guanxi.core.models import AccessEntry, StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, User
from guanxi.records import registry
from guanxi.records.changes import Create, change_records, create_record
from guanxi.records.models import RecentView, SavedView
from guanxi.records.queries import get_record

HTMX: Any = {"headers": {"HX-Request": "true"}}
LIST_QUERIES = 6


def sign_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(
        User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


@pytest.fixture
def rep_client(rep_actor: Actor) -> Client:
    return sign_in(rep_actor)


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Hartmann", "city": "Stuttgart", "employees": 400, "tags": ["key"]})


def fresh(actor: Actor, record: Any) -> Any:
    return get_record(actor, "account", record.id)


def edit(client: Client, record: Any, version: int, **values: Any) -> HttpResponse:
    data = {"_fields": ",".join(values), "version": version, **values}
    return client.post(f"/accounts/{record.id}/edit", data, **HTMX)  # type: ignore[return-value]


def own_queries(captured: CaptureQueriesContext) -> list[str]:
    """Queries of the page itself: not savepoints, not the sessions' book-keeping of the sign-in library."""
    skipped = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return [q["sql"] for q in captured if not q["sql"].startswith(skipped) and "usersessions" not in q["sql"]]


def test_list_shows_records_in_few_queries(actor: Actor, client: Client) -> None:
    change_records(actor, "account", [Create({"name": f"Account {n:02}"}) for n in range(60)])
    client.get("/accounts/")
    with CaptureQueriesContext(connection) as captured:
        answer = client.get("/accounts/?sort=name")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count("<tr data-id=") == 50
    assert "Account 00" in text
    assert "Account 55" not in text
    queries = [sql for sql in own_queries(captured) if "core_cache" not in sql and "UPDATE" not in sql]
    # The library that tracks sessions reads the person once more.
    people = [sql for sql in queries if 'FROM "identity_user"' in sql]
    assert len(queries) - (len(people) - 1) <= LIST_QUERIES, "\n".join(queries)


def test_list_goes_on_to_the_next_page_and_back(actor: Actor, client: Client) -> None:
    change_records(actor, "account", [Create({"name": f"Account {n:02}"}) for n in range(60)])
    first = client.get("/accounts/?sort=name").content.decode()
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = client.get(following).content.decode()
    assert "Account 50" in second
    assert "Account 49" not in second
    assert 'rel="prev"' in second


def test_foot_counts_and_sums_in_the_company_currency(actor: Actor, client: Client) -> None:
    for revenue, currency in (("1000", "CNY"), ("2500", "CNY"), ("99", "EUR")):
        create_record(actor, "account", {"name": currency, "annual_revenue": revenue, "currency": currency})
    text = client.get("/accounts/?columns=name,annual_revenue&part=foot", **HTMX).content.decode()
    assert "3 records" in text
    assert "¥3,500" in text


def test_search_in_the_list_finds_by_pinyin(actor: Actor, client: Client) -> None:
    create_record(actor, "account", {"name": "华东精密机械有限公司"})
    create_record(actor, "account", {"name": "Bauer"})
    text = client.get("/accounts/?q=hdjm").content.decode()
    assert "华东精密" in text
    assert "Bauer" not in text


def test_chips_tell_the_criteria_and_lead_to_the_list_without_them(actor: Actor, client: Client) -> None:
    wanted = orjson.dumps(
        {"all": [{"field": "city", "op": "is", "value": "Ningbo"}, {"field": "owner", "op": "is", "value": "$me"}]}
    )
    text = client.get("/accounts/", {"filter": wanted.decode()}).content.decode()
    assert "<b>Ningbo</b>" in text
    assert "<b>me</b>" in text


@pytest.mark.parametrize("text", ["{", "[]", '{"field":"nope"}', '{"field":"city","op":"gt","value":"x"}', '{"all":3}'])
def test_a_wrong_filter_is_told_and_harms_nothing(client: Client, account: Any, text: str) -> None:
    answer = client.get("/accounts/", {"filter": text})
    assert answer.status_code == 200
    assert "The list cannot be shown." in answer.content.decode()


def test_filter_counts_live(client: Client, account: Any) -> None:
    answer = client.post("/accounts/filter/count", {"filter": '{"field":"city","op":"is","value":"Stuttgart"}'})
    assert answer.json() == {"text": "1 of 1 records match", "words": "Accounts where City is Stuttgart."}


def test_detail_shows_facts_history_files_and_related(actor: Actor, client: Client, account: Any) -> None:
    create_record(actor, "contact", {"name": "Julia Brandt", "account": account.id})
    base = f"/accounts/{account.id}/"
    assert "Stuttgart" in client.get(base).content.decode()
    assert "created the record" in client.get(base + "?tab=history").content.decode()
    assert "Julia Brandt" in client.get(base + "?tab=contact.account").content.decode()
    assert RecentView.objects.filter(record_id=account.id, member_id=actor.member_id).count() == 1


def test_files_are_attached_and_removed(actor: Actor, client: Client, account: Any) -> None:
    with open(__file__, "rb") as content:
        assert client.post(f"/accounts/{account.id}/files", {"file": [content]}).status_code == 302
    note = StoredFile.objects.filter(record_id=account.id, deleted_at__isnull=True)
    assert note.count() == 1
    assert client.post(f"/accounts/{account.id}/files/{note.get().id}/delete").status_code == 302
    assert note.count() == 0


def test_bulk_edit_of_the_whole_filter(actor: Actor, client: Client) -> None:
    change_records(actor, "account", [Create({"name": f"A{n}", "city": "Ulm" if n % 2 else "Bonn"}) for n in range(10)])
    query = '?filter={"field":"city","op":"is","value":"Ulm"}'
    data = {"all": "1", "query": query, "field": "industry", "industry": "Optics"}
    assert client.post("/accounts/bulk/edit", data, **HTMX).status_code == 204
    done = [get_record(actor, "account", row) for row in _ids(actor, "Optics")]
    assert {record.city for record in done} == {"Ulm"}
    assert len(done) == 5


def _ids(actor: Actor, industry: str) -> list[Any]:
    model = type(create_record(actor, "account", {"name": "probe"}))
    return list(model.objects.filter(industry=industry).values_list("id", flat=True))


def test_bulk_tags_assigns_and_deletes_the_chosen(actor: Actor, client: Client, rep_actor: Actor) -> None:
    one, two, three = change_records(actor, "account", [Create({"name": f"A{n}", "tags": ["old"]}) for n in range(3)])
    chosen = {"id": [str(one.id), str(two.id)]}
    client.post("/accounts/bulk/tag", {**chosen, "add": ["new"], "remove": ["old"]}, **HTMX)
    client.post("/accounts/bulk/assign", {**chosen, "owner": str(rep_actor.member_id)}, **HTMX)
    assert [fresh(actor, record).tags for record in (one, two, three)] == [["new"], ["new"], ["old"]]
    assert [fresh(actor, record).owner_id == rep_actor.member_id for record in (one, two, three)] == [True, True, False]
    client.post("/accounts/bulk/delete", chosen, **HTMX)
    assert client.get("/accounts/").content.decode().count("<tr data-id=") == 1


def test_views_are_saved_shared_and_refused_to_others(
    actor: Actor, client: Client, rep_client: Client, rep_actor: Actor
) -> None:
    url = '/accounts/views/new?filter={"field":"city","op":"is","value":"Ulm"}&sort=name'
    assert client.post(url, {"name": "Ulm", "audience": "all", "pinned": "1"}, **HTMX).status_code == 204
    view = SavedView.objects.get()
    assert (view.criteria["value"], view.sort, view.audience) == ("Ulm", "name", "all")
    text = rep_client.get(f"/accounts/?view={view.id}").content.decode()
    assert "<b>Ulm</b>" in text
    assert rep_client.post(f"/accounts/views/{view.id}/delete", **HTMX).status_code == 403
    assert SavedView.objects.count() == 1
    assert client.post(f"/accounts/views/{view.id}", {"name": "Mine", "audience": "private"}, **HTMX).status_code == 204
    assert rep_client.get(f"/accounts/views/{view.id}", **HTMX).status_code == 404
    assert client.post(f"/accounts/views/{view.id}/delete").status_code == 302
    assert SavedView.objects.count() == 0


def test_a_view_needs_a_name_and_a_filter_that_holds(client: Client) -> None:
    assert client.post("/accounts/views/new", {"name": " ", "audience": "all"}, **HTMX).status_code == 422
    wrong = '/accounts/views/new?filter={"field":"nope"}'
    assert client.post(wrong, {"name": "x", "audience": "all"}, **HTMX).status_code == 422
    assert SavedView.objects.count() == 0


def test_a_representative_sees_and_changes_the_own_only(actor: Actor, rep_client: Client, account: Any) -> None:
    assert "Hartmann" not in rep_client.get("/accounts/").content.decode()
    for url in (f"/accounts/{account.id}/", f"/accounts/{account.id}/edit", f"/accounts/{account.id}/preview"):
        assert rep_client.get(url).status_code == 404, url
    assert edit(rep_client, account, 1, city="Ulm").status_code == 404
    assert rep_client.post(f"/accounts/{account.id}/delete").status_code == 404
    assert (fresh(actor, account).city, fresh(actor, account).version) == ("Stuttgart", 1)


def _restrict(actor: Actor, access: dict[str, str]) -> None:
    role = Membership.objects.get(id=actor.member_id).role
    Role.objects.filter(id=role.id).update(field_access={"account": access})


def test_hidden_and_masked_fields(rep_actor: Actor, rep_client: Client) -> None:
    record = create_record(rep_actor, "account", {"name": "Kestrel", "phone": "+49 711 2345678", "city": "Bonn"})
    _restrict(rep_actor, {"phone": "masked", "city": "hidden"})
    text = rep_client.get(f"/accounts/{record.id}/").content.decode()
    assert "2345678" not in text
    assert "Not shown to your role" in text
    assert "Bonn" not in text
    assert "2345678" not in rep_client.get("/accounts/?columns=name,phone,city").content.decode()
    assert "cannot be shown" in rep_client.get("/accounts/?sort=city").content.decode()
    shown = rep_client.post(f"/accounts/{record.id}/reveal/phone", **HTMX)
    assert shown.content.decode() == "+49 711 2345678"
    entry = AccessEntry.objects.get(action="reveal")
    assert (entry.record_id, entry.member_id, entry.detail) == (record.id, rep_actor.member_id, {"field": "phone"})
    assert rep_client.post(f"/accounts/{record.id}/reveal/city", **HTMX).status_code == 404
    assert rep_client.get(f"/accounts/{record.id}/cell/phone", **HTMX).status_code == 404


def test_lookup_finds_records_people_and_nothing_out_of_scope(
    actor: Actor, client: Client, rep_client: Client, account: Any
) -> None:
    assert [row["label"] for row in client.get("/lookup/account/?q=hart").json()["data"]] == ["Hartmann"]
    assert rep_client.get("/lookup/account/?q=hart").json() == {"data": []}
    assert [row["label"] for row in client.get("/lookup/user/?q=ada").json()["data"]] == ["Ada Admin"]
    assert client.get("/lookup/nothing/").status_code == 404


def test_pages_of_a_room_that_is_off_do_not_exist(actor: Actor, client: Client) -> None:
    assert client.get("/nothing-of-ours/").status_code == 404


def test_the_next_record_of_the_list_it_was_opened_from(actor: Actor, client: Client) -> None:
    first, second, third = change_records(actor, "account", [Create({"name": name}) for name in ("Aa", "Bb", "Cc")])
    text = client.get(f"/accounts/{second.id}/?in=sort%3Dname").content.decode()
    assert "2 of 3" in text
    assert f"/accounts/{first.id}/?in=sort%3Dname" in text
    assert f"/accounts/{third.id}/?in=sort%3Dname" in text


def test_every_registered_object_has_its_screens(client: Client) -> None:
    for kind in registry.objects():
        urls = [f"/{kind.plural}/", f"/{kind.plural}/filter", f"/{kind.plural}/columns", f"/{kind.plural}/views/"]
        urls += [f"/{kind.plural}/new"] if kind.creatable else []
        urls += [f"/{kind.plural}/board"] if kind.board else []
        urls += [f"/{kind.plural}/calendar", f"/{kind.plural}/calendar/feed"] if kind.calendar else []
        for url in urls:
            answer = client.get(url)
            assert answer.status_code == 200, url
            assert "cannot be shown" not in answer.content.decode(), url
        for view in kind.views:
            assert "cannot be shown" not in client.get(f"/{kind.plural}/?view={view.key}").content.decode(), (
                kind.name,
                view.key,
            )


def test_an_empty_list_offers_what_one_can_be_made_from(actor: Actor, client: Client, account: Any) -> None:
    assert "No quotes yet" in client.get("/quotes/").content.decode()
    deal = create_record(actor, "opportunity", {"name": "Torque rigs", "account": account.id, "amount": "275000"})
    text = client.get("/quotes/").content.decode()
    assert "Ready for a quote" in text and f'action="/opportunities/{deal.id}/quote"' in text
    assert client.post(f"/opportunities/{deal.id}/quote").status_code == 302
    full = client.get("/quotes/").content.decode()
    assert "No quotes yet" not in full and "Ready for a quote" not in full
    assert "Nothing matches" in client.get("/quotes/?view=review").content.decode()


def test_an_empty_list_offers_nothing_the_role_may_not_do(rep_actor: Actor, rep_client: Client) -> None:
    create_record(rep_actor, "opportunity", {"name": "Torque rigs"})
    role = Role.objects.get(key="sales")
    grants = {**role.grants, "quote": {"view": "own"}}
    Role.objects.filter(key="sales").update(grants=grants, version=role.version + 1)
    text = rep_client.get("/quotes/").content.decode()
    assert "No quotes yet" in text and "Torque rigs" not in text


@pytest.mark.parametrize("access", ["hidden", "masked"])
def test_tags_that_a_role_may_not_read_are_not_drawn(actor: Actor, access: str) -> None:
    record = create_record(actor, "account", {"name": "Hartmann", "tags": ["Insolvent soon"]})
    Role.objects.update(field_access={"account": {"tags": access}}, is_admin=False, grants={"*": {"*": "all"}})
    client = sign_in(actor)
    for path in ("", "?tab=history", "preview"):
        text = client.get(f"/accounts/{record.id}/{path}").content.decode()
        assert "Hartmann" in text and "Insolvent soon" not in text, path
    Role.objects.update(field_access={"account": {"tags": "read"}})
    for path in ("", "preview"):
        assert "Insolvent soon" in client.get(f"/accounts/{record.id}/{path}").content.decode()
