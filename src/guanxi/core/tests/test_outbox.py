from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone, translation

from guanxi.core import events, outbox
from guanxi.core.errors import NotFound
from guanxi.core.events import Delivery, Event, on, publish
from guanxi.core.ids import new_id
from guanxi.core.models import EventReceipt, ExchangeRate, OutboxEvent
from guanxi.core.tenancy import tenant_tx


@dataclass(frozen=True, kw_only=True)
class LanternLit(Event):
    lantern_id: UUID
    price: Decimal
    day: date
    colours: tuple[str, ...] = ()
    by_id: UUID | None = None


FIRST = LanternLit(lantern_id=new_id(), price=Decimal("12.50"), day=date(2026, 11, 21), colours=("red",))


@pytest.fixture
def seen() -> Iterator[list[tuple[str, object]]]:
    """What handlers of LanternLit noted; the handlers are forgotten afterwards."""
    before = {name: list(entries) for name, entries in events._handlers.items()}
    yield []
    events._handlers.clear()
    events._handlers.update(before)


def announce(tenant_id: UUID, *facts: Event) -> None:
    with tenant_tx(tenant_id):
        publish(*facts, member_id=None)


def make_due() -> None:
    OutboxEvent.objects.filter(done_at=None).update(due_at=timezone.now())


def test_every_handler_gets_the_event_as_it_was_published(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def first(event: LanternLit, delivery: Delivery) -> None:
        seen.append(("first", event, delivery.tenant_id, delivery.member_id))

    @on(LanternLit)
    def second(event: LanternLit, delivery: Delivery) -> None:
        seen.append(("second", event, translation.get_language(), timezone.get_current_timezone_name()))

    member_id = new_id()
    with tenant_tx(tenant_id), translation.override("zh-hans"):
        publish(FIRST, member_id=member_id)
    with translation.override("zh-hans"), timezone.override("Asia/Shanghai"):
        assert outbox.deliver_due() == 1
    assert seen == [("first", FIRST, tenant_id, member_id), ("second", FIRST, "en", "UTC")]
    row = OutboxEvent.objects.get()
    assert (row.name, row.error, row.parked_at, row.attempts) == ("core.LanternLit", "", None, 1)
    assert row.done_at is not None
    assert outbox.deliver_due() == 0


def test_a_rolled_back_fact_is_not_announced(tenant_id: UUID) -> None:
    with pytest.raises(RuntimeError), tenant_tx(tenant_id):
        publish(FIRST)
        raise RuntimeError
    assert OutboxEvent.objects.count() == 0


def test_a_failing_handler_is_repeated_and_the_others_are_not(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def sound(event: LanternLit, delivery: Delivery) -> None:
        seen.append("sound")

    @on(LanternLit)
    def shaky(event: LanternLit, delivery: Delivery) -> None:
        ExchangeRate.objects.create(currency="USD", day=event.day, rate=event.price)
        seen.append("shaky")
        if seen.count("shaky") < 3:
            raise ValueError("no oil")

    announce(tenant_id, FIRST)
    outbox.deliver_due()
    row = OutboxEvent.objects.get()
    key = f"{shaky.__module__}.{shaky.__qualname__}"
    assert (row.done_at, row.attempts, row.error) == (None, 1, f"{key}: ValueError: no oil")
    assert timedelta(seconds=1) < row.due_at - timezone.now() <= timedelta(seconds=2)
    assert outbox.deliver_due() == 0
    make_due()
    outbox.deliver_due()
    make_due()
    outbox.deliver_due()
    assert seen == ["sound", "shaky", "shaky", "shaky"]
    row.refresh_from_db()
    assert (row.done_at is not None, row.error, row.attempts) == (True, "", 3)
    with tenant_tx(tenant_id):
        assert ExchangeRate.objects.count() == 1
        assert EventReceipt.objects.count() == 2


def test_after_twelve_attempts_an_event_is_parked_until_somebody_retries_it(
    tenant_id: UUID, other_tenant_id: UUID, seen: list
) -> None:
    @on(LanternLit)
    def broken(event: LanternLit, delivery: Delivery) -> None:
        seen.append("try")
        if len(seen) <= 12:
            raise ValueError("no oil")

    announce(tenant_id, FIRST)
    for _ in range(15):
        make_due()
        outbox.deliver_due()
    assert len(seen) == 12
    [parked] = outbox.parked_events(tenant_id)
    assert parked.attempts == 12
    assert outbox.parked_events(other_tenant_id) == []
    with pytest.raises(NotFound):
        outbox.retry_parked(parked.id, tenant_id=other_tenant_id)
    outbox.retry_parked(parked.id, tenant_id=tenant_id)
    assert outbox.deliver_due() == 1
    assert outbox.parked_events() == []
    assert len(seen) == 13


def test_a_worker_that_dies_leaves_the_event_to_another_when_its_lease_ends(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append("run")

    announce(tenant_id, FIRST)
    [claimed] = outbox._claim(10)
    assert claimed.attempts == 1
    assert outbox.deliver_due() == 0
    row = OutboxEvent.objects.get()
    assert timedelta(seconds=50) < row.due_at - timezone.now() <= outbox.LEASE
    make_due()
    assert outbox.deliver_due() == 1
    assert seen == ["run"]
    # The first one was only slow, and delivers after all.
    outbox.deliver(claimed)
    assert seen == ["run"]


def test_an_event_that_kills_its_worker_each_time_is_parked(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append("run")

    announce(tenant_id, FIRST)
    OutboxEvent.objects.update(attempts=outbox.MAX_ATTEMPTS)
    outbox.deliver_due()
    assert seen == []
    assert [row.error for row in outbox.parked_events()] == ["The worker died at each attempt."]


def test_two_workers_run_no_handler_twice(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append(delivery.event_id)

    announce(tenant_id, *[FIRST] * 40)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        while outbox.deliver_due(3):
            pass
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 40
    assert len(set(seen)) == 40


def test_the_same_delivery_by_two_workers_at_once_runs_once(tenant_id: UUID, seen: list) -> None:
    together = Barrier(2)

    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append("run")

    announce(tenant_id, FIRST)
    [claimed] = outbox._claim(1)

    def work() -> None:
        together.wait()
        outbox.deliver(claimed)
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == ["run"]


def test_an_event_that_no_room_declares_is_parked_and_an_unheard_one_is_done(tenant_id: UUID, seen: list) -> None:
    for name in ("orchard.AppleFell", "identity.NoSuchThing", "records.RecordsChanged"):
        OutboxEvent.objects.create(tenant_id=tenant_id, name=name, payload={})
    before = {key: list(value) for key, value in events._handlers.items()}
    events._handlers.pop("records.RecordsChanged", None)
    outbox.deliver_due()
    events._handlers.update(before)
    parked = {row.name: row.error for row in outbox.parked_events()}
    assert parked == {
        "orchard.AppleFell": "No room declares the event orchard.AppleFell.",
        "identity.NoSuchThing": "No room declares the event identity.NoSuchThing.",
    }
    assert OutboxEvent.objects.get(name="records.RecordsChanged").done_at is not None


def test_done_events_go_after_seven_days_and_their_receipts_after_them(tenant_id: UUID, seen: list) -> None:
    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append("run")

    announce(tenant_id, FIRST, FIRST)
    outbox.deliver_due()
    old, young = OutboxEvent.objects.order_by("id")
    OutboxEvent.objects.filter(id=old.id).update(done_at=timezone.now() - timedelta(days=8))
    with tenant_tx(tenant_id):
        EventReceipt.objects.update(at=timezone.now() - timedelta(days=8))
    assert outbox.purge_done() == 1
    with tenant_tx(tenant_id):
        assert outbox.purge_receipts() == 1
        assert list(EventReceipt.objects.values_list("event_id", flat=True)) == [young.id]


def test_a_commit_wakes_the_worker(tenant_id: UUID, seen: list, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "POLL", 30.0)

    @on(LanternLit)
    def handler(event: LanternLit, delivery: Delivery) -> None:
        seen.append(timezone.now())

    def work() -> None:
        outbox.deliver_forever(lambda: bool(seen))
        connection.close()

    worker = Thread(target=work)
    worker.start()
    worker.join(1)
    announce(tenant_id, FIRST)
    worker.join(10)
    assert not worker.is_alive()
    assert len(seen) == 1


def test_waiting_grows_up_to_an_hour() -> None:
    assert [outbox.wait_after(n).total_seconds() for n in (1, 2, 5, 11, 12)] == [2, 4, 32, 2048, 3600]
