from typing import Any

import pytest
from django.test import Client

from guanxi.core.files import store_file
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant, User
from guanxi.messaging.models import Message, Status
from guanxi.messaging.services import deliver_message, queue_message, queue_system_mail
from guanxi.messaging.tests.conftest import Post, actor_in

PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"


@pytest.fixture
def browser(actor: Actor) -> Client:
    """The administrator, signed in."""
    return signed_in(actor)


def signed_in(actor: Actor) -> Client:
    client = Client()
    assert actor.user_id is not None
    client.force_login(
        User.objects.get(id=actor.user_id), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    return client


def test_the_development_mailbox_shows_what_would_have_left(actor: Actor, browser: Client, settings: Any) -> None:
    settings.SMTP_URL = ""
    with tenant_tx(actor.tenant_id):
        file = store_file(name="报价单.pdf", content=PDF, member_id=actor.member_id)
    message = queue_message(actor, to="li@customer.example", subject="您好 <b>", body="**Text**", attachments=[file.id])
    page = browser.get("/mailbox/").content.decode()
    assert "您好 &lt;b&gt;" in page
    assert "No mail server is set" in page
    detail = browser.get(f"/mailbox/{message.id}/").content.decode()
    assert f'src="/mailbox/{message.id}/html/"' in detail
    assert f'href="/files/{file.id}/"' in detail
    assert "Send again" not in detail
    framed = browser.get(f"/mailbox/{message.id}/html/")
    assert "<strong>Text</strong>" in framed.content.decode()
    assert (
        framed["Content-Security-Policy"]
        == "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
    )
    assert browser.get(f"/files/{file.id}/").status_code == 200


def test_messages_are_shown_by_status_and_sent_again(actor: Actor, browser: Client, post: Post) -> None:
    post.refuse_recipient["gone@b.example"] = "550 No such user"
    lost = queue_message(actor, to="gone@b.example", subject="Lost", body="x")
    fine = queue_message(actor, to="a@b.example", subject="Fine", body="x")
    for message in (lost, fine):
        deliver_message(actor.tenant_id, message.id)
    bounced = browser.get("/mailbox/?status=bounced").content.decode()
    assert "Lost" in bounced
    assert "Fine" not in bounced
    assert "550 No such user" in browser.get(f"/mailbox/{lost.id}/").content.decode()
    assert browser.get(f"/mailbox/{lost.id}/retry/").status_code == 405
    assert browser.post(f"/mailbox/{lost.id}/retry/").status_code == 302
    with tenant_tx(actor.tenant_id):
        lost.refresh_from_db()
    assert (lost.status, lost.error) == (Status.QUEUED, "")


def test_older_messages_are_a_page_further(actor: Actor, browser: Client, settings: Any) -> None:
    settings.SMTP_URL = ""
    with tenant_tx(actor.tenant_id):
        for number in range(52):
            queue_message(actor, to="a@b.example", subject=f"Mail no. {number}.", body="x")
    page = browser.get("/mailbox/")
    assert (b"Mail no. 51." in page.content, b"Mail no. 2." in page.content, b"Mail no. 1." in page.content) == (
        True,
        True,
        False,
    )
    older = page.content.decode().split("before=")[1].split('"')[0]
    page = browser.get(f"/mailbox/?before={older}")
    assert (b"Mail no. 1." in page.content, b"Mail no. 0." in page.content, b"Mail no. 2." in page.content) == (
        True,
        True,
        False,
    )


def test_people_see_and_send_again_their_own_mail(actor: Actor, rep_actor: Actor, settings: Any) -> None:
    settings.SMTP_URL = ""
    own = queue_message(rep_actor, to="a@b.example", subject="My offer", body="x")
    secret = queue_message(rep_actor, to="a@b.example", subject="Opens an account", body="x", is_secret=True)
    other = queue_message(actor, to="a@b.example", subject="Private words", body="x")
    browser = signed_in(rep_actor)
    page = browser.get("/mailbox/").content
    assert (b"My offer" in page, b"Opens an account" in page, b"Private words" in page) == (True, False, False)
    assert browser.get(f"/mailbox/{own.id}/").status_code == 200
    with tenant_tx(actor.tenant_id):
        Message.objects.update(status=Status.FAILED)
    settings.SMTP_URL = "smtp://localhost:1"
    for message, status in ((own, 302), (secret, 404), (other, 404)):
        assert browser.post(f"/mailbox/{message.id}/retry/").status_code == status
    with tenant_tx(actor.tenant_id):
        kept = dict(Message.objects.values_list("id", "status"))
    assert kept == {own.id: Status.QUEUED, secret.id: Status.FAILED, other.id: Status.FAILED}


def test_others_do_not_see_the_mail_of_a_company(
    actor: Actor, rep_actor: Actor, other_tenant: Tenant, settings: Any
) -> None:
    settings.SMTP_URL = ""
    message = queue_message(actor, to="a@b.example", subject="Private words", body="x")
    for client, status in ((signed_in(rep_actor), 404), (signed_in(actor_in(other_tenant)), 404)):
        for address in (f"/mailbox/{message.id}/", f"/mailbox/{message.id}/html/"):
            answer = client.get(address)
            assert (answer.status_code, b"Private words" in answer.content) == (status, False)
    assert b"Private words" not in signed_in(rep_actor).get("/mailbox/").content
    assert b"Private words" not in signed_in(actor_in(other_tenant)).get("/mailbox/").content
    assert Client().get("/mailbox/").status_code == 302


def test_mails_about_signing_in_are_seen_only_where_there_is_one_company(browser: Client, settings: Any) -> None:
    settings.SMTP_URL, settings.DEMO = "", False
    mail = queue_system_mail(
        to=["ada@one.example"], subject="Choose a new password", text="https://crm.example/reset/abc"
    )
    assert b"Choose a new password" in browser.get("/mailbox/").content
    assert b"https://crm.example/reset/abc" in browser.get(f"/mailbox/system/{mail.id}/").content
    Tenant.objects.create(slug="second", name="Second")
    assert b"Choose a new password" not in browser.get("/mailbox/").content
    assert browser.get(f"/mailbox/system/{mail.id}/").status_code == 404
    settings.DEMO = True
    assert browser.get(f"/mailbox/system/{mail.id}/").status_code == 200


def test_pages_speak_chinese(actor: Actor, browser: Client, settings: Any) -> None:
    settings.SMTP_URL = ""
    User.objects.filter(email="admin@one.example").update(language="zh-hans")
    queue_message(actor, to="a@b.example", subject="x", body="x")
    page = browser.get("/mailbox/").content.decode()
    assert "<h1>外发邮件</h1>" in page
    assert "暂存" in page
