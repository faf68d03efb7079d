"""Criteria, keyset pages, counts, sums and the board's figures, tried on accounts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.kept import settings_changed
from guanxi.records.changes import Create, change_records, create_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.lists import ListQuery, count_records, list_records, ordered_ids, sum_records
from guanxi.records.models import CustomField
from guanxi.records.periods import period_bounds
from guanxi.records.queries import visible_records


def fill(actor: Actor, count: int = 25) -> list[Any]:
    values = [
        {
            "name": f"Account {number:02}",
            "employees": number % 7 if number % 5 else None,
            "tags": ["even"] if number % 2 == 0 else [],
        }
        for number in range(count)
    ]
    return change_records(actor, "account", [Create(item) for item in values])


@pytest.mark.parametrize("sort", ["name", "-name", "employees", "-employees", "-updated_at", "owner"])
def test_pages_give_every_record_once_in_order(actor: Actor, sort: str) -> None:
    fill(actor)
    whole = [row["id"] for row in list_records(actor, ListQuery(object="account", sort=sort, limit=200)).rows]
    paged: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = list_records(actor, ListQuery(object="account", sort=sort, cursor=cursor, limit=4, fields=("name",)))
        paged += [row["id"] for row in page.rows]
        cursor = page.next
    assert paged == whole
    assert len(set(paged)) == 25
    assert [str(key) for key in ordered_ids(actor, ListQuery(object="account", sort=sort))] == whole
    assert [str(key) for key in ordered_ids(actor, ListQuery(object="account", sort=sort), cap=7)] == whole[:7]


def test_a_page_is_one_query(actor: Actor) -> None:
    fill(actor, 3)
    with CaptureQueriesContext(connection) as queries:
        list_records(actor, ListQuery(object="account", fields=("name", "owner", "team", "parent", "employees")))
    assert len(queries) == 1


def test_who_sees_little_joins_labels_to_one_page_only(actor: Actor, rep_actor: Actor) -> None:
    fill(rep_actor, 9)
    wanted = ListQuery(object="account", sort="-employees", limit=4, fields=("name", "owner", "parent"))
    whole = [str(key) for key in ordered_ids(rep_actor, wanted)]
    with CaptureQueriesContext(connection) as queries:
        first = list_records(rep_actor, wanted)
    # An array, read before anything is joined: a subquery would be joined last, after all links of all that is seen.
    asked = queries.captured_queries[-1]["sql"]
    assert "= ANY(ARRAY(SELECT " in asked
    assert " LIMIT 5))" in asked
    second = list_records(rep_actor, replace(wanted, cursor=first.next or ""))
    last = list_records(rep_actor, replace(wanted, cursor=second.next or ""))
    assert [row["id"] for page in (first, second, last) for row in page.rows] == whole
    assert (len(whole), last.next) == (9, None)


def test_a_foreign_cursor_is_refused(actor: Actor) -> None:
    fill(actor, 5)
    cursor = list_records(actor, ListQuery(object="account", sort="name", limit=2)).next
    for wrong in (cursor, "AAAA", "!!!", "e30"):
        with pytest.raises(Invalid) as refusal:
            list_records(actor, ListQuery(object="account", sort="-name", cursor=wrong or ""))
        assert list(refusal.value.errors) == ["cursor"]


LEAVES = st.one_of(
    st.fixed_dictionaries(
        {
            "field": st.just("employees"),
            "op": st.sampled_from(["gt", "gte", "lt", "lte", "is", "is_not"]),
            "value": st.integers(0, 7),
        }
    ),
    st.fixed_dictionaries(
        {
            "field": st.just("employees"),
            "op": st.just("between"),
            "value": st.lists(st.integers(0, 7), min_size=2, max_size=2),
        }
    ),
    st.fixed_dictionaries({"field": st.just("employees"), "op": st.sampled_from(["empty", "not_empty"])}),
    st.fixed_dictionaries(
        {
            "field": st.just("name"),
            "op": st.sampled_from(["contains", "starts"]),
            "value": st.sampled_from(["account 1", "2", "x", "A"]),
        }
    ),
    st.fixed_dictionaries(
        {"field": st.just("tags"), "op": st.sampled_from(["contains"]), "value": st.sampled_from(["even", "odd"])}
    ),
    st.fixed_dictionaries(
        {"field": st.just("kind"), "op": st.sampled_from(["in", "not_in"]), "value": st.just(["business"])}
    ),
    st.fixed_dictionaries(
        {"field": st.just("owner"), "op": st.sampled_from(["is", "is_not"]), "value": st.just("$me")}
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(criteria=TREES)
def test_criteria_mean_the_same_in_the_database_and_in_python(actor: Actor, criteria: dict[str, Any]) -> None:
    if not visible_records(actor, "account").exists():
        fill(actor)
    everything = list(visible_records(actor, "account"))
    queryset = compile_q(actor, "account", criteria).apply(visible_records(actor, "account"))
    holds = compile_predicate(actor, "account", criteria)
    assert {row.id for row in queryset} == {row.id for row in everything if holds(row)}


@pytest.mark.parametrize(
    "criteria",
    [
        {"field": "secret", "op": "is", "value": 1},
        {"field": "name", "op": "gt", "value": "a"},
        {"field": "employees", "op": "is", "value": "many"},
        {"field": "created_at", "op": "within", "value": "someday"},
        {"any": "x"},
        {"field": "owner.user.password", "op": "is", "value": "x"},
        [],
        {"all": [{"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {"not": {}}}}}}}}}}]},
    ],
)
def test_a_wrong_filter_says_so(actor: Actor, criteria: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        list_records(actor, ListQuery(object="account", criteria=criteria or {"all": 1}))
    assert list(refusal.value.errors) == ["filter"]


def test_hidden_and_masked_fields_cannot_be_filtered_sorted_summed_or_shown(actor: Actor) -> None:
    fill(actor, 3)
    for access in ("hidden", "masked"):
        limited = replace(
            actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"account": {"employees": access}}
        )
        for query in (
            ListQuery(object="account", sort="employees"),
            ListQuery(object="account", criteria={"field": "employees", "op": "gt", "value": 1}),
        ):
            with pytest.raises(Invalid):
                list_records(limited, query)
        with pytest.raises(Invalid):
            sum_records(limited, ListQuery(object="account"), "employees")
        shown = list_records(limited, ListQuery(object="account")).rows[0]
        assert ("employees" in shown) == (access == "masked")


def test_scopes_narrow_lists_and_counts(
    actor: Actor, manager_actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    for who in (actor, manager_actor, rep_actor, outsider_actor):
        change_records(who, "account", [Create({"name": who.name})])

    def names(who: Actor) -> set[str]:
        return {row["name"] for row in list_records(who, ListQuery(object="account")).rows}

    assert names(actor) == {"Ada Admin", "Mona Manager", "Rita Rep", "Sam South"}
    assert names(manager_actor) == {"Mona Manager", "Rita Rep"}
    assert names(rep_actor) == {"Rita Rep"}
    assert count_records(manager_actor, ListQuery(object="account")) == (2, True)


def test_counting_stops_at_the_cap(actor: Actor) -> None:
    fill(actor, 5)
    assert count_records(actor, ListQuery(object="account"), cap=3) == (3, False)


def test_a_custom_field_with_a_slot_filters_and_sorts_through_its_column(actor: Actor) -> None:
    CustomField.objects.create(object="account", name="rank", label_en="Rank", kind="integer", slot="sn1")
    settings_changed()
    for rank in (None, 1, 2, 3):
        create_record(actor, "account", {"name": f"Rank {rank}", "rank": rank})
    criteria = {"field": "rank", "op": "gte", "value": 2}
    rows = list_records(actor, ListQuery(object="account", criteria=criteria, sort="-rank", fields=("name",))).rows
    assert [row["name"] for row in rows] == ["Rank 3", "Rank 2"]
    everything = list_records(actor, ListQuery(object="account", sort="-rank", fields=("name", "rank"))).rows
    assert [row["rank"] for row in everything] == [3, 2, 1, None]


def test_periods_follow_the_zone_of_the_person() -> None:
    first, after = period_bounds("today", "Asia/Shanghai", as_date=False)
    assert after - first == timedelta(days=1)
    assert first.tzinfo is UTC
    assert (first + timedelta(hours=8)).hour == 0
    assert first <= datetime.now(UTC) < after
    assert period_bounds("this_quarter", "UTC", as_date=True)[0].month in (1, 4, 7, 10)
    with pytest.raises(Invalid):
        period_bounds({"last": 0, "unit": "days"}, "UTC", as_date=True)


def test_names_are_sorted_as_people_look_them_up(actor: Actor) -> None:
    for name in ("Zeta", "alpha", "Ärmel", "李宁", "阿里", "Beta"):
        create_record(actor, "account", {"name": name})
    wanted = ListQuery(object="account", sort="name", fields=("name",), limit=4)
    first = list_records(actor, wanted)
    second = list_records(actor, replace(wanted, cursor=first.next or ""))
    found = [row["name"] for row in (*first.rows, *second.rows)]
    assert found == ["阿里", "alpha", "Ärmel", "Beta", "李宁", "Zeta"]
    down = list_records(actor, replace(wanted, sort="-name", limit=6))
    assert [row["name"] for row in down.rows] == found[::-1]
