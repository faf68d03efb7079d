"""The palette: groups, signs that narrow it, pinyin, amounts, commands within the rights, a new account last."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from guanxi.core.files import store_file
from guanxi.desk.queries.finding import find, spoken
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records.changes import create_record
from guanxi.records.tests.test_views import sign_in
from guanxi.records.texts.documents import read_document

NAME = "华东精密机械有限公司"


@pytest.fixture
def account(actor: Actor) -> Any:
    made = create_record(actor, "account", {"name": NAME, "city": "苏州"})
    create_record(actor, "contact", {"name": "王华东", "account": made.id})
    create_record(actor, "opportunity", {"name": "华东 test benches", "account": made.id, "amount": "480000"})
    return made


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def palette(client: Client, text: str) -> str:
    return client.get("/search/palette", {"q": text}).content.decode()


def test_pinyin_is_shown_with_the_letters_typed(actor: Actor) -> None:
    assert spoken(NAME, "hdjm") == ("<mark>h</mark>uá <mark>d</mark>ōng <mark>j</mark>īng <mark>m</mark>ì")
    assert spoken(NAME, "huadong") == "<mark>huá dōng</mark>"
    assert spoken(NAME, "华东") == spoken("Hartmann", "art") == spoken(NAME, "xyz") == ""


def test_results_stand_in_groups_with_counts_amounts_and_whose_they_are(
    actor: Actor, client: Client, account: Any
) -> None:
    text = palette(client, "华东")
    for key, count in (("", 3), ("accounts", 1), ("contacts", 1), ("opportunities", 1)):
        assert f'data-palette-pill="{key}"' in text
        assert f'<span class="count">{count}</span>' in text.split(f'data-palette-pill="{key}"')[1][:200]
    found = {group.kind.name: group.items[0] for group in find(actor, "华东").groups}
    assert found["opportunity"].right.endswith("¥480,000 · mine")
    assert found["account"].right == f"{account.code} · mine"


def test_an_amount_the_role_may_not_read_is_not_shown(actor: Actor, account: Any) -> None:
    for access in ("hidden", "masked"):
        blind = replace(
            actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"opportunity": {"amount": access}}
        )
        found = {group.kind.name: group.items[0] for group in find(blind, "华东").groups}
        assert "480" not in found["opportunity"].right


def test_the_last_command_makes_an_account_of_what_was_typed(client: Client, account: Any) -> None:
    text = palette(client, "hdjm")
    assert text.rstrip().rsplit("<a ", 1)[1].startswith('class="palette-option"')
    assert 'href="/accounts/new?name=hdjm"' in text.rsplit("<a ", 1)[1]
    assert "New account “hdjm”" in text
    form = client.get("/accounts/new?name=hdjm").content.decode()
    assert 'value="hdjm"' in form


def test_signs_narrow_to_commands_people_and_codes(client: Client, account: Any) -> None:
    people = palette(client, "@华东")
    assert 'data-group="contacts"' in people
    assert 'data-group="accounts"' not in people and 'data-group="do"' in people
    commands = palette(client, ">my day")
    assert 'href="/"' in commands and "palette-pill" not in commands and "New account" not in commands
    codes = palette(client, f"#{account.code}")
    assert f"/accounts/{account.id}/" in codes
    assert f"/accounts/{account.id}/" not in palette(client, "#hdjm")


def test_commands_follow_the_role(rep_actor: Actor) -> None:
    create_record(rep_actor, "account", {"name": NAME})
    assert "/activity/call?account=" in palette(sign_in(rep_actor), "hdjm")
    role = Role.objects.get(key="sales")
    grants = {**role.grants, "account": {"view": "own"}, "interaction": {"view": "own"}, "task": {"view": "own"}}
    Role.objects.filter(key="sales").update(grants=grants, version=role.version + 1)
    text = palette(sign_in(rep_actor), "hdjm")
    assert "/activity/call" not in text and "/activity/task" not in text and "New account" not in text


def test_a_word_inside_a_long_text_is_shown_with_its_field_and_its_passage(actor: Actor) -> None:
    account = create_record(
        actor,
        "account",
        {"name": "Rheinwerk", "description": "word " * 200 + "then a Rotary <b>pump</b> for them " + "rest " * 100},
    )
    [group] = find(actor, "rotary pump").groups
    [item] = group.items
    assert (item.id, str(item.title)) == (account.id, "Rheinwerk")
    assert str(item.note).startswith("<b>Description</b> …")
    assert "a <mark>Rotary</mark> &lt;b&gt;<mark>pump</mark>&lt;/b&gt; for" in str(item.note)
    assert len(item.note) < 320


def test_a_document_is_shown_by_its_name(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "Rheinwerk"})
    file = store_file(name="offer.txt", content=b"A Rotary pump", object="account", record_id=account.id)
    read_document.function(actor.tenant_id, file.id)
    [group] = find(actor, "rotary").groups
    assert str(group.items[0].note).startswith("<b>offer.txt</b> A <mark>Rotary</mark> pump")
