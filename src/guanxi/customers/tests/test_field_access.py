"""What a role may not read or write on the record, it does not reach through addresses, further phones or history either."""

from typing import Any

import pytest
from django.test import Client

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.customers import services
from guanxi.customers.models import Address, ContactPoint
from guanxi.customers.tests.factories import make_account
from guanxi.customers.tests.test_views import signed_in
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records.changes import create_record
from guanxi.records.history import read_history

CLOSED = {"account": {"street": "hidden", "city": "masked", "region": "read", "phone": "masked"}}


@pytest.fixture
def account(rep: Actor) -> Any:
    made = make_account(rep)
    services.save_address(
        rep, kind="site", account_id=made.id, street="Gewerbeweg 8", city="Stuttgart", region="BW", country="DE"
    )
    services.add_point(rep, kind="mobile", value="+49 171 1234567", account_id=made.id)
    return made


@pytest.fixture
def closed(rep: Actor) -> Actor:
    """The representative with a role that closes parts of the address and the phone."""
    Role.objects.filter(key="sales").update(field_access=CLOSED)
    return Actor(**{**rep.__dict__, "field_access": CLOSED})


@pytest.fixture
def client(closed: Actor) -> Client:
    return signed_in(closed)


def test_the_dialog_shows_what_the_role_may_have(client: Client, account: Any) -> None:
    stored = Address.objects.get()
    form = client.get(f"/accounts/{account.id}/address?address={stored.id}").content.decode()
    assert "Gewerbeweg" not in form and 'name="street"' not in form
    assert "Stuttgart" not in form and 'name="city"' not in form
    assert "BW" in form and 'name="region"' not in form
    assert 'name="postcode"' in form and 'name="country"' in form
    sent = {"address": str(stored.id), "kind": "billing", "postcode": "70565", "country": "DE"}
    assert client.post(f"/accounts/{account.id}/address", sent).status_code == 204
    stored.refresh_from_db()
    assert (stored.kind, stored.street, stored.city, stored.region, stored.postcode) == (
        "billing",
        "Gewerbeweg 8",
        "Stuttgart",
        "BW",
        "70565",
    )


def test_closed_parts_are_neither_changed_nor_removed(closed: Actor, account: Any) -> None:
    stored = Address.objects.get()
    with pytest.raises(Invalid) as refused:
        services.save_address(closed, kind="site", address_id=stored.id, street="Elsewhere 1", city="Stuttgart")
    assert set(refused.value.errors) == {"street"}
    with pytest.raises(NotAllowed):
        services.remove_address(closed, address_id=stored.id)
    with pytest.raises(NotAllowed):
        services.add_point(closed, kind="fax", value="+49 711 1", account_id=account.id)
    with pytest.raises(NotAllowed):
        services.remove_point(closed, point_id=ContactPoint.objects.get().id)
    assert Address.objects.get().street == "Gewerbeweg 8"
    assert ContactPoint.objects.get().value == "+49 171 1234567"


def test_history_tells_no_more_than_the_record(rep: Actor, closed: Actor, account: Any) -> None:
    told = [change for line in read_history(rep, "account", account.id) for change in line.changes]
    assert ("points.mobile", None, "+49 171 1234567") in told
    assert any(name == "address.site" and "Gewerbeweg 8" in after for name, _before, after in told if after)
    told = [change for line in read_history(closed, "account", account.id) for change in line.changes]
    assert "address.site" not in {name for name, _before, _after in told}
    (point,) = [change for change in told if change[0] == "points.mobile"]
    assert point[2] and "1234567" not in point[2]


def test_history_names_parts_in_words(client: Client, rep: Actor, account: Any) -> None:
    services.set_consent(rep, purpose="marketing", channel="mail", status="granted", account_id=account.id)
    page = client.get(f"/accounts/{account.id}/?tab=history").content.decode()
    assert "Consent" in page and "consent.marketing" not in page
    assert "Mobile" in page and "points.mobile" not in page


def test_history_shows_labels_instead_of_keys(client: Client, rep: Actor, account: Any) -> None:
    julia = create_record(rep, "contact", {"name": "Julia Brandt"})
    holding = create_record(rep, "account", {"name": "Holding"})
    services.link_contact(rep, account_id=account.id, contact_id=julia.id, role="decision_maker")
    services.set_consent(rep, purpose="marketing", channel="mail", status="granted", account_id=account.id)
    relation = services.add_relationship(
        rep, kind="subsidiary_of", from_account_id=account.id, to_account_id=holding.id
    )
    services.remove_relationship(rep, relationship_id=relation.id)
    page = client.get(f"/accounts/{account.id}/?tab=history").content.decode()
    assert "Julia Brandt: Decision maker" in page
    assert "Consent (Marketing, E-mail)" in page
    assert page.count("is a subsidiary of: Holding") == 2
    for key in ("decision_maker", "subsidiary_of", "granted"):
        assert key not in page


def test_an_unknown_tab_is_the_first(client: Client, account: Any) -> None:
    page = client.get(f"/accounts/{account.id}/?tab=nonsense")
    body = page.content.decode()
    assert page.status_code == 200
    assert f'href="/accounts/{account.id}/" data-tab aria-current="page"' in body
    assert 'id="timeline"' in body
