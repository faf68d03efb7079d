"""A request that the database refused in favour of another one is tried again, by itself and from the start."""

import time
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from guanxi.core.db.repeating import MOST_TRIES, is_passing, repeated
from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.at_once import at_once
from guanxi.customers.models import Account
from guanxi.records.tests.test_views import sign_in
from tests.api.calling import Api, admin_of, api_of, make_tenant

WAITING = """SELECT count(*) FROM pg_stat_activity
             WHERE wait_event_type = 'Lock' AND pid <> pg_backend_pid() AND datname = current_database()"""


@pytest.fixture
def api(transactional_db: None) -> Api:
    return api_of(admin_of(make_tenant("rigel")))


def meet(api: Api, ask: Callable[[str, str], Any]) -> Any:
    """What `ask` answers that locks two records, while another transaction holds the second and then wants the first."""
    first, second = sorted(api.post("/accounts", {"name": name}).json["id"] for name in "AB")
    holds = Event()

    def rival() -> None:
        with tenant_tx(api.actor.tenant_id), connection.cursor() as cursor:
            Account.objects.select_for_update().get(id=second)
            holds.set()
            deadline = time.monotonic() + 20
            waits = False
            while not waits and time.monotonic() < deadline:
                cursor.execute(WAITING)
                waits = bool(cursor.fetchone()[0])
            assert waits, "the request did not come as far as the second record"
            # The request waits for longer by now: it is the one that the database refuses.
            Account.objects.select_for_update().get(id=first)
            Account.objects.filter(id=second).update(postcode="70565")

    def request() -> Any:
        assert holds.wait(30)
        return ask(first, second)

    none, answer = at_once([rival, request])
    assert none is None, (none, answer)
    with tenant_tx(api.actor.tenant_id):
        assert list(Account.objects.order_by("id").values_list("city", "postcode", "version")) == [
            ("Ulm", "", 2), ("Ulm", "70565", 2),
        ]  # fmt: skip
        assert Change.objects.filter(object="account", action="updated").count() == 2
    return answer


def test_the_api_tries_again_and_the_caller_does_not_notice(api: Api) -> None:
    def ask(first: str, second: str) -> Any:
        body = [{"op": "update", "id": key, "values": {"city": "Ulm"}} for key in (first, second)]
        return api.post("/accounts/bulk", body, Idempotency_Key="once")

    assert meet(api, ask).status == 200


def test_a_page_tries_again_and_the_person_does_not_notice(api: Api) -> None:
    client: Client = sign_in(api.actor)

    def ask(first: str, second: str) -> Any:
        return client.post(
            "/accounts/bulk/edit", {"id": [first, second], "field": "city", "city": "Ulm", "next": "/accounts/"}
        )

    answer = meet(api, ask)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/")


class Refusing:
    """Fails so many times as the database does, then answers."""

    def __init__(self, times: int, state: str) -> None:
        self.left, self.state, self.calls = times, state, 0

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            self.left -= 1
            cause = Exception()
            cause.sqlstate = self.state  # type: ignore[attr-defined]
            raise OperationalError("refused") from cause
        return "done"


@pytest.mark.parametrize(
    ("times", "state", "calls"), [(1, "40001", 2), (2, "40P01", 3), (3, "40P01", 3), (1, "57014", 1)]
)
@pytest.mark.django_db(transaction=True)
def test_only_what_may_pass_is_tried_again_and_not_for_ever(times: int, state: str, calls: int) -> None:
    run = Refusing(times, state)
    if times < MOST_TRIES and state != "57014":
        assert repeated(run) == "done"
    else:
        with pytest.raises(OperationalError) as error:
            repeated(run)
        assert is_passing(error.value) == (state == "40P01")
    assert run.calls == calls


def test_within_a_larger_transaction_nothing_is_repeated(db: None) -> None:
    run = Refusing(1, "40P01")
    with pytest.raises(OperationalError):
        repeated(run)
    assert run.calls == 1
