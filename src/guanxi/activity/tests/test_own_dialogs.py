"""The tenant's own fields in the dialogs of call, task, event, mail and in the note box: drawn, kept, refused beside the field."""

from typing import Any

import pytest
from django.test import Client

from guanxi.activity import services
from guanxi.activity.models import CalendarEvent, Interaction, Note, Outreach, Task
from guanxi.activity.tests.test_views import START, signed_in
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role, User
from guanxi.messaging.models import Message
from guanxi.records.changes import update_record
from guanxi.records.own_fields import create_field

CASES = {
    "call": ("interaction", {"direction": "out"}, Interaction),
    "task": ("task", {"subject": "Send papers", "due_at": "2027-03-01T09:00", "repeat": "FREQ=WEEKLY"}, Task),
    "event": ("event", {"subject": "Fair", "start_at": "2027-03-01T09:00"}, CalendarEvent),
    "note": ("note", {"body": "Met at the fair"}, Note),
}


@pytest.fixture
def client(rep: Actor) -> Client:
    return signed_in(rep)


def own_field(admin: Actor, object_name: str, **more: Any) -> str:
    values = {"object": object_name, "kind": "number", "label_en": "Visitors", "label_zh": "到场人数", **more}
    return create_field(admin, values).name


@pytest.mark.parametrize("path", CASES)
def test_own_fields_are_kept(client: Client, admin: Actor, contact: Any, path: str) -> None:
    object_name, form, model = CASES[path]
    name = own_field(admin, object_name)
    form = {**form, "contact": str(contact.id), "_fields": f"{name},"}
    if path != "note":
        shown = client.get(f"/activity/{path}", {"contact": contact.id}).content.decode()
        assert "Visitors" in shown and f'name="{name}"' in shown
    refused = client.post(f"/activity/{path}", {**form, name: "many"})
    text = refused.content.decode()
    assert (refused.status_code, model.objects.count()) == (422, 0)
    assert "Enter a number" in text or "number" in text
    assert 'value="many"' in text
    assert client.post(f"/activity/{path}", {**form, name: "12"}).status_code in (200, 204)
    assert model.objects.get().custom == {name: "12"}


def test_the_note_box_shows_them_on_the_customers_page(client: Client, admin: Actor, account: Any) -> None:
    name = own_field(admin, "note")
    User.objects.update(language="zh-hans")
    page = client.get(f"/accounts/{account.id}/").content.decode()
    assert "到场人数" in page and f'name="{name}"' in page


def test_a_mail_takes_them_to_its_line(client: Client, admin: Actor, contact: Any) -> None:
    name = own_field(admin, "interaction")
    form = {"contact": str(contact.id), "subject": "Offer", "body": "Enclosed", "_fields": f"{name},"}
    assert client.post("/activity/mail", {**form, name: "many"}).status_code == 422
    assert (Message.objects.count(), Outreach.objects.count()) == (0, 0)
    assert client.post("/activity/mail", {**form, name: "3"}).status_code == 204
    line = services.file_sent_message(Message.objects.get().id)
    assert line is not None and line.custom == {name: "3"}


def test_a_mail_leaves_although_its_field_is_gone(client: Client, admin: Actor, contact: Any) -> None:
    name = own_field(admin, "interaction")
    form = {"contact": str(contact.id), "subject": "Offer", "body": "Enclosed", "_fields": f"{name},", name: "3"}
    assert client.post("/activity/mail", form).status_code == 204
    Outreach.objects.update(own={name: "no number"})
    line = services.file_sent_message(Message.objects.get().id)
    assert line is not None and line.custom == {}


def test_a_role_without_the_field_neither_sees_nor_sets_it(client: Client, admin: Actor, contact: Any) -> None:
    name = own_field(admin, "task")
    Role.objects.filter(key="sales").update(field_access={"task": {name: "hidden"}})
    assert "Visitors" not in client.get("/activity/task", {"contact": contact.id}).content.decode()
    form = {"subject": "Send papers", "contact": str(contact.id), "_fields": name, name: "12"}
    assert client.post("/activity/task", form).status_code == 204
    assert Task.objects.get().custom == {}


def test_what_follows_keeps_tags_and_own_fields(rep: Actor, admin: Actor, account: Any) -> None:
    name = own_field(admin, "task")
    task = services.plan_task(
        rep, subject="Weekly call", due_at=START, repeat="FREQ=WEEKLY", account_id=account.id, own={name: 4}
    )
    update_record(rep, "task", task.id, {"tags": ["VIP"]})
    services.complete_task(rep, task.id)
    following = Task.objects.exclude(id=task.id).get()
    assert (following.custom, following.tags) == ({name: "4"}, ["VIP"])
