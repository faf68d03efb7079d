"""Conditions on related records: in the database and in Python, within the actor's rights, in words, in the builder."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from django.test import Client

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.criteria import compile_predicate, compile_q
from guanxi.records.lists import ListQuery, list_records
from guanxi.records.queries import visible_records
from guanxi.records.relations import relations_of
from guanxi.records.tests.test_views import sign_in
from guanxi.records.wording import chips, sentence

OPEN = {"related": "opportunity.account", "op": "any", "where": {"field": "amount", "op": "gte", "value": 500}}


@pytest.fixture
def accounts(actor: Actor) -> dict[str, Any]:
    """Big has a large opportunity and a contact in Leeds, Small a small one, None neither."""
    made = {name: create_record(actor, "account", {"name": name}) for name in ("Big", "Small", "None")}
    for name, amount in (("Big", 900), ("Small", 100)):
        create_record(actor, "opportunity", {"name": f"{name} deal", "account": made[name].id, "amount": amount})
    create_record(actor, "contact", {"name": "Ann", "account": made["Big"].id, "city": "Leeds"})
    return made


@pytest.fixture
def account(actor: Actor) -> Any:
    return create_record(actor, "account", {"name": "Hartmann"})


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def names(actor: Actor, criteria: Any) -> set[str]:
    """Names of the accounts found, after checking that the predicate finds the same."""
    rows = visible_records(actor, "account")
    found = {row.name for row in compile_q(actor, "account", criteria).apply(rows)}
    holds = compile_predicate(actor, "account", criteria)
    assert found == {row.name for row in rows if holds(row)}
    return found


def test_some_or_no_related_records_that_meet_a_condition(actor: Actor, accounts: dict[str, Any]) -> None:
    assert names(actor, OPEN) == {"Big"}
    assert names(actor, OPEN | {"op": "none"}) == {"Small", "None"}
    assert names(actor, {"related": "opportunity.account", "op": "none"}) == {"None"}
    assert names(actor, {"not": OPEN}) == {"Small", "None"}
    leeds = {"related": "contact.account", "where": {"field": "city", "op": "is", "value": "Leeds"}}
    assert names(actor, {"all": [OPEN, leeds]}) == {"Big"}
    assert names(actor, {"any": [leeds, {"field": "name", "op": "is", "value": "None"}]}) == {"Big", "None"}


def test_conditions_reach_over_two_steps(actor: Actor, accounts: dict[str, Any]) -> None:
    contact = visible_records(actor, "contact").get(name="Ann")
    create_record(actor, "task", {"subject": "Call Ann", "contact": contact.id})
    subject = {"field": "subject", "op": "contains", "value": "Ann"}
    tasks = {"related": "task.contact", "op": "any", "where": subject}
    assert names(actor, {"related": "contact.account", "op": "any", "where": tasks}) == {"Big"}


def test_only_related_records_that_the_actor_sees_count(actor: Actor, rep_actor: Actor) -> None:
    mine = create_record(rep_actor, "account", {"name": "Mine"})
    create_record(actor, "opportunity", {"name": "Secret", "account": mine.id, "amount": 900})
    assert names(rep_actor, OPEN) == set()
    assert names(actor, OPEN) == {"Mine"}


@pytest.mark.parametrize("access", ["hidden", "masked"])
def test_hidden_links_fields_objects_and_rooms_cannot_be_asked_for(actor: Actor, access: str) -> None:
    limited = replace(actor, is_admin=False, grants={"*": {"*": "all"}})
    for blind in (
        replace(limited, field_access={"opportunity": {"account": access}}),
        replace(limited, field_access={"opportunity": {"amount": access}}),
        replace(limited, grants={"*": {"*": "all"}, "opportunity": {"*": "none"}}),
        replace(limited, rooms_off=frozenset({"sales"})),
    ):
        with pytest.raises(Invalid) as refusal:
            list_records(blind, ListQuery(object="account", criteria=OPEN))
        assert list(refusal.value.errors) == ["filter"]
    assert "opportunity.account" in {one.name for one in relations_of(limited, registry.get("account"))}


@pytest.mark.parametrize(
    "criteria",
    [
        {"related": "opportunity.name"},
        {"related": "nothing.account"},
        {"related": "contact.account", "op": "many"},
        {"related": "contact.account", "where": {"field": "secret"}},
        {"related": "contact.account", "where": {"any": [{"field": "name", "value": str(n)} for n in range(61)]}},
        {"related": ["contact.account"]},
    ],
)
def test_a_wrong_condition_on_related_records_says_so(actor: Actor, criteria: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        list_records(actor, ListQuery(object="account", criteria=criteria))
    assert list(refusal.value.errors) == ["filter"]


def test_related_conditions_in_words(actor: Actor) -> None:
    kind = registry.get("account")
    city = {"field": "city", "op": "is", "value": "Leeds"}
    chip = chips(actor, kind, {"all": [city, OPEN | {"op": "none"}]})[1]
    assert (chip.field, chip.op, chip.value) == ("Opportunities", "none where", "Amount at least ¥500")
    assert chip.without == city
    whole = {"all": [city, {"any": [city, OPEN]}, {"related": "contact.account", "op": "none"}]}
    assert sentence(actor, kind, whole) == (
        "Accounts where City is Leeds and (City is Leeds or Opportunities: any where Amount at least ¥500)"
        " and Contacts: none at all."
    )
    assert sentence(actor, kind, {"not": {"any": [city]}}) == "Accounts where not (City is Leeds)."
    assert sentence(actor, kind, {"all": []}) == "Accounts: all of them."


def test_the_builder_offers_related_records_and_their_fields(client: Client, account: Any) -> None:
    text = client.get("/accounts/filter").content.decode()
    assert "opportunity.account" in text and "In words" in text
    fields = {item["name"]: item for item in client.get("/opportunities/filter/fields").json()["fields"]}
    assert fields["close_date"]["kind"] == "date"
    assert fields["account.city"]["group"] == "Account"
    assert fields["quote.opportunity"] == {
        "name": "quote.opportunity",
        "label": "Quotes",
        "kind": "related",
        "ops": ["any", "none"],
        "group": "Related records",
        "url": "/quotes/filter/fields",
    }


def test_counting_tells_the_sentence(client: Client, account: Any) -> None:
    answer = client.post("/accounts/filter/count", {"filter": orjson.dumps(OPEN | {"op": "none"}).decode()})
    assert answer.json() == {
        "text": "1 of 1 records match",
        "words": "Accounts where Opportunities: none where Amount at least ¥500.",
    }
