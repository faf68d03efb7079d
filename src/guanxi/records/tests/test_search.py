"""What the one box finds: wrongly typed names, what was opened lately first, digits in any form; never what the role hides."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.records.recents import note_opened, set_star
from guanxi.records.search import search
from guanxi.records.typos import probably_meant, ways_to_look_up


def make(actor: Actor, *names: str, **values: Any) -> list[Any]:
    return [create_record(actor, "account", {"name": name, **values}) for name in names]


def found(actor: Actor, text: str) -> list[str]:
    return list(dict.fromkeys(hit.text for hit in search(actor, text, objects=["account"]) if hit.field == "name"))


@pytest.mark.parametrize(
    "typed", ["hartmnan", "hartman", "hertmann", "hartmanns", "artmann", "hartmnan gmbh", "hartmamn auto"]
)
def test_a_wrong_letter_still_finds_the_name(actor: Actor, typed: str) -> None:
    make(actor, "Hartmann Automation GmbH", "Harding Ltd", "Bergmann AG")
    assert found(actor, typed) == ["Hartmann Automation GmbH"]


@pytest.mark.parametrize("typed", ["hxrtmxnx", "zzzzzz", "hart zzzzz", "华车"])
def test_what_is_too_far_away_is_not_found(actor: Actor, typed: str) -> None:
    make(actor, "Hartmann Automation GmbH", "华东精密")
    assert found(actor, typed) == []


def test_what_is_written_right_is_not_mixed_with_what_is_near(actor: Actor) -> None:
    make(actor, "Hartmann", "Hartmamn")
    assert found(actor, "hartmann") == ["Hartmann"]


def test_typing_errors_find_nothing_that_is_hidden_or_foreign(actor: Actor, rep_actor: Actor) -> None:
    make(actor, "Hartmann")
    assert found(rep_actor, "hartmnan") == []
    for access in ("hidden", "masked"):
        limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"account": {"name": access}})
        assert search(limited, "hartmnan", objects=["account"]) == []


def test_what_was_opened_lately_and_favourites_come_first(actor: Actor) -> None:
    first, second, third = make(actor, "Lumen One", "Lumen Two", "Lumen Six", owner=None)
    note_opened(actor, "account", second.id)
    assert found(actor, "lumen")[0] == "Lumen Two"
    set_star(actor, "account", third.id, True)
    assert found(actor, "lumen") == ["Lumen Six", "Lumen Two", "Lumen One"]
    assert found(actor, first.code) == []
    assert search(actor, first.code)[0].id == first.id


def test_ones_own_come_before_others(actor: Actor, manager_actor: Actor) -> None:
    make(actor, "Lumen of the company", owner=None)
    make(actor, "Lumen of the administrator")
    assert found(actor, "lumen")[0] == "Lumen of the administrator"


@pytest.mark.parametrize("typed", ["138 0000 1234", "+86 138-0000-1234", "8613800001234", "00001234", "1234"])
def test_phones_in_any_form_and_by_their_last_digits(actor: Actor, typed: str) -> None:
    [account] = make(actor, "With phone", phone="+86 138 0000 1234")
    assert account.id in {hit.id for hit in search(actor, typed)}


@pytest.mark.parametrize("typed", ["华东", "精密", "hdjm", "huadong", "wx_hartmann", "hartmann"])
def test_two_characters_pinyin_and_wechat(actor: Actor, typed: str) -> None:
    [account] = make(actor, "华东精密机械有限公司", wechat="wx_hartmann")
    [hit] = search(actor, typed, objects=["account"])
    assert (hit.id, hit.field) == (account.id, "wechat" if "hartmann" in typed else "name")


def test_a_name_typed_wrongly_costs_one_statement_more(actor: Actor, django_assert_num_queries: Any) -> None:
    make(actor, "Hartmann")
    search(actor, "warm")
    with CaptureQueriesContext(connection) as plain:
        search(actor, "hartmann")
    with django_assert_num_queries(len(plain) + 1):
        search(actor, "hartmnan")


def test_only_latin_names_are_looked_up_in_other_ways() -> None:
    assert ways_to_look_up("华东精密") == ways_to_look_up("1380000") == ways_to_look_up("ab cd") == []
    assert [half for half, _grams in ways_to_look_up("hartmann")] == ["hart", "mann"]
    assert len(ways_to_look_up("alpha bravo delta gamma")) == 4
    assert probably_meant("jon smiht", "Jonathan Smith") and not probably_meant("jon smiht", "Peter Smith")


def test_the_index_has_the_tenant_inside_its_n_grams(actor: Actor) -> None:
    create_record(actor, "account", {"name": "Arbour & 精密"})
    key = str(actor.tenant_id)[-6:]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT records_keyed(tenant_id, grams), grams, records_keyed(tenant_id, '{}') FROM records_searchentry WHERE field = 'name' AND object = 'account'"
        )
        keyed, grams, none = cursor.fetchone()
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'records_searchentry_grams'")
        (definition,) = cursor.fetchone()
    assert keyed == [key + gram for gram in grams] and none == [key]
    assert "gin (records_keyed(tenant_id, grams)) WITH (fastupdate=off)" in definition
