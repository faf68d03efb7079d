"""Requests at the very same time, each in a thread with a connection of its own."""

from collections.abc import Callable

import pytest

from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.core.tests.at_once import at_once
from guanxi.customers.models import Account
from guanxi.records.models import IdempotencyKey
from tests.api.calling import Answer, Api, admin_of, api_of, make_tenant

ROUNDS = 5
AT_ONCE = 6


def together(calls: list[Callable[[], Answer]]) -> list[Answer]:
    """The answers of calls that start at the same moment."""
    answers = at_once(calls)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    return answers


@pytest.fixture
def api(transactional_db: None) -> Api:
    """An administrator whose company is committed."""
    return api_of(admin_of(make_tenant("polaris")))


def test_one_key_makes_one_record(api: Api) -> None:
    for number in range(ROUNDS):
        name, key = f"Only {number}", f"key-{number}"
        answers = together([lambda n=name, k=key: api.post("/accounts", {"name": n}, Idempotency_Key=k)] * AT_ONCE)
        assert {answer.status for answer in answers} == {201}
        assert len({answer.json["id"] for answer in answers}) == 1
        assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1
        with tenant_tx(api.actor.tenant_id):
            made = Account.objects.get(name=name)
            assert Change.objects.filter(object="account", record_id=made.id).count() == 1
            assert IdempotencyKey.objects.filter(key=key).count() == 1


def test_one_key_with_different_bodies_makes_one_record(api: Api) -> None:
    for number in range(ROUNDS):
        names = [f"Round {number} body {body}" for body in range(AT_ONCE)]
        answers = together(
            [lambda n=name, k=f"key-{number}": api.post("/accounts", {"name": n}, Idempotency_Key=k) for name in names]
        )
        assert sorted(answer.status for answer in answers) == [201] + [422] * (AT_ONCE - 1)
        with tenant_tx(api.actor.tenant_id):
            [made] = Account.objects.filter(name__startswith=f"Round {number} ")
        [won] = [answer for answer in answers if answer.status == 201]
        assert won.json["name"] == made.name


def test_one_key_of_a_refused_write_stays_free(api: Api) -> None:
    answers = together([lambda: api.post("/accounts", {"name": ""}, Idempotency_Key="k")] * AT_ONCE)
    assert {answer.status for answer in answers} == {422}
    assert api.post("/accounts", {"name": "Right"}, Idempotency_Key="k").status == 201
    with tenant_tx(api.actor.tenant_id):
        assert list(Account.objects.values_list("name", flat=True)) == ["Right"]


def test_of_two_writers_of_one_version_one_wins(api: Api) -> None:
    made = api.post("/accounts", {"name": "Start"})
    path, tag = f"/accounts/{made.json['id']}", made.headers["ETag"]
    for number in range(ROUNDS):
        answers = together(
            [
                lambda city=f"{number}-{writer}", tag=tag: api.patch(path, {"city": city}, If_Match=tag)
                for writer in range(AT_ONCE)
            ]
        )
        assert sorted(answer.status for answer in answers) == [200] + [412] * (AT_ONCE - 1)
        [won] = [answer for answer in answers if answer.status == 200]
        now = api.get(path)
        assert (now.json["city"], now.json["version"]) == (won.json["city"], number + 2)
        tag = now.headers["ETag"]
    with tenant_tx(api.actor.tenant_id):
        assert Change.objects.filter(object="account").count() == ROUNDS + 1


def test_writers_without_a_version_all_write_and_none_is_lost(api: Api) -> None:
    """Each writes another field: the row is locked while it is read and written."""
    path = f"/accounts/{api.post('/accounts', {'name': 'Start'}).json['id']}"
    fields = ["city", "street", "description", "postal_code", "website", "region"]
    known = set(api.get(path).json)
    chosen = [field for field in fields if field in known]
    assert len(chosen) >= 4
    values = {field: "https://x.example" if field == "website" else f"{number}" for number, field in enumerate(chosen)}
    answers = together([lambda f=field, v=value: api.patch(path, {f: v}) for field, value in values.items()])
    assert {answer.status for answer in answers} == {200}
    now = api.get(path).json
    assert {field: now[field] for field in chosen} == values
    assert now["version"] == len(chosen) + 1


def test_a_record_deleted_and_changed_at_once_is_one_or_the_other(api: Api) -> None:
    for _ in range(ROUNDS):
        made = api.post("/accounts", {"name": "Start"})
        path, tag = f"/accounts/{made.json['id']}", made.headers["ETag"]
        deleted, changed = together(
            [
                lambda p=path, t=tag: api.delete(p, If_Match=t),
                lambda p=path, t=tag: api.patch(p, {"city": "X"}, If_Match=t),
            ]
        )
        assert (deleted.status, changed.status) in ((204, 404), (204, 412), (412, 200))
        assert api.get(path).status == (404 if deleted.status == 204 else 200)
