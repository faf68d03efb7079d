"""The head and the preview of a customer: the time there, whose it is, the latest lines; each within the rights."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.activity.services.timeline import log_interaction
from guanxi.desk.queries.customer import head_notes, local_time
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.tests.test_views import sign_in

THURSDAY = datetime(2026, 11, 19, 2, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_london() -> Iterator[None]:
    with timezone.override(UTC):
        yield


@pytest.mark.parametrize(
    ("zone", "country", "at", "said"),
    [
        ("Europe/Berlin", "DE", THURSDAY, "03:12 there, closed"),
        ("Europe/Berlin", "DE", THURSDAY.replace(hour=9), "10:12 there"),
        ("Europe/Berlin", "DE", datetime(2026, 12, 25, 10, 0, tzinfo=UTC), "11:00 there, closed"),
        ("Europe/Berlin", "DE", datetime(2026, 11, 21, 10, 0, tzinfo=UTC), "11:00 there, closed"),
        ("UTC", "GB", THURSDAY, ""),
        ("", "DE", THURSDAY, ""),
        ("Nowhere/City", "DE", THURSDAY, ""),
    ],
)
def test_the_time_there_says_whether_one_may_call(
    actor: Actor, zone: str, country: str, at: datetime, said: str
) -> None:
    assert local_time(SimpleNamespace(time_zone=zone, country=country), at) == said


def test_the_head_names_time_and_owner_as_far_as_the_role_reads_them(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "Hartmann", "time_zone": "America/New_York", "country": "US"})
    kind = registry.get("account")
    when, owner = head_notes(actor, kind, account, now=THURSDAY)
    assert (when, owner) == ("21:12 there, closed", "Owner Ada Admin")
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}})
    closed = replace(limited, field_access={"account": {"time_zone": "hidden", "owner": "hidden"}})
    assert head_notes(closed, kind, account, now=THURSDAY) == []


def test_the_preview_shows_actions_people_and_the_latest_lines(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "Hartmann", "phone": "+49 711 123456"})
    julia = create_record(actor, "contact", {"name": "Julia Brandt", "account": account.id})
    log_interaction(actor, account_id=account.id, channel="phone", direction="in", subject="Fault E-17")
    client: Client = sign_in(actor)
    text = client.get(f"/accounts/{account.id}/preview").content.decode()
    for wanted in (f"/activity/call?account={account.id}", "Julia Brandt", "Fault E-17", "No step planned", "Latest"):
        assert wanted in text
    assert "Julia Brandt" in client.get(f"/contacts/{julia.id}/preview").content.decode()


def test_nobody_previews_what_the_role_does_not_show(actor: Actor, rep_actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "Hartmann"})
    assert sign_in(rep_actor).get(f"/accounts/{account.id}/preview").status_code == 404
