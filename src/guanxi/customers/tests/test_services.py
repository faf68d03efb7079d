"""Consent, people, relationships, addresses: exact, with history; refusals change nothing."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.models import Change, OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.customers import services
from guanxi.customers.models import (
    AccountContact,
    AccountTeamMember,
    Address,
    Consent,
    ContactPoint,
    Identity,
    Relationship,
)
from guanxi.customers.queries import (
    account_team,
    addresses_of,
    consent_history,
    consents_of,
    find_by_address,
    find_by_phone,
    find_duplicates,
    people_of,
    places_of,
    points_of,
    relationships_of,
)
from guanxi.customers.tests import factories
from guanxi.customers.tests.factories import make_account, make_contact
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.records.changes import update_record


def last_diff(record_id: UUID) -> Any:
    last = Change.objects.filter(record_id=record_id).order_by("-version").first()
    assert last is not None
    return last.diff


def test_consent_is_replaced_and_kept(admin: Actor) -> None:
    contact = make_contact(admin)
    granted = services.set_consent(
        admin, purpose="marketing", channel="mail", status="granted", contact_id=contact.id, source="Fair"
    )
    again = services.set_consent(admin, purpose="marketing", channel="mail", status="granted", contact_id=contact.id)
    assert again.id == granted.id
    withdrawn = services.set_consent(
        admin, purpose="marketing", channel="mail", status="withdrawn", contact_id=contact.id
    )
    assert {key: row.status for key, row in consents_of(contact_id=contact.id).items()} == {
        ("marketing", "mail"): "withdrawn"
    }
    history = consent_history(contact_id=contact.id)
    assert [(row.id, row.status, row.ended_at) for row in history] == [
        (withdrawn.id, "withdrawn", None),
        (granted.id, "granted", withdrawn.at),
    ]
    contact.refresh_from_db()
    assert contact.version == 3
    assert last_diff(contact.id) == {"consent.marketing.mail": ["granted", "withdrawn"]}
    assert OutboxEvent.objects.filter(name="customers.ConsentChanged").count() == 2


def test_consent_refuses_unknown_words_and_future(admin: Actor) -> None:
    contact = make_contact(admin)
    with pytest.raises(Invalid) as refused:
        services.set_consent(admin, purpose="x", channel="y", status="z", contact_id=contact.id)
    assert set(refused.value.errors) == {"purpose", "channel", "status"}
    with pytest.raises(Invalid):
        services.set_consent(
            admin,
            purpose="survey",
            channel="sms",
            status="denied",
            contact_id=contact.id,
            at=timezone.now() + timedelta(days=1),
        )
    with pytest.raises(Invalid):
        services.set_consent(admin, purpose="survey", channel="sms", status="denied")
    assert Consent.objects.count() == 0


def test_strangers_may_neither_see_nor_change(admin: Actor, rep: Actor, other_rep: Actor) -> None:
    contact = make_contact(rep)
    with pytest.raises(NotFound):
        services.set_consent(other_rep, purpose="survey", channel="sms", status="denied", contact_id=contact.id)
    update_record(admin, "contact", contact.id, {"owner": admin.member_id, "team": rep.team_id})
    with pytest.raises(NotAllowed):
        services.set_consent(rep, purpose="survey", channel="sms", status="denied", contact_id=contact.id)
    assert Consent.objects.count() == 0


def test_link_contact_moves_the_main_one(admin: Actor) -> None:
    account, julia, stefan = (
        make_account(admin),
        make_contact(admin, "Julia Brandt"),
        make_contact(admin, "Stefan Vogt"),
    )
    first = services.link_contact(admin, account_id=account.id, contact_id=julia.id, role="decision_maker")
    second = services.link_contact(admin, account_id=account.id, contact_id=stefan.id, role="user", is_primary=True)
    assert (first.is_primary, second.is_primary) == (True, True)
    assert [(row.contact.name, row.role, row.is_primary) for row in people_of(admin, account.id)] == [
        ("Stefan Vogt", "user", True),
        ("Julia Brandt", "decision_maker", False),
    ]
    services.link_contact(admin, account_id=account.id, contact_id=julia.id, role="influencer")
    assert AccountContact.objects.get(contact=julia).role == "influencer"
    assert [place.account.id for place in places_of(admin, julia.id)] == [account.id]
    services.unlink_contact(admin, account_id=account.id, contact_id=julia.id)
    assert [row.contact_id for row in people_of(admin, account.id)] == [stefan.id]
    assert last_diff(account.id) == {"people": ["Julia Brandt: influencer", None]}
    with pytest.raises(NotFound):
        services.unlink_contact(admin, account_id=account.id, contact_id=julia.id)
    with pytest.raises(Invalid):
        services.link_contact(admin, account_id=account.id, contact_id=stefan.id, role="boss")
    with pytest.raises(NotFound):
        services.link_contact(admin, account_id=account.id, contact_id=uuid4())


def test_account_team(admin: Actor, rep: Actor) -> None:
    account = make_account(admin)
    assert rep.member_id
    services.set_team_member(admin, account_id=account.id, member_id=rep.member_id, role="sales")
    services.set_team_member(admin, account_id=account.id, member_id=rep.member_id, role="service")
    assert [(row.member.name, row.role) for row in account_team(account.id)] == [("Rep", "service")]
    services.remove_team_member(admin, account_id=account.id, member_id=rep.member_id)
    assert AccountTeamMember.objects.count() == 0
    with pytest.raises(NotFound):
        services.remove_team_member(admin, account_id=account.id, member_id=rep.member_id)
    with pytest.raises(Invalid):
        services.set_team_member(admin, account_id=account.id, member_id=uuid4(), role="sales")


def test_relationships_are_read_from_both_ends(admin: Actor, rep: Actor) -> None:
    holding, works, person = make_account(admin, "Holding"), make_account(admin, "Works"), make_contact(admin)
    row = services.add_relationship(admin, kind="subsidiary_of", from_account_id=works.id, to_account_id=holding.id)
    again = services.add_relationship(admin, kind="subsidiary_of", from_account_id=works.id, to_account_id=holding.id)
    services.add_relationship(admin, kind="referred", from_contact_id=person.id, to_account_id=works.id)
    assert again.id == row.id
    assert [item.kind for item in relationships_of(admin, account_id=works.id)] == ["referred", "subsidiary_of"]
    assert [item.kind for item in relationships_of(admin, account_id=holding.id)] == ["subsidiary_of"]
    assert relationships_of(rep, account_id=holding.id) == []
    with pytest.raises(Invalid):
        services.add_relationship(admin, kind="referred", from_account_id=works.id, to_account_id=works.id)
    services.remove_relationship(admin, relationship_id=row.id)
    assert Relationship.objects.count() == 1


def test_points_serve_recognition(admin: Actor) -> None:
    account = make_account(admin, country="CN")
    point = services.add_point(admin, kind="mobile", value="139 1234 5678", label="Reception", account_id=account.id)
    assert point.norm == "+8613912345678"
    assert find_by_phone(admin, "13912345678") == [("account", account)]
    assert [row.value for row in points_of(account_id=account.id)] == ["139 1234 5678"]
    services.remove_point(admin, point_id=point.id)
    assert find_by_phone(admin, "13912345678") == []
    for kind, value in (("mobile", "abc"), ("email", "abc"), ("pigeon", "x"), ("email", " ")):
        with pytest.raises(Invalid):
            services.add_point(admin, kind=kind, value=value, account_id=account.id)
    assert (ContactPoint.objects.count(), Identity.objects.count()) == (0, 0)


def test_addresses(admin: Actor) -> None:
    account = make_account(admin)
    saved = services.save_address(
        admin,
        kind="shipping",
        account_id=account.id,
        street="工业园区 8 号",
        city="苏州市",
        region="江苏省",
        country="cn",
    )
    assert services.one_line(saved) == "江苏省 苏州市 工业园区 8 号"
    services.save_address(
        admin,
        kind="billing",
        address_id=saved.id,
        street="Gewerbeweg 8",
        postcode="70565",
        city="Stuttgart",
        country="DE",
    )
    assert [services.one_line(row) for row in addresses_of(account_id=account.id)] == [
        "Gewerbeweg 8, 70565 Stuttgart, DE"
    ]
    with pytest.raises(Invalid) as refused:
        services.save_address(admin, kind="castle", account_id=account.id, country="DEU")
    assert set(refused.value.errors) == {"kind", "country"}
    services.remove_address(admin, address_id=saved.id)
    assert Address.objects.count() == 0


def test_duplicates_by_mail_phone_and_name(admin: Actor, rep: Actor) -> None:
    account = make_account(admin, "华东精密", phone="0512 6280 1234", email="info@hd.example")
    other = make_account(admin, "Hua Dong Jing Mi")
    person = make_contact(admin, "Julia Brandt", email="INFO@hd.example")
    stranger = make_account(admin, "Nobody", email="else@x.example")
    found = find_duplicates(admin, name="华东精密", emails=["Info@HD.example"], phones=["+86 512 62801234"])
    assert [(item.object, item.record.id, item.reasons) for item in found] == [
        ("account", account.id, ("email", "phone", "name")),
        ("contact", person.id, ("email",)),
        ("account", other.id, ("name",)),
    ]
    assert [item.record.id for item in find_duplicates(admin, name="julia  BRANDT")] == [person.id]
    assert [item.record.id for item in find_duplicates(admin, name="华东精密", exclude=account.id)] == [other.id]
    assert find_duplicates(rep, name="华东精密", emails=["info@hd.example"]) == []
    assert [item[1].id for item in find_by_address(admin, "ELSE@x.example")] == [stranger.id]


def test_nothing_crosses_the_border(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_tx(other_tenant.id):
        foreign = make_account(factories.admin_of(other_tenant), email="a@b.example")
    with tenant_tx(tenant.id):
        admin = factories.admin_of(tenant)
        assert find_duplicates(admin, name="华东精密", emails=["a@b.example"]) == []
        with pytest.raises(NotFound):
            services.set_consent(admin, purpose="survey", channel="sms", status="denied", account_id=foreign.id)
        own = make_contact(admin)
        with pytest.raises(NotFound):
            services.link_contact(admin, account_id=foreign.id, contact_id=own.id)
        assert Consent.objects.count() == AccountContact.objects.count() == 0
