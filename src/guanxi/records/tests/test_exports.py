"""Lists as files: every form, any length, masks, formulas, quota, and that it is written down."""

import csv
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any
from unittest.mock import patch

import orjson
import pytest
from django.test import Client
from openpyxl import load_workbook

from guanxi.core.errors import NotFound, TooMany
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, User
from guanxi.records.changes import Create, change_records, create_record
from guanxi.records.exports import services
from guanxi.records.exports.services import begin_export, export_bytes
from guanxi.records.lists import ListQuery
from guanxi.records.tests.importing import figures, imported


def exported(actor: Actor, object_name: str, form: str, *fields: str, **query: Any) -> bytes:
    made = begin_export(actor, ListQuery(object=object_name, fields=fields, **query), form=form)
    return b"".join(export_bytes(made))


@pytest.fixture
def people(actor: Actor) -> None:
    account = create_record(actor, "account", {"name": "=1+1; Works, Ltd"})
    values = {
        "name": "张三",
        "email": "z@x.example",
        "phone": "138 0013 8000",
        "account": account.id,
        "tags": ["a,b", "c"],
    }
    create_record(
        actor, "contact", {**values, "description": "one\ntwo " + "长" * 60, "city": "Ulm", "birthday": "1990-02-03"}
    )


def test_spreadsheets_get_no_formulas(actor: Actor, people: None) -> None:
    rows = list(csv.reader(StringIO(exported(actor, "contact", "csv", "name", "account").decode("utf-8-sig"))))
    assert rows == [["Name", "Account"], ["张三", "'=1+1; Works, Ltd"]]
    sheet: Any = load_workbook(BytesIO(exported(actor, "account", "xlsx", "name"))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [["Name"], ["'=1+1; Works, Ltd"]]


def test_json_lines_come_back_as_they_went(actor: Actor, people: None) -> None:
    text = exported(actor, "contact", "jsonl", "name", "email", "account", "tags")
    assert orjson.loads(text) == {
        "name": "张三",
        "email": "z@x.example",
        "account": "=1+1; Works, Ltd",
        "tags": ["a,b", "c"],
    }
    done = imported(actor, text, object_name="contact", name="x.jsonl", key="email", policy="update")
    assert (figures(done), done.unchanged) == ((1, 0, 1, 0, 0), 0)


def test_cards_are_folded_and_come_back(actor: Actor, people: None) -> None:
    text = exported(actor, "contact", "vcard")
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    assert b"TEL;TYPE=work:138 0013 8000\r\n" in text
    assert b"ORG:=1+1\\; Works\\, Ltd;\r\n" in text
    done = imported(actor, text, object_name="contact", name="x.vcf", key="email", policy="update")
    assert (figures(done), done.unchanged) == ((1, 0, 1, 0, 0), 0)


def test_calendars_have_events_and_tasks(actor: Actor) -> None:
    begins = datetime(2026, 11, 22, 8, tzinfo=UTC)
    create_record(actor, "event", {"subject": "Visit, Ulm", "start_at": begins, "end_at": begins.replace(hour=9)})
    create_record(actor, "task", {"subject": "Call", "due_at": begins})
    events = exported(actor, "event", "ics").decode().split("\r\n")
    assert (events[0], events[-2], "DTSTART:20261122T080000Z" in events, "SUMMARY:Visit\\, Ulm" in events) == (
        "BEGIN:VCALENDAR", "END:VCALENDAR", True, True,
    )  # fmt: skip
    assert "DUE:20261122T080000Z" in exported(actor, "task", "ics").decode().split("\r\n")
    with pytest.raises(NotFound):
        exported(actor, "account", "ics")


def test_every_page_is_sent(actor: Actor, client: Client) -> None:
    change_records(actor, "account", [Create({"name": f"A{number}"}) for number in range(25)])
    with patch.object(services, "MAX_LIMIT", 10), patch("guanxi.records.views.exports.MAX_LIMIT", 10):
        client.force_login(
            User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend"
        )
        answer: Any = client.get("/accounts/export?format=jsonl&columns=name&sort=name")
        assert answer.streaming
        rows = [orjson.loads(line) for line in b"".join(answer).splitlines()]
    assert sorted(row["name"] for row in rows) == sorted(f"A{number}" for number in range(25))
    assert client.get("/accounts/export?format=doc").status_code == 404
    assert AccessEntry.objects.get(action="export").detail["count"] == 25


def test_a_role_exports_so_many_rows_a_day(rep_actor: Actor, actor: Actor) -> None:
    change_records(rep_actor, "account", [Create({"name": f"A{number}"}) for number in range(3)])
    Role.objects.filter(key="sales").update(export_rows=5)
    assert exported(rep_actor, "account", "csv", "name").count(b"\n") == 4
    with pytest.raises(TooMany):
        exported(rep_actor, "account", "csv", "name")
    assert AccessEntry.objects.filter(action="export").count() == 1
    assert exported(actor, "account", "csv", "name").count(b"\n") == 4
