"""Reports by mail through a real mail server: on time, to each with what that person may see, stopped, paused, failures told."""

from datetime import UTC, datetime, time, timedelta
from email import message_from_bytes, policy
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.models import OutboxEvent, StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, User
from guanxi.messaging.models import Message
from guanxi.messaging.services import deliver_message
from guanxi.messaging.tests.conftest import Post
from guanxi.records.changes import create_record
from guanxi.records.models import ReportDelivery, ReportSubscription, SubscriptionRecipient
from guanxi.records.reports.saved import save_dashboard, save_report
from guanxi.records.reports.subscriptions.schedule import next_after
from guanxi.records.reports.subscriptions.sending import deliver_report, forget_deliveries, send_due, send_now
from guanxi.records.reports.subscriptions.services import (
    delete_subscription,
    list_subscriptions,
    save_subscription,
    set_active,
    unsubscribe,
)

BY_REGION: dict[str, Any] = {"object": "account", "measures": [{"key": "count", "kind": "count"}], "groups": [{"field": "region"}]}  # fmt: skip


@pytest.fixture
def both(actor: Actor, rep_actor: Actor) -> tuple[Actor, Actor]:
    """The administrator, who sees all customers, and a representative, who sees the own one."""
    with tenant_tx(actor.tenant_id):
        role = Role.objects.get(id=Membership.objects.get(id=rep_actor.member_id).role_id)
        grants = {**role.grants, "account": {"view": "own", "create": "own", "export": "own"}}
        Role.objects.filter(id=role.id).update(grants=grants)
        for owner, region in ((actor, "华北"), (actor, "华北"), (rep_actor, "华东")):
            create_record(owner, "account", {"name": f"客户 {region}", "region": region})
    return actor, rep_actor


def ordered(who: Actor, *readers: Actor, **values: Any) -> ReportSubscription:
    with tenant_tx(who.tenant_id):
        key = values.pop("key", None) or str(save_report(who, definition=BY_REGION, name="按地区").id)
    given = {"kind": "report", "key": key, "forms": ["pdf", "xlsx"], "rhythm": "daily", "at": "08:00"}
    return save_subscription(who, given | {"recipients": [str(one.member_id) for one in readers]} | values)


def sent(tenant_id: Any) -> list[ReportDelivery]:
    """Carry out what waits: the reports, then the mails."""
    with tenant_tx(tenant_id):
        waiting = list(ReportDelivery.objects.filter(state="waiting").values_list("id", flat=True))
    for key in waiting:
        deliver_report.function(tenant_id, key)
    with tenant_tx(tenant_id):
        messages = list(Message.objects.filter(status="queued").values_list("id", flat=True))
    for key in messages:
        deliver_message(tenant_id, key)
    with tenant_tx(tenant_id):
        return list(ReportDelivery.objects.order_by("created_at", "id"))


def due(tenant_id: Any) -> int:
    """It is time for everybody."""
    with tenant_tx(tenant_id):
        SubscriptionRecipient.objects.exclude(next_at=None).update(next_at=timezone.now() - timedelta(minutes=1))
        return send_due()


def arrived(post: Post) -> dict[str, Any]:
    """The mails by their recipient: subject, text, words of the PDF, rows of the workbook."""
    found = {}
    for envelope in post.mails:
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        mail: Any = message_from_bytes(content, policy=policy.default)
        pdf, book = (part.get_content() for part in mail.iter_attachments())
        words = " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())
        rows = [tuple(cell.value for cell in row) for row in load_workbook(BytesIO(book)).active]  # type: ignore[union-attr]
        names = [part.get_filename() for part in mail.iter_attachments()]
        found[mail["To"]] = (mail["Subject"], mail.get_body(("plain",)).get_content(), words, rows, names)
    return found


def test_each_recipient_gets_what_their_own_rights_show(both: tuple[Actor, Actor], post: Post) -> None:
    actor, rep = both
    row = ordered(actor, actor, rep, note="请看 *本周*")
    assert due(actor.tenant_id) == 2
    assert [one.state for one in sent(actor.tenant_id)] == ["sent", "sent"]
    mails = arrived(post)
    assert sorted(mails) == ["admin@one.example", "rep@one.example"]
    subject, text, words, rows, names = mails["rep@one.example"]
    assert subject.startswith("按地区 – ")
    assert "请看" in text
    assert f"/report-subscriptions/{row.id}/" in text
    assert "Ada ordered this for you." in text
    assert rows[1:] == [("华东", 1), ("Total", 1)]
    assert "华东" in words
    assert "华北" not in words
    assert [name[:3] for name in names] == ["按地区", "按地区"]
    assert mails["admin@one.example"][3][1:] == [("华北", 2), ("华东", 1), ("Total", 3)]
    # What carries the rights of one person is that person's message and file alone.
    with tenant_tx(actor.tenant_id):
        for one in ReportDelivery.objects.all():
            assert Message.objects.get(id=one.message_id).member_id == one.member_id
            assert {file.created_by_id for file in StoredFile.objects.filter(id__in=one.file_ids)} == {one.member_id}
    assert due(actor.tenant_id) == 2


def test_nobody_gets_more_than_their_rights_of_now_and_failures_are_told(both: tuple[Actor, Actor], post: Post) -> None:
    actor, rep = both
    ordered(actor, rep)
    due(actor.tenant_id)
    with tenant_tx(actor.tenant_id):
        role = Role.objects.get(id=Membership.objects.get(id=rep.member_id).role_id)
        Role.objects.filter(id=role.id).update(field_access={"account": {"region": "masked"}})
    [failed] = sent(actor.tenant_id)
    assert (failed.state, failed.message_id, post.mails) == ("failed", None, [])
    assert "region" in failed.error
    [told] = OutboxEvent.objects.filter(name="records.ReportNotSent")
    assert (told.member_id, told.payload["name"]) == (actor.member_id, "按地区")
    with tenant_tx(actor.tenant_id):
        Role.objects.filter(id=role.id).update(field_access={}, grants={"account": {"view": "all"}})
    due(actor.tenant_id)
    assert sent(actor.tenant_id)[-1].state == "failed"
    # Who ordered it has gone: nothing goes out in that name.
    with tenant_tx(actor.tenant_id):
        Role.objects.filter(id=role.id).update(grants=role.grants)
        Membership.objects.filter(id=actor.member_id).update(is_active=False)
    due(actor.tenant_id)
    assert sent(actor.tenant_id)[-1].error == "Who subscribed may not sign in any more."
    assert post.mails == []


def test_stopped_paused_and_deleted_ones_do_not_come(both: tuple[Actor, Actor], post: Post) -> None:
    actor, rep = both
    row = ordered(actor, actor, rep)
    with tenant_tx(actor.tenant_id):
        unsubscribe(rep, row.id)
    assert due(actor.tenant_id) == 1
    with tenant_tx(actor.tenant_id):
        for forbidden in (delete_subscription, lambda who, key: set_active(who, key, False)):
            with pytest.raises(NotAllowed):
                forbidden(rep, row.id)
        set_active(actor, row.id, False)
        assert list(SubscriptionRecipient.objects.values_list("next_at", flat=True)) == [None, None]
        unsubscribe(rep, row.id, back=True)
        set_active(actor, row.id, True)
        assert SubscriptionRecipient.objects.filter(next_at__gt=timezone.now()).count() == 2
        send_now(rep, ReportSubscription.objects.get(id=row.id))
    assert len(sent(actor.tenant_id)) == 2
    assert sorted(mail.rcpt_tos[0] for mail in post.mails) == ["admin@one.example", "rep@one.example"]
    with tenant_tx(actor.tenant_id):
        ReportDelivery.objects.update(created_at=timezone.now() - timedelta(days=31))
        forget_deliveries()
        assert not StoredFile.objects.filter(deleted_at=None).exists()
        delete_subscription(actor, row.id)
        assert not SubscriptionRecipient.objects.exists()
    with tenant_tx(actor.tenant_id), pytest.raises(NotFound):
        unsubscribe(rep, row.id)


def test_a_dashboard_comes_as_one_document(both: tuple[Actor, Actor], post: Post) -> None:
    actor, rep = both
    with tenant_tx(actor.tenant_id):
        report = save_report(actor, definition=BY_REGION, name="按地区")
        tiles = [{"report": str(report.id), "width": 6}, {"report": "won-by-month", "width": 6}]
        board = save_dashboard(actor, name="总览", tiles=tiles)
    ordered(actor, rep, kind="dashboard", key=str(board.id))
    due(actor.tenant_id)
    assert sent(actor.tenant_id)[0].state == "sent"
    subject, _text, words, _rows, _names = arrived(post)["rep@one.example"]
    assert subject.startswith("总览 – ")
    assert "按地区" in words
    assert "Won by month" in words or "No record meets the filter" in words


def test_what_cannot_be_sent_is_refused(both: tuple[Actor, Actor]) -> None:
    actor, rep = both
    wrong: dict[str, Any] = {
        "forms": [], "rhythm": "hourly", "at": "25:00", "recipients": ["x"], "note": "a" * 501, "within": "someday", "kind": "list",
        "owner": "me",
    }  # fmt: skip
    for name, value in wrong.items():
        with pytest.raises(Invalid) as refusal:
            ordered(actor, rep, **{name: value})
        assert name in refusal.value.errors, name
    for day in (0, 8, "x", -1):
        with pytest.raises(Invalid):
            ordered(actor, rep, rhythm="weekly", day=day)
    with pytest.raises(NotFound):
        ordered(actor, rep, key="nothing")
    with tenant_tx(actor.tenant_id):
        private = save_report(actor, definition=BY_REGION, name="Mine")
    with tenant_tx(actor.tenant_id), pytest.raises(NotFound):
        save_subscription(rep, {"kind": "report", "key": str(private.id), "forms": ["pdf"], "rhythm": "daily", "at": "08:00", "recipients": [str(rep.member_id)]})  # fmt: skip
    with tenant_tx(actor.tenant_id):
        assert not ReportSubscription.objects.exists()


def test_it_comes_at_the_time_of_the_recipient() -> None:
    at = time(8, 0)
    utc = lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)  # noqa: E731
    assert next_after("daily", 1, at, "Asia/Shanghai", utc("2026-11-22T00:00")) == utc("2026-11-23T00:00")
    assert next_after("daily", 1, at, "Europe/Berlin", utc("2026-11-22T06:59")) == utc("2026-11-22T07:00")
    assert next_after("workdays", 1, at, "UTC", utc("2026-11-20T08:00")) == utc("2026-11-23T08:00")
    assert next_after("weekly", 1, at, "Asia/Shanghai", utc("2026-11-22T23:00")) == utc("2026-11-23T00:00")
    assert next_after("monthly", 31, at, "UTC", utc("2027-02-01T00:00")) == utc("2027-02-28T08:00")
    # Clocks go forward in the night: half past two is half past three.
    assert next_after("daily", 1, time(2, 30), "Europe/Berlin", utc("2026-03-28T12:00")) == utc("2026-03-29T01:30")
    assert next_after("daily", 1, time(2, 30), "Europe/Berlin", utc("2026-10-24T12:00")) == utc("2026-10-25T00:30")
    for rhythm in ("daily", "workdays", "weekly", "monthly"):
        moment = utc("2026-01-01T00:00")
        for _step in range(40):
            following = next_after(rhythm, 3, at, "America/New_York", moment)
            assert following > moment
            assert following.astimezone(ZoneInfo("America/New_York")).time() == at
            moment = following


def test_the_screens_set_stop_and_show(both: tuple[Actor, Actor], post: Post) -> None:
    actor, rep = both
    with tenant_tx(actor.tenant_id):
        report = save_report(actor, definition=BY_REGION, name="按地区", audience="all")
    admin, other = Client(), Client()
    for client, who in ((admin, actor), (other, rep)):
        client.force_login(User.objects.get(id=who.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend")  # fmt: skip
    assert admin.get(f"/report-subscriptions/new?report={report.id}").status_code == 200
    form = {"kind": "report", "key": str(report.id), "rhythm": "weekly", "day_weekly": "5", "at": "07:45", "forms": ["xlsx"], "recipients": [str(rep.member_id)]}  # fmt: skip
    refused = admin.post("/report-subscriptions/new", form | {"forms": []})
    assert (refused.status_code, "Choose at least one form." in refused.content.decode()) == (422, True)
    assert admin.post("/report-subscriptions/new", form).status_code == 302
    with tenant_tx(actor.tenant_id):
        [row] = list_subscriptions(rep)
        assert (row.rhythm, row.day, row.at, row.forms, row.name) == ("weekly", 5, time(7, 45), ["xlsx"], "按地区")
    page = f"/report-subscriptions/{row.id}/"
    assert "Friday at 07:45" in other.get("/report-subscriptions/").content.decode()
    assert "Stop it for me" in other.get(page).content.decode()
    assert other.post(page, form).status_code in (403, 422)
    assert other.post(f"{page}delete").status_code == 403
    assert other.post(f"{page}send").status_code == 302
    post.refuse_recipient["rep@one.example"] = "550 no such mailbox"
    sent(actor.tenant_id)
    assert "no such mailbox" in admin.get(page).content.decode()
    assert other.post(f"{page}stop").status_code == 302
    assert "You have stopped it." in other.get(page).content.decode()
    assert admin.post(page, form | {"rhythm": "monthly", "day_monthly": "31", "version": "1"}).status_code == 302
    assert admin.post(page, form | {"version": "1"}).status_code == 412
    assert admin.post(f"{page}active", {"wanted": "0"}).status_code == 302
    assert "Paused" in admin.get("/report-subscriptions/").content.decode()
    assert admin.post(f"{page}delete").status_code == 302
