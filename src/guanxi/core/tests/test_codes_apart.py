"""Codes taken beside the running transaction, as in a web process."""

from collections.abc import Iterator
from threading import Event, Thread, Timer
from uuid import UUID

import pytest
from django.db import connection

from guanxi.core.codes import next_code, set_pattern
from guanxi.core.db import apart
from guanxi.core.tenancy import tenant_tx

DEFAULT = "L{seq}"


class Refused(Exception):
    """What ends a transaction."""


@pytest.fixture
def pooled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections are pooled, as far as `run_apart` knows."""
    apart._pool.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(apart, "is_pooled", lambda: True)
        yield
        apart._pool().close()
    apart._pool.cache_clear()


def test_what_a_refused_transaction_took_stays_taken(tenant_id: UUID, pooled: None) -> None:
    with tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "L1"
    with pytest.raises(Refused), tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "L2"
        raise Refused
    with tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "L3"


def test_nobody_waits_for_a_transaction_that_took_a_code(tenant_id: UUID, pooled: None) -> None:
    with tenant_tx(tenant_id):
        next_code("lead", DEFAULT)
    taken: list[str] = []

    def take() -> None:
        with tenant_tx(tenant_id):
            taken.append(next_code("lead", DEFAULT))
        connection.close()

    with tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "L2"
        other = Thread(target=take)
        other.start()
        other.join(20)
        assert taken == ["L3"]


def test_whoever_changed_the_pattern_is_waited_for(tenant_id: UUID, pooled: None) -> None:
    with tenant_tx(tenant_id):
        next_code("lead", DEFAULT)
    changed, go_on = Event(), Event()

    def change() -> None:
        with tenant_tx(tenant_id):
            set_pattern("lead", "LD-{seq}")
            changed.set()
            assert go_on.wait(20)
        connection.close()

    other = Thread(target=change)
    other.start()
    assert changed.wait(20)
    # The taker gives the row up beside its transaction, then waits within it.
    timer = Timer(4 * apart.LOCK_TIMEOUT_MS / 1000, go_on.set)
    timer.start()
    with tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "LD-2"
    other.join(20)
    timer.join(20)


def test_a_pattern_of_the_running_transaction_counts_within_it(tenant_id: UUID, pooled: None) -> None:
    with pytest.raises(Refused), tenant_tx(tenant_id):
        assert [next_code("lead", DEFAULT), next_code("lead", DEFAULT)] == ["L1", "L2"]
        raise Refused
    with tenant_tx(tenant_id):
        assert next_code("lead", DEFAULT) == "L1"
