"""A record as it was at any moment, and how a field went."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.models import Change
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records import registry
from guanxi.records.as_of import field_points, moment_of, record_as_of
from guanxi.records.changes import create_record, delete_record, restore_record, update_record
from guanxi.records.tests.test_sharing import again
from guanxi.records.tests.test_views import sign_in


@pytest.fixture
def deal(rep_actor: Actor) -> Any:
    """An opportunity with a past."""
    made = create_record(rep_actor, "opportunity", {"name": "Rigs", "amount": "100", "next_step": "Call"})
    update_record(rep_actor, "opportunity", made.id, {"amount": "250"})
    update_record(rep_actor, "opportunity", made.id, {"amount": "300", "next_step": ""})
    return made


def moments(record: Any) -> list[datetime]:
    rows = Change.objects.filter(record_id=record.id).order_by("version")
    return list(rows.values_list("at", flat=True))


def test_each_version_is_found_at_its_time(rep_actor: Actor, deal: Any) -> None:
    at = moments(deal)
    found = [record_as_of(rep_actor, "opportunity", deal.id, one) for one in at]
    assert [(one.version, one.then["amount"], one.then["next_step"]) for one in found] == [
        (1, "100", "Call"), (2, "250", "Call"), (3, "300", ""),
    ]  # fmt: skip
    assert [sorted(one.differing) for one in found] == [["amount", "next_step"], ["amount", "next_step"], []]
    before = record_as_of(rep_actor, "opportunity", deal.id, at[0] - timedelta(seconds=1))
    assert (before.version, before.then) == (0, {})


def test_the_time_in_the_recycle_bin(rep_actor: Actor, actor: Actor, deal: Any) -> None:
    delete_record(actor, "opportunity", deal.id)
    restore_record(actor, "opportunity", deal.id)
    found = [record_as_of(actor, "opportunity", deal.id, one) for one in moments(deal)]
    assert [one.deleted for one in found] == [False, False, False, True, False]


def test_hidden_and_masked_fields_stay_so(rep_actor: Actor, deal: Any) -> None:
    role = Membership.objects.select_related("role").get(id=rep_actor.member_id).role
    role.field_access = {"opportunity": {"amount": "hidden", "next_step": "masked"}}
    role.save()
    found = record_as_of(again(rep_actor), "opportunity", deal.id, moments(deal)[0])
    assert ("amount" in found.then, found.then["next_step"]) == (False, "••••")
    with pytest.raises(NotFound):
        field_points(again(rep_actor), "opportunity", deal.id, "amount")


def test_the_way_of_a_field(rep_actor: Actor, outsider_actor: Actor, deal: Any) -> None:
    points = field_points(rep_actor, "opportunity", deal.id, "amount")
    assert [(one.value, one.who) for one in points] == [("100", "Rita Rep"), ("250", "Rita Rep"), ("300", "Rita Rep")]
    model: Any = registry.get("opportunity").model
    model.objects.filter(id=deal.id).update(amount=400)
    assert [one.value for one in field_points(rep_actor, "opportunity", deal.id, "amount")][-2:] == ["300", "400"]
    with pytest.raises(NotFound):
        field_points(outsider_actor, "opportunity", deal.id, "amount")
    with pytest.raises(NotFound):
        record_as_of(outsider_actor, "opportunity", deal.id, timezone.now())


def test_moments_are_of_the_readers_zone(rep_actor: Actor) -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert moment_of(rep_actor, "2026-11-01") == datetime(2026, 11, 1, 23, 59, 59, 999999, zone)
    assert moment_of(rep_actor, "2026-11-01T16:20") == datetime(2026, 11, 1, 16, 20, tzinfo=zone)
    for text in ("yesterday", "2026-13-01", "9999-12-31", "2026-11-01T"):
        with pytest.raises(Invalid):
            moment_of(rep_actor, text)


def test_the_page_and_the_address(rep_actor: Actor, deal: Any) -> None:
    client = sign_in(rep_actor)
    path = f"/opportunities/{deal.id}"
    assert f"{path}/as-of" in client.get(f"{path}/?tab=history").content.decode()
    # The company's day, which is not that of the machine for eight hours.
    today = timezone.localdate(timezone=ZoneInfo("Asia/Shanghai")).isoformat()
    text = client.get(f"{path}/as-of", {"at": today, "field": "amount"}).content.decode()
    assert "0 fields have another value now." in text and "gx-chart" in text and "Rita Rep" in text
    early = client.get(f"{path}/as-of", {"at": "2020-01-01"}).content.decode()
    assert "The record was not there yet." in early
    assert client.get(f"{path}/as-of", {"at": "never"}).status_code == 400
    first = moments(deal)[0].isoformat()
    data = client.get(f"/api/v1{path}", {"as_of": first}).json()
    assert (data["amount"], data["version"], sorted(data["differs"])) == ("100", 1, ["amount", "next_step"])
    assert data["owner"] == {"id": str(rep_actor.member_id), "label": "Rita Rep"}
    assert client.get(f"/api/v1{path}", {"as_of": "never"}).status_code == 422
    points = client.get(f"/api/v1{path}/history", {"field": "amount"}).json()["data"]
    assert [point["value"] for point in points] == ["100", "250", "300"]
    assert client.get(f"/api/v1{path}/history", {"field": "nothing"}).status_code == 404
