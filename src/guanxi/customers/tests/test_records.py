"""Accounts and contacts through the one write path: what is derived, what is refused."""

from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.customers.models import Account, AccountContact, Contact, Identity
from guanxi.customers.tests.factories import make_account, make_contact
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record


def identities(**link: Any) -> set[tuple[str, str]]:
    return set(Identity.objects.filter(**link).values_list("kind", "value"))


def test_account_derives_sort_name_phone_and_mail(admin: Actor) -> None:
    account = make_account(admin, phone="0512 6280 1234", email="Info@HuaDong.example", wechat="HuaDong_WX")
    account.refresh_from_db()
    assert account.code == "AC-00001"
    assert account.name_sort == "hua dong jing mi"
    assert account.phone_e164 == "+8651262801234"
    assert account.email_norm == "info@huadong.example"
    assert identities(account=account) == {
        ("phone", "+8651262801234"),
        ("email", "info@huadong.example"),
        ("wechat", "huadong_wx"),
    }


def test_phone_is_read_in_the_accounts_country(admin: Actor) -> None:
    account = make_account(admin, "Hartmann Automation GmbH", phone="0711 2345678", country="de")
    assert (account.phone_e164, account.country) == ("+497112345678", "DE")


def test_identity_follows_the_changed_mail(admin: Actor) -> None:
    account = make_account(admin, email="old@a.example", phone="+8651262801234")
    update_record(admin, "account", account.id, {"email": "new@a.example"})
    assert identities(account=account) == {("phone", "+8651262801234"), ("email", "new@a.example")}
    update_record(admin, "account", account.id, {"email": ""})
    assert identities(account=account) == {("phone", "+8651262801234")}


def test_hierarchy_has_no_circles(admin: Actor) -> None:
    top = make_account(admin, "Top")
    middle = make_account(admin, "Middle", parent=top.id)
    low = make_account(admin, "Low", parent=middle.id)
    for parent in (top.id, low.id):
        with pytest.raises(Invalid) as refused:
            update_record(admin, "account", top.id, {"parent": parent})
        assert refused.value.errors == {"parent": ["An account cannot stand above itself."]}
    top.refresh_from_db()
    assert (top.parent_id, top.version) == (None, 1)


def test_relations_take_several_known_words(admin: Actor) -> None:
    account = make_account(admin, relations=["customer", "supplier"])
    assert account.relations == ["customer", "supplier"]
    with pytest.raises(Invalid):
        make_account(admin, "Other", relations=["enemy"])
    assert Account.objects.count() == 1


def test_contact_name_and_its_parts(admin: Actor) -> None:
    whole = make_contact(admin, "张三丰", mobile="138 0013 8000")
    assert (whole.family_name, whole.given_name, whole.name_sort) == ("张", "三丰", "zhang san feng")
    assert whole.mobile_e164 == "+8613800138000"
    parts = create_record(admin, "contact", {"family_name": "Brandt", "given_name": "Julia"})
    assert (parts.name, parts.name_sort) == ("Julia Brandt", "brandt julia")
    renamed = update_record(admin, "contact", parts.id, {"family_name": "Vogt"})
    assert renamed.name == "Julia Vogt"


def test_contact_needs_a_name(admin: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        create_record(admin, "contact", {"email": "who@a.example"})
    assert refused.value.errors == {"name": ["Fill in this field."]}
    assert Contact.objects.count() == 0


def test_contact_takes_its_place_at_the_account(admin: Actor) -> None:
    account = make_account(admin)
    first = make_contact(admin, "张三丰", account=account.id)
    second = make_contact(admin, "李四", account=account.id)
    places = AccountContact.objects.filter(account=account).values_list("contact_id", "is_primary")
    assert set(places) == {(first.id, True), (second.id, False)}
