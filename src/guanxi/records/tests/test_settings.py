"""Settings of codes and of the recycle bin: saved, written down, refused, and merged when somebody was quicker."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.core.models import AccessEntry, CodePattern
from guanxi.identity.actor import Actor
from guanxi.identity.models import Company
from guanxi.identity.tests.test_clashes import fields_of
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record
from guanxi.records.recycling import empty_recycle_bin
from guanxi.records.tests.test_forms_of_lists import sign_in


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def form_with(client: Client, path: str, field: str, value: str) -> dict[str, Any]:
    """What a browser would post from the form of the page whose hidden field has this value."""
    page = client.get(path).content.decode()
    forms = [part.split("</form>")[0] for part in page.split("<form")[1:]]
    return next(found for found in map(fields_of, forms) if found.get(field) == [value])


def test_a_code_pattern_that_somebody_changed_meanwhile_is_chosen(actor: Actor, client: Client) -> None:
    form = form_with(client, "/settings/codes/", "object", "account")
    assert client.post("/settings/codes/", {"object": "account", "pattern": "THEIRS-{seq:3}"}).status_code == 302
    clash = client.post("/settings/codes/", {**form, "pattern": "MINE-{seq:3}"})
    page = clash.content.decode()
    assert clash.status_code == 412
    assert "MINE-{seq:3}" in page and "THEIRS-{seq:3}" in page
    assert CodePattern.objects.get(object="account").pattern == "THEIRS-{seq:3}"
    chosen = fields_of(next(part for part in page.split("<form") if "choice_pattern" in part))
    assert client.post("/settings/codes/", {**chosen, "choice_pattern": "mine"}).status_code == 302
    assert CodePattern.objects.get(object="account").pattern == "MINE-{seq:3}"
    assert create_record(actor, "account", {"name": "A"}).code.startswith("MINE-")


def test_an_untouched_code_pattern_overwrites_nobody(client: Client) -> None:
    form = form_with(client, "/settings/codes/", "object", "account")
    client.post("/settings/codes/", {"object": "account", "pattern": "THEIRS-{seq:3}"})
    assert client.post("/settings/codes/", form).status_code == 302
    assert CodePattern.objects.get(object="account").pattern == "THEIRS-{seq:3}"
    entry = AccessEntry.objects.get(action="codes.changed")
    assert entry.detail == {"object": "account", "pattern": ["AC-{seq:5}", "THEIRS-{seq:3}"]}


def test_the_time_of_the_recycle_bin_is_saved_and_written_down(client: Client) -> None:
    assert client.post("/settings/recycle-bin/", {"recycle_days": "365"}).status_code == 302
    assert Company.objects.get().recycle_days == 365
    entry = AccessEntry.objects.get(action="company.changed")
    assert entry.detail == {"recycle_days": [90, 365]}
    assert client.post("/settings/recycle-bin/", {"recycle_days": ""}).status_code == 302
    assert Company.objects.get().recycle_days is None


@pytest.mark.parametrize("days", ["29", "3651", "-90", "ninety", "90.5", "٩٠", "9" * 400, "\x00"])
def test_a_wrong_time_changes_nothing(client: Client, days: str) -> None:
    answer = client.post("/settings/recycle-bin/", {"recycle_days": days})
    assert answer.status_code == 422
    assert "Enter a whole number from 30 to 3650, or nothing." in answer.content.decode()
    assert Company.objects.get().recycle_days == 90
    assert not AccessEntry.objects.filter(action="company.changed").exists()


def test_two_administrators_choose_the_time(client: Client) -> None:
    form = form_with(client, "/settings/recycle-bin/", "recycle_days", "90")
    client.post("/settings/recycle-bin/", {"recycle_days": "180"})
    assert client.post("/settings/recycle-bin/", {**form, "recycle_days": "365"}).status_code == 412
    assert Company.objects.get().recycle_days == 180


def test_the_bin_tells_what_waits_and_what_went(actor: Actor, client: Client) -> None:
    assert "The recycle bin is empty" in client.get("/settings/recycle-bin/").content.decode()
    model: Any = registry.get("account").model
    for name, ago in (("Young", 1), ("Old", 91)):
        record = create_record(actor, "account", {"name": name})
        delete_record(actor, "account", record.id)
        model.objects.filter(id=record.id).update(deleted_at=timezone.now() - timedelta(days=ago))
    page = client.get("/settings/recycle-bin/").content.decode()
    assert "/accounts/?deleted=1" in page
    assert '<td class="num">2</td><td class="num">1</td>' in page
    empty_recycle_bin(actor.tenant_id)
    page = client.get("/settings/recycle-bin/").content.decode()
    assert '<td class="num">1</td><td class="num">–</td>' in page
    assert "Last emptied" in page and "Accounts 1" in page


def test_a_representative_has_no_such_page(rep_actor: Actor) -> None:
    client = sign_in(rep_actor)
    assert client.get("/settings/recycle-bin/").status_code == 403
    assert client.post("/settings/recycle-bin/", {"recycle_days": "30"}).status_code == 403
    assert Company.objects.get().recycle_days == 90
