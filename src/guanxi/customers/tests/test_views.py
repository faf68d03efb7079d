"""Parts of the customer's page: shown, changed, refused."""

from typing import Any

import pytest
from django.test import Client

from guanxi.customers import services
from guanxi.customers.blocks import BLOCKS_OF
from guanxi.customers.models import (
    Account,
    AccountContact,
    AccountTeamMember,
    Address,
    Consent,
    ContactPoint,
    Relationship,
)
from guanxi.customers.tests.factories import make_account, make_contact
from guanxi.identity.actor import Actor
from guanxi.identity.models import Share, User
from guanxi.identity.permissions import share_bit


def signed_in(actor: Actor) -> Client:
    browser = Client(headers={"HX-Request": "true"})
    assert actor.user_id
    browser.force_login(User.objects.get(id=actor.user_id))
    return browser


@pytest.fixture
def client(rep: Actor) -> Client:
    """A browser signed in as the representative."""
    return signed_in(rep)


@pytest.fixture
def account(rep: Actor) -> Any:
    return make_account(rep, needs=["On-site training"], street="科技路 8 号", city="苏州市", country="CN")


@pytest.fixture
def contact(rep: Actor) -> Any:
    return make_contact(rep, "Julia Brandt", mood="positive", mobile="138 0013 8000")


def test_blocks_show_what_is_known(client: Client, rep: Actor, account: Any, contact: Any) -> None:
    services.link_contact(rep, account_id=account.id, contact_id=contact.id, role="decision_maker")
    services.set_consent(rep, purpose="marketing", channel="mail", status="granted", account_id=account.id)
    services.add_relationship(rep, kind="customer_of", from_account_id=account.id, to_contact_id=contact.id)
    assert rep.member_id
    services.set_team_member(rep, account_id=account.id, member_id=rep.member_id, role="sales")
    texts = {
        name: client.get(f"/accounts/{account.id}/blocks/{name}").content.decode() for name in BLOCKS_OF["account"]
    }
    expected = {
        "people": "Decision maker",
        "traits": "On-site training",
        "consent": "granted",
        "addresses": "苏州市 科技路 8 号",
        "team": "Rep",
        "relationships": "is a customer of",
    }
    for name, word in expected.items():
        assert word in texts[name], name
    for name in BLOCKS_OF["contact"]:
        assert client.get(f"/contacts/{contact.id}/blocks/{name}").status_code == 200
    assert client.get(f"/contacts/{contact.id}/blocks/team").status_code == 404


def test_each_dialog_answers_and_saves(client: Client, rep: Actor, account: Any, contact: Any) -> None:
    base = f"/accounts/{account.id}"
    forms: dict[str, dict[str, Any]] = {
        "person": {"contact": contact.id, "role": "user", "is_primary": "1"},
        "member": {"member": rep.member_id, "role": "sales"},
        "consent": {"marketing.mail": "granted", "survey.sms": "denied", "source": "Fair"},
        "traits": {"needs": ["Training", "Spare parts"], "preferences": ["Mail"], "hobbies": [""]},
        "address": {"kind": "billing", "street": "Gewerbeweg 8", "city": "Stuttgart", "country": "de"},
        "point": {"kind": "phone", "value": "0512 6280 1234"},
        "relationship": {"kind": "referred", "to_contact": contact.id},
    }
    for name, form in forms.items():
        assert client.get(f"{base}/{name}").status_code == 200, name
        answer = client.post(f"{base}/{name}", form)
        assert (answer.status_code, "gx:customer" in answer.headers["HX-Trigger"]) == (204, True), name
    account.refresh_from_db()
    assert (account.needs, account.preferences, account.hobbies) == (["Training", "Spare parts"], ["Mail"], [])
    assert set(Consent.objects.values_list("purpose", "channel", "status", "source")) == {
        ("marketing", "mail", "granted", "Fair"),
        ("survey", "sms", "denied", "Fair"),
    }
    client.post(f"{base}/address", {"address": Address.objects.get().id, "kind": "site", "street": "Weg 9"})
    assert Address.objects.get().street == "Weg 9"
    removals = [
        f"{base}/person/{contact.id}/remove",
        f"{base}/member/{rep.member_id}/remove",
        f"/customers/addresses/{Address.objects.get().id}/remove",
        f"/customers/points/{ContactPoint.objects.get().id}/remove",
        f"/customers/relationships/{Relationship.objects.get().id}/remove",
    ]
    for url in removals:
        assert client.post(url).status_code == 204, url
        assert client.post(url).status_code == 404, url
    models = (AccountContact, AccountTeamMember, Address, ContactPoint, Relationship)
    assert [model.objects.count() for model in models] == [0, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("person", {}),
        ("person", {"role": "boss", "contact": "own"}),
        ("member", {}),
        ("consent", {"marketing.mail": "perhaps"}),
        ("traits", {"needs": ["x" * 200]}),
        ("traits", {"needs": ["x"], "version": "99"}),
        ("address", {"kind": "billing"}),
        ("point", {"kind": "phone", "value": "call me"}),
        ("point", {"kind": "phone", "value": "\x00"}),
        ("relationship", {"kind": "referred"}),
    ],
)
def test_wrong_input_comes_back(client: Client, account: Any, contact: Any, name: str, form: dict[str, Any]) -> None:
    given = {key: contact.id if value == "own" else value for key, value in form.items()}
    answer = client.post(f"/accounts/{account.id}/{name}", given)
    assert answer.status_code in (412, 422)
    account.refresh_from_db()
    assert account.version == 1


def test_strangers_are_told_nothing(other_rep: Actor, account: Any) -> None:
    browser = signed_in(other_rep)
    for name in ("blocks/people", "person", "consent", "traits", "address", "point", "relationship", "member"):
        assert browser.get(f"/accounts/{account.id}/{name}").status_code == 404


def test_similar_records_stand_beside_the_form(client: Client, account: Any, contact: Any) -> None:
    sent = {"_fields": "name,phone", "name": "华东精密机械（苏州）有限公司", "phone": "13800138000"}
    text = client.post("/accounts/similar", sent).content.decode()
    for part in ("similar name", "same phone", f"/accounts/{account.id}/", f"/contacts/{contact.id}/"):
        assert part in text
    text = client.post("/contacts/similar", {"_fields": "mobile", "mobile": "+86 138 0013 8000"}).content.decode()
    assert "same phone" in text and "similar name" not in text
    assert client.post("/accounts/similar", {"_fields": "name", "name": "Nobody"}).content.decode().strip() == ""
    assert client.get("/accounts/similar").status_code == 405


def test_who_may_change_by_a_share_is_offered_to(rep: Actor, other_rep: Actor, account: Any) -> None:
    """The parts of the page ask the same question as the page itself: scope or share."""
    assert other_rep.member_id
    browser = signed_in(other_rep)
    part, dialog = f"/accounts/{account.id}/blocks/addresses", f"/accounts/{account.id}/address"
    assert browser.get(part).status_code == 404
    share = {"principal_id": other_rep.member_id, "object": "account", "record_id": account.id, "source": "manual"}
    Share.objects.create(**share)
    Account.objects.filter(id=account.id).update(share_mask=share_bit(other_rep.member_id))
    assert dialog not in browser.get(part).content.decode()
    Share.objects.update(may_edit=True)
    assert dialog in browser.get(part).content.decode()
    assert browser.post(dialog, {"kind": "site", "city": "Köln"}).status_code == 204
    assert Address.objects.get().city == "Köln"
