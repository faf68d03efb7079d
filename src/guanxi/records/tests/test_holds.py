"""What is under legal hold stays, by every way, until the hold ends."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record, update_record
from guanxi.records.holds import end_hold, open_holds, place_hold
from guanxi.records.merging import merge_records
from guanxi.records.models import LegalHold
from guanxi.records.recycling import Removal
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Rheinwerk"})


def test_a_held_record_cannot_be_deleted(actor: Actor, rep_actor: Actor, account: Any) -> None:
    hold = place_hold(actor, "account", account.id, "Case 12/26")
    for _time in range(2):
        with pytest.raises(Conflict) as refused:
            delete_record(actor, "account", account.id)
        assert "Case 12/26" in refused.value.message
    assert update_record(actor, "account", account.id, {"city": "Köln"}).version == 2
    end_hold(actor, hold.id)
    assert delete_record(actor, "account", account.id).deleted_at is not None
    told = AccessEntry.objects.filter(action__startswith="hold.").order_by("at").values_list("action", "record_id")
    assert list(told) == [("hold.placed", account.id), ("hold.ended", account.id)]


def test_nor_merged_away(actor: Actor, account: Any) -> None:
    other = create_record(actor, "account", {"name": "Rheinwerk AG"})
    place_hold(actor, "account", account.id, "Audit")
    with pytest.raises(Conflict):
        merge_records(actor, "account", other.id, [account.id])
    model: Any = registry.get("account").model
    assert model.objects.filter(deleted_at=None).count() == 2
    merge_records(actor, "account", account.id, [other.id])
    assert model.objects.filter(deleted_at=None).get().id == account.id


def test_nor_removed_for_good(actor: Actor, account: Any) -> None:
    model: Any = registry.get("account").model
    delete_record(actor, "account", account.id)
    assert Removal(timezone.now()).find(model, [account.id])[model] == {account.id}
    LegalHold.objects.create(object="account", record_id=account.id, reason="Audit")
    assert Removal(timezone.now() + timedelta(days=1)).find(model, [account.id]) == {}


def test_who_may_and_what_is_refused(actor: Actor, rep_actor: Actor, account: Any) -> None:
    with pytest.raises(NotAllowed):
        place_hold(rep_actor, "account", account.id, "Mine")
    with pytest.raises(Invalid):
        place_hold(actor, "account", account.id, " ")
    place_hold(actor, "account", account.id, "Audit")
    with pytest.raises(Conflict):
        place_hold(actor, "account", account.id, "Again")
    with pytest.raises(NotFound):
        end_hold(actor, account.id)
    assert [row.reason for row in open_holds(actor)] == ["Audit"]
    with pytest.raises(NotAllowed):
        open_holds(rep_actor)


def test_the_pages_and_the_address(actor: Actor, rep_actor: Actor, account: Any) -> None:
    client, path = sign_in(actor), f"/accounts/{account.id}/hold"
    assert path in client.get(f"/accounts/{account.id}/").content.decode()
    assert "No record is under legal hold" in client.get("/settings/holds/").content.decode()
    assert "Place hold" in client.get(path).content.decode()
    assert client.post(path, {"reason": ""}).status_code == 200
    assert client.post(path, {"reason": "Audit"}).status_code == 302
    for page in ("/settings/holds/", path):
        assert "Audit" in client.get(page).content.decode()
    assert client.delete(f"/api/v1/accounts/{account.id}").status_code == 409
    [row] = client.get("/api/v1/legal-holds").json()["data"]
    assert (row["record"], row["reason"]) == (str(account.id), "Audit")
    assert client.post(f"/settings/holds/{row['id']}/end").status_code == 302
    made = client.post(
        "/api/v1/legal-holds",
        {"object": "account", "record": str(account.id), "reason": "Again"},
        content_type="application/json",
    )
    assert made.status_code == 201
    assert client.delete(f"/api/v1/legal-holds/{made.json()['id']}").status_code == 204
    assert client.delete(f"/api/v1/accounts/{account.id}").status_code == 204
    other = sign_in(rep_actor)
    assert [other.get(page).status_code for page in ("/settings/holds/", "/api/v1/legal-holds")] == [403, 403]


def test_the_page_of_a_held_record_says_so(actor: Actor, rep_actor: Actor) -> None:
    mine = create_record(rep_actor, "account", {"name": "Rheinwerk"})
    admin, rep = sign_in(actor), sign_in(rep_actor)
    address = f"/accounts/{mine.id}/star"
    assert f'hx-get="{address}"' in rep.get(f"/accounts/{mine.id}/").content.decode()
    assert "Legal hold" not in rep.get(address).content.decode()
    hold = place_hold(actor, "account", mine.id, "Case 12/26")
    shown, of_admin = rep.get(address).content.decode(), admin.get(address).content.decode()
    assert 'title="Case 12/26"' in shown and "Legal hold" in shown and f"/accounts/{mine.id}/hold" not in shown
    assert f'href="/accounts/{mine.id}/hold"' in of_admin
    assert "Legal hold" not in rep.post(address, {"wanted": "1"}).content.decode()
    end_hold(actor, hold.id)
    assert "Legal hold" not in rep.get(address).content.decode()
