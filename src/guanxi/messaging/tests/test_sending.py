import os
import subprocess
import sys
import time
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import send_mail
from django.db import connection

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.core.files import delete_file, store_file
from guanxi.core.ids import new_id
from guanxi.core.models import OutboxEvent
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.messaging.models import Message, Status, SystemMail
from guanxi.messaging.services import (
    deliver_message,
    deliver_system_mail,
    queue_message,
    queue_system_mail,
    resume_messages,
    retry_message,
)
from guanxi.messaging.services.delivery import MAX_ATTEMPTS, wait_after
from guanxi.messaging.smtp import server
from guanxi.messaging.tests.conftest import Post

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


def read(mail: Any) -> EmailMessage:
    return message_from_bytes(mail.original_content.replace(b"\r\n", b"\n"), policy=policy.default)


def body_of(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def stored(message: Message) -> Message:
    with tenant_tx(message.tenant_id):
        found: Message = Message.objects.get(id=message.id)
    return found


def waiting() -> list[tuple[str, int]]:
    """Name and seconds to wait of the jobs in the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, coalesce(extract(epoch FROM scheduled_at - now()), 0) FROM procrastinate_jobs ORDER BY id"
        )
        return [(name, round(seconds)) for name, seconds in cursor.fetchall()]


def facts() -> list[tuple[str, dict[str, object]]]:
    return [(row.name, row.payload) for row in OutboxEvent.objects.filter(name__startswith="messaging.").order_by("id")]


def test_the_whole_message_arrives(rep_actor: Actor, post: Post) -> None:
    record_id = new_id()
    with tenant_tx(rep_actor.tenant_id):
        file = store_file(name="报价单 Q-1.pdf", content=PDF, member_id=rep_actor.member_id)
    message = queue_message(
        rep_actor,
        to="li@customer.example",
        cc=["boss@customer.example"],
        subject="报价单 Q-1：精密轴承",
        body="尊敬的**李总**：\n\n请查收 [附件](https://crm.example/q).",
        attachments=[file.id],
        object="quote",
        record_id=record_id,
    )
    assert (message.status, waiting()) == (Status.QUEUED, [("messaging.deliver", 0)])
    deliver_message(rep_actor.tenant_id, message.id)
    [arrived] = post.mails
    mail = read(arrived)
    assert arrived.rcpt_tos == ["li@customer.example", "boss@customer.example"]
    assert arrived.mail_from == "guanxi@localhost"
    assert mail["Subject"] == "报价单 Q-1：精密轴承"
    assert mail["From"] == '"华东精密 Ltd." <guanxi@localhost>'
    assert mail["Reply-To"] == "王芳 <rep@one.example>"
    assert (mail["To"], mail["Cc"]) == ("li@customer.example", "boss@customer.example")
    assert mail["Message-ID"] == message.message_id == f"<{message.id}@localhost>"
    assert body_of(mail, "plain") == "尊敬的李总：\n\n请查收 附件: https://crm.example/q.\n"
    html = body_of(mail, "html")
    assert (
        '<p>尊敬的<strong>李总</strong>：</p>\n<p>请查收 <a href="https://crm.example/q" rel="noopener noreferrer">附件</a>.</p>'
        in html
    )
    [attachment] = mail.iter_attachments()
    assert (attachment.get_filename(), attachment.get_content_type(), attachment.get_content()) == (
        "报价单 Q-1.pdf",
        "application/pdf",
        PDF,
    )
    row = stored(message)
    assert (row.status, row.attempts, row.error) == (Status.SENT, 1, "")
    assert row.sent_at is not None
    assert facts() == [
        (
            "messaging.MessageSent",
            {
                "message_id": str(message.id),
                "channel": "mail",
                "to": ["li@customer.example"],
                "subject": "报价单 Q-1：精密轴承",
                "object": "quote",
                "record_id": str(record_id),
                "held": False,
            },
        )
    ]


def test_a_second_delivery_sends_nothing(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Once")
    deliver_message(actor.tenant_id, message.id)
    deliver_message(actor.tenant_id, message.id)
    deliver_message(actor.tenant_id, new_id())
    assert len(post.mails) == 1
    assert len(facts()) == 1


def test_what_is_rolled_back_never_leaves(actor: Actor, post: Post) -> None:
    with pytest.raises(RuntimeError), tenant_tx(actor.tenant_id):
        queue_message(actor, to="a@b.example", subject="Hello", body="Once")
        raise RuntimeError
    assert waiting() == []
    with tenant_tx(actor.tenant_id):
        assert Message.objects.count() == 0


def test_a_passing_failure_is_repeated_and_the_last_one_parks_the_message(actor: Actor, post: Post) -> None:
    post.refuse_data = "451 Try later"
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text", object="quote", record_id=new_id())
    deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.attempts, row.error) == (Status.QUEUED, 1, "451 Try later")
    assert waiting() == [("messaging.deliver", 0), ("messaging.deliver", 60)]
    for _ in range(MAX_ATTEMPTS - 1):
        deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.attempts, row.error) == (Status.FAILED, MAX_ATTEMPTS, "451 Try later")
    assert [wait_after(n) for n in (1, 2, 3, 9)] == [timedelta(minutes=m) for m in (1, 4, 16, 360)]
    [(name, fact)] = facts()
    assert (name, fact["error"], fact["bounced"], fact["object"]) == (
        "messaging.MessageFailed",
        "451 Try later",
        False,
        "quote",
    )
    deliver_message(actor.tenant_id, message.id)
    assert stored(message).attempts == MAX_ATTEMPTS

    post.refuse_data = ""
    retry_message(actor, message.id)
    deliver_message(actor.tenant_id, message.id)
    assert (stored(message).status, len(post.mails)) == (Status.SENT, 1)


def test_an_unknown_recipient_is_not_tried_again(actor: Actor, post: Post) -> None:
    post.refuse_recipient["gone@b.example"] = "550 No such user"
    message = queue_message(actor, to="gone@b.example", subject="Hello", body="Text")
    deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.attempts, row.error) == (Status.BOUNCED, 1, "gone@b.example: 550 No such user")
    assert [fact["bounced"] for _, fact in facts()] == [True]


def test_a_server_that_is_away_is_waited_for(actor: Actor, settings: Any) -> None:
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.attempts) == (Status.QUEUED, 1)
    assert row.error.startswith("ConnectionRefusedError")


def test_a_worker_that_died_while_sending_leaves_the_message_to_the_next(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    with tenant_tx(actor.tenant_id):
        Message.objects.update(status=Status.SENDING, attempts=1)
    deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.attempts, read(post.mails[0])["Message-ID"]) == (Status.SENT, 2, message.message_id)


def test_a_message_whose_job_is_gone_is_queued_anew(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    mail = queue_system_mail(to=["a@b.example"], subject="Hello", text="Text")
    with tenant_tx(actor.tenant_id):
        assert resume_messages(actor.tenant_id) == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    with tenant_tx(actor.tenant_id):
        assert resume_messages(actor.tenant_id) == 1
    assert resume_messages(None) == 1
    assert resume_messages(None) == 0
    assert [name for name, _ in waiting()][2:] == ["messaging.deliver", "messaging.deliver_system"]
    deliver_message(actor.tenant_id, message.id)
    deliver_system_mail(mail.id)
    assert len(post.mails) == 2


def test_a_message_that_kills_its_worker_each_time_is_given_up(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    with tenant_tx(actor.tenant_id):
        Message.objects.update(status=Status.SENDING, attempts=MAX_ATTEMPTS)
    deliver_message(actor.tenant_id, message.id)
    row = stored(message)
    assert (row.status, row.error, post.mails) == (Status.FAILED, "The worker died at each attempt.", [])


def test_a_lost_attachment_stops_the_message(actor: Actor, post: Post) -> None:
    with tenant_tx(actor.tenant_id):
        file = store_file(name="a.pdf", content=PDF, member_id=actor.member_id)
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text", attachments=[file.id])
    with tenant_tx(actor.tenant_id):
        delete_file(file.id)
    deliver_message(actor.tenant_id, message.id)
    assert (stored(message).status, post.mails) == (Status.FAILED, [])


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"to": "not an address"}, {"to"}),
        ({"to": []}, {"to"}),
        ({"to": ["a@b.example\r\nBcc: x@y.example"]}, {"to"}),
        ({"cc": ["nobody"]}, {"cc"}),
        ({"to": [f"p{n}@b.example" for n in range(51)]}, {"to"}),
        ({"subject": "  ", "body": ""}, {"subject", "body"}),
    ],
)
def test_wrong_input_is_refused_and_leaves_nothing(
    actor: Actor, post: Post, change: dict[str, object], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        values: dict[str, Any] = {"to": "a@b.example", "subject": "Hello", "body": "Text", **change}
        queue_message(actor, **values)
    assert set(refused.value.errors) == fields
    assert waiting() == []
    with tenant_tx(actor.tenant_id):
        assert Message.objects.count() == 0


def test_a_subject_cannot_bring_headers(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello\r\nBcc: x@y.example", body="Text")
    deliver_message(actor.tenant_id, message.id)
    assert (read(post.mails[0])["Subject"], read(post.mails[0])["Bcc"]) == ("Hello Bcc: x@y.example", None)


def test_a_file_that_the_sender_may_not_read_cannot_be_sent(actor: Actor, rep_actor: Actor, post: Post) -> None:
    with tenant_tx(actor.tenant_id):
        file = store_file(name="a.pdf", content=PDF, member_id=actor.member_id)
    with pytest.raises(NotFound):
        queue_message(rep_actor, to="a@b.example", subject="Hello", body="Text", attachments=[file.id])
    assert waiting() == []


def test_without_a_server_a_message_is_held_and_announced_as_such(actor: Actor, settings: Any) -> None:
    settings.SMTP_URL = ""
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    assert (message.status, waiting()) == (Status.HELD, [])
    assert [(name, fact["held"]) for name, fact in facts()] == [("messaging.MessageSent", True)]
    with pytest.raises(Conflict):
        retry_message(actor, message.id)


def test_nobody_sends_the_mail_of_others_again_and_only_in_their_own_company(
    rep_actor: Actor, actor: Actor, other_tenant: Tenant, post: Post
) -> None:
    post.refuse_recipient["gone@b.example"] = "550 No such user"
    message = queue_message(actor, to="gone@b.example", subject="Hello", body="Text")
    with pytest.raises(Conflict):
        retry_message(actor, message.id)
    deliver_message(actor.tenant_id, message.id)
    with pytest.raises(NotFound):
        retry_message(rep_actor, message.id)
    with pytest.raises(NotFound):
        retry_message(Actor.system(other_tenant.id), message.id)
    assert stored(message).status == Status.BOUNCED


def test_mails_of_libraries_are_queued_sent_and_erased(transactional_db: None, post: Post, settings: Any) -> None:
    settings.EMAIL_BACKEND = "guanxi.messaging.backend.GatewayEmailBackend"
    assert send_mail("Choose a new password", "https://crm.example/reset/abc", None, ["ada@one.example"]) == 1
    row = SystemMail.objects.get()
    assert (row.status, row.sender, waiting()) == (
        Status.QUEUED,
        "Guanxi <guanxi@localhost>",
        [("messaging.deliver_system", 0)],
    )
    post.refuse_data = "451 Try later"
    deliver_system_mail(row.id)
    assert waiting() == [("messaging.deliver_system", 0), ("messaging.deliver_system", 60)]
    post.refuse_data = ""
    deliver_system_mail(row.id)
    mail = read(post.mails[0])
    assert (mail["Subject"], mail["To"], mail.get_content()) == (
        "Choose a new password",
        "ada@one.example",
        "https://crm.example/reset/abc\n",
    )
    row.refresh_from_db()
    assert (row.status, row.text, row.attempts) == (Status.SENT, "", 2)


def test_a_real_worker_sends_what_a_request_queued(actor: Actor, post: Post) -> None:
    message = queue_message(actor, to="a@b.example", subject="Hello", body="Text")
    environment = os.environ | {"GUANXI_SMTP_URL": post.url}
    worker = subprocess.Popen([sys.executable, "-m", "guanxi.project.worker"], env=environment)
    try:
        deadline = time.monotonic() + 120
        while stored(message).status != Status.SENT:
            assert time.monotonic() < deadline
            time.sleep(0.1)
    finally:
        worker.terminate()
        worker.wait(20)
    assert [mail.rcpt_tos for mail in post.mails] == [["a@b.example"]]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtps://u%40x:p%2Fq@mail.example", ("mail.example", 465, "u@x", "p/q", True, False)),
        ("smtp://mail.example", ("mail.example", 587, "", "", False, True)),
        ("smtp://mail.example:2525?tls=none", ("mail.example", 2525, "", "", False, False)),
        ("smtp://localhost", ("localhost", 25, "", "", False, False)),
        ("smtp://127.0.0.1:1025?tls=start", ("127.0.0.1", 1025, "", "", False, True)),
    ],
)
def test_the_address_of_the_server_tells_how_to_speak_to_it(url: str, expected: tuple[object, ...]) -> None:
    backend = server(url)
    assert (
        backend.host,
        backend.port,
        backend.username,
        backend.password,
        backend.use_ssl,
        backend.use_tls,
    ) == expected
