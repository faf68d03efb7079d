"""Every conclusion about an account is a field of it: shown, sorted, filtered, exported, and hidden from roles that must not see it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.core.errors import Invalid
from guanxi.customers.models import CONCLUSIONS, Account, Score
from guanxi.customers.tests.factories import make_account
from guanxi.identity.actor import Actor
from guanxi.records.changes import update_record
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.queries import get_record
from guanxi.records.registry import get

pytestmark = pytest.mark.django_db


def scored(actor: Actor) -> list[Account]:
    found = [make_account(actor, name) for name in ("A", "B", "C")]
    for one, value, alive in zip(found[:2], ("100", "900"), (0.9, 0.2), strict=True):
        Score.objects.create(account=one, as_of=date(2026, 6, 30), value=Decimal(value), p_alive=alive, grade="A")
    return found


def listed(actor: Actor, **options: Any) -> list[dict[str, Any]]:
    return list_records(
        actor, ListQuery(object="account", fields=("name", "score_value", "score_p_alive"), **options)
    ).rows


def test_every_conclusion_is_a_field() -> None:
    fields = get("account").by_name
    assert [name for name in CONCLUSIONS if f"score_{name}" not in fields] == []
    assert not any(fields[f"score_{name}"].writable for name in CONCLUSIONS)
    assert (fields["score_value"].kind, fields["score_grade"].kind, fields["score_next_order_on"].kind) == (
        "money",
        "choice",
        "date",
    )


def test_lists_sort_and_filter_by_scores(actor: Actor) -> None:
    scored(actor)
    assert next(row["name"] for row in listed(actor, sort="-score_value")) == "B"
    assert {row["name"] for row in listed(actor, criteria={"field": "score_p_alive", "op": "gte", "value": 0.5})} == {
        "A"
    }
    assert {row["name"] for row in listed(actor, criteria={"field": "score_value", "op": "empty"})} == {"C"}


def test_a_list_needs_no_further_statement(actor: Actor) -> None:
    scored(actor)
    with CaptureQueriesContext(connection) as plain:
        list_records(actor, ListQuery(object="account", fields=("name",)))
    with CaptureQueriesContext(connection) as with_scores:
        listed(actor, sort="name")
    assert len(with_scores) <= len(plain)


def test_a_record_asks_once(actor: Actor) -> None:
    found = get_record(actor, "account", scored(actor)[1].id)
    with CaptureQueriesContext(connection) as asked:
        assert [found.score__value, found.score__p_alive, found.score__grade] == [Decimal(900), 0.2, "A"]
    assert len(asked) == 1
    other = get_record(actor, "account", scored(actor)[2].id)
    assert other.score__value is None


def test_nobody_writes_through_it(actor: Actor) -> None:
    one = scored(actor)[0]
    with pytest.raises(Exception):  # noqa: B017
        update_record(actor, "account", one.id, {"score_value": "5"}, version=one.version)
    assert Score.objects.get(account=one).value == Decimal(100)


def test_a_role_that_must_not_see_values_neither_sorts_nor_filters_by_them(rep_actor: Actor, actor: Actor) -> None:
    scored(actor)
    access = {"account": {"score_value": "hidden"}}
    blind = replace(rep_actor, grants={"account": {"view": "all"}}, field_access=access)
    assert [set(row) - {"id", "version"} for row in listed(blind)] == [{"name", "score_p_alive"}] * 3
    for refused in ({"sort": "score_value"}, {"criteria": {"field": "score_value", "op": "gte", "value": 500}}):
        with pytest.raises(Invalid):
            listed(blind, **refused)
