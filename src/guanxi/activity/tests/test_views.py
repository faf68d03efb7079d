"""Pages, parts and dialogs of activity: they answer, they save, they say what is wrong, they keep strangers out."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from guanxi.activity import services
from guanxi.activity.models import CalendarEvent, Interaction, Note, Notification, Task
from guanxi.core.models import StoredFile
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.messaging.models import Message, MessageTemplate
from guanxi.records.changes import create_record

START = datetime(2027, 3, 1, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def client(rep: Actor) -> Client:
    """A browser signed in as the representative."""
    return signed_in(rep)


def signed_in(actor: Actor) -> Client:
    browser = Client(headers=HTMX)
    assert actor.user_id
    browser.force_login(User.objects.get(id=actor.user_id))
    return browser


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("path", ["/calendar/", "/inbox/"])
def test_pages_answer(client: Client, path: str, language: str) -> None:
    User.objects.update(language=language)
    answer = client.get(path, headers={"HX-Request": ""})
    assert answer.status_code == 200
    assert answer.content.decode().count("<h1") == 1


@pytest.mark.parametrize("path", ["call", "mail", "task", "event"])
@pytest.mark.parametrize("known", [True, False])
def test_dialogs_answer(client: Client, contact: Any, path: str, known: bool) -> None:
    answer = client.get(f"/activity/{path}", {"contact": contact.id, "account": contact.account_id} if known else {})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert ("张三丰" in text) is known
    assert 'id="dialog-title"' in text


def test_call_is_saved_with_follow_up(client: Client, rep: Actor, account: Any, contact: Any) -> None:
    form = {
        "account": account.id, "contact": contact.id, "direction": "in", "minutes": "4", "outcome": "reached",
        "body": "E-17 after warm-up", "at": "2026-11-18T16:20", "follow_up": "2027-01-04T09:00",
    }  # fmt: skip
    answer = client.post("/activity/call", form)
    assert answer.status_code == 204
    assert json.loads(answer.headers["HX-Trigger"]) == {
        "gx:saved": True,
        "gx:timeline": True,
        "gx:toast": {"text": "Call saved."},
    }
    line = Interaction.objects.get()
    assert (line.duration_seconds, line.at) == (240, datetime(2026, 11, 18, 8, 20, tzinfo=UTC))
    task = Task.objects.get()
    assert (task.kind, task.due_at, task.account_id) == ("call", datetime(2027, 1, 4, 1, 0, tzinfo=UTC), account.id)


def test_a_dialog_says_in_chinese_that_it_is_done(client: Client, contact: Any) -> None:
    """A header holds Latin letters alone: the words arrive escaped, or the dialog would never close."""
    User.objects.update(language="zh-hans")
    answer = client.post("/activity/call", {"contact": contact.id, "body": "问交货期"})
    assert answer.headers["HX-Trigger"].isascii()
    assert json.loads(answer.headers["HX-Trigger"])["gx:toast"] == {"text": "通话已保存。"}
    mail = {"contact": contact.id, "account": contact.account_id, "subject": "交货", "body": "第 49 周"}
    told = json.loads(client.post("/activity/mail", mail).headers["HX-Trigger"])
    assert (told["gx:saved"], "张三丰" in told["gx:toast"]["text"]) == (True, True)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("call", {"minutes": "-1"}),
        ("call", {"at": "yesterday"}),
        ("call", {"at": "9999-12-31T23:59"}),
        ("call", {"body": "\x00"}),
        ("task", {"subject": ""}),
        ("task", {"subject": "x" * 201}),
        ("task", {"subject": "x", "repeat": "FREQ=DAILY", "due_at": ""}),
        ("event", {"subject": "x", "start_at": ""}),
        ("event", {"subject": "x", "start_at": "2027-01-01T10:00", "end_at": "2027-01-01T09:00"}),
        ("mail", {"subject": "", "body": ""}),
        ("mail", {"subject": "x", "body": "x", "purpose": "marketing"}),
    ],
)
def test_wrong_input_comes_back(client: Client, contact: Any, path: str, form: dict[str, str]) -> None:
    answer = client.post(f"/activity/{path}", {"contact": str(contact.id), **form})
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode() or "alert-rose" in answer.content.decode()
    assert (
        Interaction.objects.count() + Task.objects.count() + CalendarEvent.objects.count() + Message.objects.count()
        == 0
    )


@pytest.mark.parametrize(
    "path", ["/activity/call", "/activity/mail", "/activity/task", "/activity/event", "/timeline/"]
)
def test_strangers_learn_nothing(other_rep: Actor, account: Any, path: str) -> None:
    answer = signed_in(other_rep).get(path, {"account": account.id})
    assert answer.status_code == 404
    assert account.name not in answer.content.decode()
    assert signed_in(other_rep).get(path, {"account": "rubbish"}).status_code == 404


def test_timeline_part_and_more(client: Client, rep: Actor, account: Any) -> None:
    for number in range(32):
        at = timezone.now() - timedelta(days=number)
        services.log_interaction(
            rep, channel="mail", direction="out", account_id=account.id, subject=f"<b>{number}</b>", at=at
        )
    text = client.get("/timeline/", {"account": account.id}).content.decode()
    assert text.count('class="entry"') == 30
    assert "<b>Rep</b> sent “&lt;b&gt;0&lt;/b&gt;”" in text
    assert "Today" in text
    more = text.split('hx-get="/timeline/?')[-1].split('"')[0].replace("&amp;", "&")
    rest = client.get(f"/timeline/?{more}").content.decode()
    assert (rest.count('class="entry"'), "<section" in rest) == (2, False)
    assert (
        client.get("/timeline/", {"account": account.id, "group": "calls"}).content.decode().count('class="entry"') == 0
    )
    assert client.get("/timeline/").status_code == 404


def test_note_box(client: Client, account: Any) -> None:
    file = SimpleUploadedFile("plan.txt", b"Plan", content_type="text/plain")
    answer = client.post("/activity/note", {"account": account.id, "body": "Good talk", "files": file})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (200, "gx:timeline")
    note = Note.objects.get()
    assert (note.body, note.account_id) == ("Good talk", account.id)
    stored = StoredFile.objects.get()
    assert (stored.object, stored.record_id) == ("interaction", note.id)
    text = client.get("/timeline/", {"account": account.id}).content.decode()
    assert f"/files/{stored.id}/" in text
    assert client.post("/activity/note", {"account": account.id, "body": " "}).status_code == 422
    assert Note.objects.count() == 1


def test_files_of_the_timeline_are_for_who_sees_the_customer(client: Client, other_rep: Actor, account: Any) -> None:
    file = SimpleUploadedFile("plan.txt", b"Plan", content_type="text/plain")
    client.post("/activity/note", {"account": account.id, "body": "See file", "files": file})
    key = StoredFile.objects.get().id
    assert client.get(f"/files/{key}/").status_code == 200
    assert signed_in(other_rep).get(f"/files/{key}/").status_code == 404


def test_mail_with_template_preview_and_file(client: Client, rep: Actor, contact: Any) -> None:
    template = MessageTemplate.objects.create(
        name="Terms", language="en", subject="For {{ contact.name }}", body="Dear {{ contact.name }},"
    )
    form = {"contact": contact.id, "account": contact.account_id, "recipient": contact.id}
    filled = client.post("/activity/mail/fill", {**form, "template": template.id}).content.decode()
    assert "For 张三丰" in filled
    shown = client.post(
        "/activity/mail/preview", {**form, "subject": "Hi", "body": "**{{ contact.name }}** <script>"}
    ).content.decode()
    assert "<strong>张三丰</strong>" in shown
    assert "<script>" not in shown
    file = SimpleUploadedFile("terms.txt", b"Terms", content_type="text/plain")
    answer = client.post("/activity/mail", {**form, "subject": "Hi {{ user.name }}", "body": "Hello", "files": file})
    assert answer.status_code == 204
    message = Message.objects.get()
    assert (message.subject, message.to, len(message.attachments)) == ("Hi Rep", ["zhang@hd.example"], 1)


def test_refused_mail_keeps_no_file(client: Client, contact: Any) -> None:
    file = SimpleUploadedFile("terms.txt", b"Terms", content_type="text/plain")
    form = {"contact": contact.id, "purpose": "marketing", "subject": "Buy", "body": "Now", "files": file}
    answer = client.post("/activity/mail", form)
    assert answer.status_code == 422
    assert "has not consented" in answer.content.decode()
    assert (StoredFile.objects.count(), Message.objects.count()) == (0, 0)


def test_task_row_is_done_and_undone(client: Client, rep: Actor) -> None:
    task = services.plan_task(rep, subject="Call", checklist=["One"])
    assert client.post(f"/tasks/{task.id}/tick", {"index": "0", "done": "1"}).status_code == 200
    assert client.post(f"/tasks/{task.id}/items", {"text": "Two"}).status_code == 200
    assert client.post(f"/tasks/{task.id}/items", {"text": " "}).status_code == 422
    page = client.get(f"/tasks/{task.id}/").content.decode()
    assert "Two" in page
    answer = client.post(f"/tasks/{task.id}/complete")
    assert (answer.status_code, "checked" in answer.content.decode()) == (200, True)
    assert client.post(f"/tasks/{task.id}/complete").status_code == 409
    assert client.post(f"/tasks/{task.id}/reopen").status_code == 204
    task.refresh_from_db()
    assert (task.status, task.checklist) == (
        "not_started",
        [{"text": "One", "done": True}, {"text": "Two", "done": False}],
    )


def test_snooze_dialog(client: Client, other_rep: Actor, rep: Actor) -> None:
    task = services.plan_task(rep, subject="Call", due_at=START)
    assert client.get(f"/tasks/{task.id}/snooze").status_code == 200
    assert client.post(f"/tasks/{task.id}/snooze", {"choice": "", "until": "2027-05-01T09:00"}).status_code == 204
    task.refresh_from_db()
    assert task.due_at == datetime(2027, 5, 1, 1, 0, tzinfo=UTC)
    assert client.post(f"/tasks/{task.id}/snooze", {"until": "2020-01-01T09:00"}).status_code == 422
    assert client.post(f"/tasks/{task.id}/snooze", {}).status_code == 422
    assert signed_in(other_rep).get(f"/tasks/{task.id}/snooze").status_code == 404


def test_calendar_feed_and_drag(client: Client, rep: Actor) -> None:
    event = services.schedule_event(rep, subject="Visit", start_at=START, end_at=START + HOUR, kind="visit")
    series = services.schedule_event(rep, subject="Weekly", start_at=START, end_at=START + HOUR, repeat="FREQ=DAILY")
    period = {"start": "2027-03-01T00:00:00+08:00", "end": "2027-03-03T00:00:00+08:00"}
    rows = client.get("/calendar/feed", period).json()
    assert [(row["title"], row["start"], row["tone"]) for row in rows] == [
        ("Visit", "2027-03-01T09:00:00+08:00", "jade"),
        ("Weekly", "2027-03-01T09:00:00+08:00", "indigo"),
        ("Weekly", "2027-03-02T09:00:00+08:00", "indigo"),
    ]
    body = {"start": "2027-03-01T11:00:00+08:00", "end": "2027-03-01T12:00:00+08:00", "all_day": False, "version": 1}
    moved = client.patch(f"/calendar/events/{event.id}", body, content_type="application/json")
    assert moved.json() == {"version": 2, "undo_url": f"/events/{event.id}/undo?version=2"}
    event.refresh_from_db()
    assert event.start_at == START + 2 * HOUR
    stale = client.patch(f"/calendar/events/{event.id}", body, content_type="application/json")
    assert stale.status_code == 412
    one = {**body, "start": "2027-03-02T15:00:00+08:00", "end": None}
    assert client.patch(f"/calendar/events/{rows[2]['id']}", one, content_type="application/json").status_code == 200
    series.refresh_from_db()
    assert series.except_at == [START + 24 * HOUR]
    for wrong in ("rubbish", f"{uuid4()}"):
        assert client.patch(f"/calendar/events/{wrong}", body, content_type="application/json").status_code == 404
    for query in ({}, {"start": "x", "end": "y"}, {"start": "2020-01-01", "end": "2030-01-01"}):
        assert client.get("/calendar/feed", query).status_code == 400


def test_whole_days_are_dragged_drawn_and_scheduled(client: Client, rep: Actor) -> None:
    event = services.schedule_event(rep, subject="Fair", start_at=START, end_at=START + HOUR)
    body = {"start": "2027-03-02", "end": None, "all_day": True, "version": 1}
    assert client.patch(f"/calendar/events/{event.id}", body, content_type="application/json").status_code == 200
    event.refresh_from_db()
    midnight = datetime(2027, 3, 1, 16, 0, tzinfo=UTC)
    assert (event.all_day, event.start_at, event.end_at) == (True, midnight, midnight + timedelta(hours=23, minutes=59))
    period = {"start": "2027-03-01T00:00:00+08:00", "end": "2027-03-08T00:00:00+08:00"}
    (row,) = client.get("/calendar/feed", period).json()
    assert (row["allDay"], row["start"], row["end"]) == (True, "2027-03-02", "2027-03-03")
    back = {"start": "2027-03-03T10:00:00+08:00", "end": "2027-03-03T11:00:00+08:00", "all_day": False, "version": 2}
    assert client.patch(f"/calendar/events/{event.id}", back, content_type="application/json").status_code == 200
    event.refresh_from_db()
    assert (event.all_day, event.start_at) == (False, datetime(2027, 3, 3, 2, 0, tzinfo=UTC))
    drawn = client.get("/activity/event", {"start": "2027-03-04", "end": "2027-03-06"}).content.decode()
    assert 'name="all_day" value="1" checked' in drawn
    assert 'value="2027-03-04"' in drawn and 'value="2027-03-05"' in drawn and drawn.count('type="date"') == 2
    form = {"subject": "Leave", "start_at": "2027-03-04", "end_at": "2027-03-05", "all_day": "1"}
    assert client.post("/activity/event", form).status_code == 204
    leave = next(one for one in client.get("/calendar/feed", period).json() if one["title"] == "Leave")
    # The end of a whole-day event is the first day that is free again.
    assert (leave["start"], leave["end"]) == ("2027-03-04", "2027-03-06")
    page = client.get(leave["url"], headers={"HX-Request": ""}).content.decode()
    assert "4 Mar 2027" in page and "5 Mar 2027" in page and "23:59" not in page.split("History")[0]


def test_a_refused_dialog_keeps_whom_one_chose(client: Client, rep: Actor, other_rep: Actor) -> None:
    task = client.post("/activity/task", {"subject": "", "owner": str(other_rep.member_id)}).content.decode()
    assert f'<option value="{other_rep.member_id}" selected>Other</option>' in task
    assert f'<option value="{rep.member_id}" selected>' not in task
    event = client.post("/activity/event", {"subject": "", "members": [str(other_rep.member_id)]}).content.decode()
    assert f'<option value="{other_rep.member_id}" selected>Other</option>' in event


@pytest.mark.parametrize(
    ("path", "form", "name", "message"),
    [
        ("call", {"minutes": "-1"}, "minutes", "A whole number is expected."),
        ("call", {"minutes": "9999999"}, "minutes", "A whole number is expected."),
        ("call", {"at": "yesterday"}, "at", "A date and time such as"),
        ("call", {"at": "9999-12-31T23:59"}, "at", "This lies in the future"),
        ("call", {"outcome": "splendid"}, "outcome", "is not one of the choices"),
        ("call", {"direction": "sideways"}, "direction", "is not one of the choices"),
        ("call", {"follow_up": "soon"}, "follow_up", "A date and time such as"),
        ("call", {"body": "x" * 100_001}, "body", "Use at most 100000 characters."),
        ("task", {"subject": " "}, "subject", "Fill in this field."),
        ("task", {"subject": "x" * 201}, "subject", "Use at most 200 characters."),
        ("task", {"subject": "a\x00b"}, "subject", "characters that cannot be stored"),
        ("task", {"subject": "x", "priority": "utmost"}, "priority", "is not one of the choices"),
        ("task", {"subject": "x", "due_at": "2026-02-31T10:00"}, "due_at", "A date and time such as"),
        (
            "task",
            {"subject": "x", "repeat": "FREQ=SECONDLY", "due_at": "2027-01-01T10:00"},
            "repeat",
            "not a rule of repetition",
        ),
        ("task", {"subject": "x", "repeat": "FREQ=DAILY", "due_at": ""}, "due_at", "needs a due date"),
        ("task", {"subject": "x", "checklist": "x" * 301}, "checklist", "A checklist is a list of lines"),
        ("event", {"subject": "", "start_at": "2027-01-01T10:00"}, "subject", "Fill in this field."),
        ("event", {"subject": "x", "start_at": ""}, "start_at", "Fill in this field."),
        (
            "event",
            {"subject": "x", "start_at": "2027-01-01T10:00", "end_at": "2027-01-01T09:00"},
            "end_at",
            "before the beginning",
        ),
        (
            "event",
            {"subject": "x", "start_at": "2027-01-01T10:00", "location": "x" * 201},
            "location",
            "Use at most 200",
        ),
        ("mail", {"subject": "", "body": "x"}, "subject", "Give a subject of at most 400 characters."),
        ("mail", {"subject": "x" * 401, "body": "x"}, "subject", "Give a subject of at most 400 characters."),
        ("mail", {"subject": "x\x00", "body": "x"}, "subject", "characters that cannot be stored"),
        ("mail", {"subject": "a\nBcc: all@example.com", "body": "x\x00"}, "body", "characters that cannot be stored"),
    ],
)
def test_the_message_stands_beside_the_field(
    client: Client, contact: Any, path: str, form: dict[str, str], name: str, message: str
) -> None:
    answer = client.post(f"/activity/{path}", {"contact": str(contact.id), **form})
    assert answer.status_code == 422
    part = answer.content.decode().split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]
    assert "field-error" in part
    assert message in part
    kinds = (Interaction, Task, CalendarEvent, Message)
    assert [kind.objects.count() for kind in kinds] == [0, 0, 0, 0]


def test_a_note_of_ten_megabytes_is_refused_with_words(client: Client, account: Any) -> None:
    answer = client.post("/activity/note", {"account": account.id, "body": "长" * 3_500_000})
    assert answer.status_code in (400, 413, 422)
    assert answer.content.decode().strip()
    assert Note.objects.count() == 0
    over = client.post("/activity/note", {"account": account.id, "body": "x" * 100_001})
    assert (over.status_code, "Use at most 100000 characters." in over.content.decode()) == (422, True)
    kept = "🦀👩‍👩‍👧‍👦 \u202eשלום مرحبا <script>alert(1)</script>"
    assert client.post("/activity/note", {"account": account.id, "body": kept}).status_code == 200
    assert Note.objects.get().body == kept
    assert "<script>alert" not in client.get("/timeline/", {"account": account.id}).content.decode()


def test_calendar_of_colleagues_as_far_as_visible(client: Client, rep: Actor, other_rep: Actor) -> None:
    services.schedule_event(other_rep, subject="Secret", start_at=START, end_at=START + HOUR)
    period = {"start": "2027-03-01T00:00:00+08:00", "end": "2027-03-03T00:00:00+08:00"}
    assert client.get("/calendar/feed", {**period, "member": str(other_rep.member_id)}).json() == []
    assert rep.member_id
    services.schedule_event(
        other_rep, subject="Together", start_at=START, end_at=START + HOUR, member_ids=[rep.member_id]
    )
    assert [row["title"] for row in client.get("/calendar/feed", period).json()] == ["Together"]
    event = CalendarEvent.objects.get(subject="Together")
    page = signed_in(other_rep).get(f"/events/{event.id}/").content.decode()
    assert "No answer yet" in page
    client.post(f"/events/{event.id}/answer", {"answer": "declined"})
    assert client.get("/calendar/feed", period).json() == []


def test_inbox_opens_and_is_read(client: Client, admin: Actor, rep: Actor) -> None:
    task = services.plan_task(admin, subject="Do it", assignee_id=rep.member_id)
    assert "Do it" in client.get("/inbox/").content.decode()
    row = Notification.objects.get()
    answer = client.get(f"/inbox/{row.id}/open")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/tasks/{task.id}/")
    assert client.post("/inbox/read-all").status_code == 204
    assert signed_in(admin).get(f"/inbox/{row.id}/open").status_code == 404


def test_the_page_of_a_task_leads_to_what_it_is_about(
    client: Client, rep: Actor, other_rep: Actor, account: Any
) -> None:
    deal = create_record(rep, "opportunity", {"name": "Retrofit", "account": account.id})
    about = {"object": "opportunity", "record_id": deal.id, "account_id": account.id}
    task = services.plan_task(rep, subject="Send papers", due_at=START, checklist=["One"], **about)
    event = services.schedule_event(rep, subject="Visit", start_at=START, end_at=START + HOUR, **about)
    for address in (f"/tasks/{task.id}/", f"/events/{event.id}/"):
        page = client.get(address, headers={"HX-Request": ""}).content.decode()
        assert f'href="/opportunities/{deal.id}/"' in page and "Retrofit" in page
        assert "09:00" in page, "a moment with its time of day"
        assert "1 entry" not in page and "except" not in page
    strange = services.plan_task(rep, subject="Your part", assignee_id=None, **about)
    Task.objects.filter(id=strange.id).update(owner=other_rep.member_id, team=other_rep.team_id)
    page = signed_in(other_rep).get(f"/tasks/{strange.id}/", headers={"HX-Request": ""}).content.decode()
    assert "Your part" in page and "Retrofit" not in page and str(deal.id) not in page


def test_the_calendar_shows_the_persons_own_zone(client: Client) -> None:
    page = client.get("/calendar/", headers={"HX-Request": ""}).content.decode()
    assert 'data-time-zone="Asia/Shanghai"' in page
