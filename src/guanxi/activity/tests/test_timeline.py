"""The timeline: what is logged, who sees it, pages, filters, cards, number of queries."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from guanxi.activity import services
from guanxi.activity.models import Interaction, Note, Notification
from guanxi.activity.ports import TIMELINE, Card
from guanxi.activity.queries import timeline
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.files import store_file
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.tests import factories
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Tenant
from guanxi.records.changes import update_record

NINE = datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def log(actor: Actor, minutes: int, **values: Any) -> Interaction:
    return services.log_interaction(
        actor, **{"channel": "mail", "direction": "in", "at": NINE + timedelta(minutes=minutes), **values}
    )


def test_a_call_becomes_a_line_and_moves_last_contact(rep: Actor, account: Any, contact: Any) -> None:
    line = services.log_call(
        rep, direction="in", contact_id=contact.id, minutes=4, outcome="call_again", body="Fault E-17", at=NINE
    )
    assert (line.channel, line.duration_seconds, line.account_id, line.owner_id) == (
        "phone",
        240,
        account.id,
        rep.member_id,
    )
    account.refresh_from_db()
    contact.refresh_from_db()
    assert (account.last_contact_at, contact.last_contact_at, account.version) == (NINE, NINE, 1)
    log(rep, -60, account_id=account.id)
    account.refresh_from_db()
    assert account.last_contact_at == NINE
    assert OutboxEvent.objects.filter(name="activity.InteractionLogged").count() == 2


def test_what_cannot_be_logged(rep: Actor, account: Any) -> None:
    with pytest.raises(Invalid) as refused:
        services.log_call(rep, direction="in")
    assert list(refused.value.errors) == ["account"]
    for wrong in (
        {"at": timezone.now() + timedelta(hours=1)},
        {"channel": "pigeon"},
        {"object": "account"},
        {"object": "pigeon", "record_id": account.id},
        {"duration_seconds": -1},
    ):
        with pytest.raises(Invalid):
            log(rep, 0, account_id=account.id, **wrong)
    assert Interaction.objects.count() == 0


def test_pages_filters_and_counts(rep: Actor, account: Any) -> None:
    lines = [log(rep, number // 2, account_id=account.id, subject=f"Mail {number}") for number in range(7)]
    services.log_call(rep, direction="out", account_id=account.id, at=NINE - timedelta(days=1), body="About E-17")
    first = timeline(rep, account_id=account.id, limit=3)
    assert [entry.line.id for entry in first.entries] == [line.id for line in reversed(lines)][:3]
    assert first.counts == {"all": 8, "calls": 1, "mail": 7, "messages": 0, "visits": 0, "notes": 0, "system": 0}
    seen = [entry.line.id for entry in first.entries]
    cursor = first.next
    while cursor:
        page = timeline(rep, account_id=account.id, limit=3, before=cursor)
        seen += [entry.line.id for entry in page.entries]
        cursor = page.next
    assert len(seen) == len(set(seen)) == 8
    assert [entry.line.body for entry in timeline(rep, account_id=account.id, group="calls").entries] == ["About E-17"]
    assert [entry.line.channel for entry in timeline(rep, account_id=account.id, text="e-17").entries] == ["phone"]
    assert len(timeline(rep, account_id=account.id, before="rubbish").entries) == 8


def test_who_sees_the_account_sees_its_lines(admin: Actor, rep: Actor, other_rep: Actor, account: Any) -> None:
    log(admin, 0, account_id=account.id, subject="By the boss")
    assert [entry.line.subject for entry in timeline(rep, account_id=account.id).entries] == ["By the boss"]
    with pytest.raises(NotFound):
        timeline(other_rep, account_id=account.id)


def test_system_lines_speak_the_readers_language(rep: Actor, account: Any) -> None:
    line = services.log_interaction(rep, channel="system", account_id=account.id, message="Monday", at=NINE)
    assert (line.title, line.subject) == ("Monday", "Monday")
    with translation.override("zh-hans"):
        assert Interaction.objects.get(id=line.id).title == "星期一"  # from the framework's own catalogue
    account.refresh_from_db()
    assert account.last_contact_at is None


def test_cards_of_linked_records_and_files(rep: Actor, admin: Actor, account: Any) -> None:
    task = services.plan_task(rep, subject="Call back")
    line = log(rep, 0, account_id=account.id, object="task", record_id=task.id)
    store_file(name="terms.txt", content=b"Terms", object="interaction", record_id=line.id, member_id=rep.member_id)
    entry = timeline(rep, account_id=account.id).entries[0]
    assert entry.card == Card(f"/tasks/{task.id}/", "Call back", "", "checkbox")
    assert [file.name for file in entry.files] == ["terms.txt"]
    update_record(admin, "task", task.id, {"owner": admin.member_id, "team": None})
    assert timeline(rep, account_id=account.id).entries[0].card is None


def test_cards_through_the_port(rep: Actor, account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    task = services.plan_task(rep, subject="Call back")
    log(rep, 0, account_id=account.id, object="task", record_id=task.id)

    def cards(actor: Actor, ids: set[UUID]) -> dict[UUID, Card]:
        return {key: Card(f"/x/{key}/", "Mine", badge="Late", tone="rose") for key in ids}

    monkeypatch.setitem(TIMELINE._implementations, "task", cards)
    entry = timeline(rep, account_id=account.id).entries[0]
    assert entry.card is not None
    assert (entry.card.title, entry.card.badge) == ("Mine", "Late")


@pytest.mark.parametrize("size", [3, 30])
def test_number_of_queries_does_not_grow(rep: Actor, account: Any, size: int) -> None:
    task = services.plan_task(rep, subject="Call back")
    for number in range(size):
        log(rep, number, account_id=account.id, object="task", record_id=task.id)
    with CaptureQueriesContext(connection) as queries:
        page = timeline(rep, account_id=account.id)
        assert [str(entry.line.owner) for entry in page.entries] == ["Rep"] * size
    assert len(queries) == 5


def test_note_tells_who_is_mentioned_once(rep: Actor, admin: Actor, account: Any) -> None:
    Membership.objects.filter(id=admin.member_id).update(name="Lin Yue")
    note = services.write_note(rep, body="@Lin Yue please look, @Rep too", account_id=account.id)
    assert set(note.mentions) == {admin.member_id, rep.member_id}
    told = Notification.objects.get()
    assert (told.member_id, told.kind, told.url) == (admin.member_id, "mention", f"/accounts/{account.id}/")
    assert told.text == "Rep mentioned you: @Lin Yue please look, @Rep too"
    line = Interaction.objects.get()
    assert (line.id, line.channel, line.body, line.account_id) == (note.id, "note", note.body, account.id)
    update_record(rep, "note", note.id, {"body": "@Lin Yue please look again"})
    assert Notification.objects.count() == 1
    assert Interaction.objects.get().body == "@Lin Yue please look again"


def test_note_needs_words_and_a_visible_record(other_rep: Actor, account: Any) -> None:
    with pytest.raises(Invalid):
        services.write_note(other_rep, body=" ")
    with pytest.raises(Invalid):
        services.write_note(other_rep, body="Hello", account_id=account.id)
    assert (Note.objects.count(), Interaction.objects.count()) == (0, 0)


def test_nothing_crosses_the_border(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        account = factories.make_account(factories.admin_of(tenant))
        log(factories.admin_of(tenant), 0, account_id=account.id)
    with tenant_tx(other_tenant.id):
        stranger = factories.admin_of(other_tenant)
        with pytest.raises(NotFound):
            timeline(stranger, account_id=account.id)
        with pytest.raises(Invalid):
            log(stranger, 0, account_id=account.id)
        assert Interaction.objects.count() == 0
