from typing import Any

import pytest
from django.test import Client

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, Tenant, User
from guanxi.identity.ports import MAIL
from guanxi.identity.queries import actor_of_user
from guanxi.messaging.defaults import DEFAULTS, default_template
from guanxi.messaging.merge import check_fields
from guanxi.messaging.models import Message, MessageTemplate
from guanxi.messaging.queries import templates_for
from guanxi.messaging.services import deliver_message, render_message
from guanxi.messaging.services.templates import find_template
from guanxi.messaging.tests.conftest import Post
from guanxi.records.changes import create_record, delete_record, update_record


def test_the_delivered_templates_are_well_formed_and_in_both_languages() -> None:
    for item in DEFAULTS:
        check_fields(item.subject)
        check_fields(item.body)
    for key in {item.key for item in DEFAULTS}:
        assert [item.language for item in DEFAULTS if item.key == key] == ["en", "zh-hans"]
    assert default_template("quote", "fr").language == "en"
    with pytest.raises(KeyError):
        default_template("", "en")


def test_a_new_company_has_the_delivered_templates_as_its_own(actor: Actor) -> None:
    with tenant_tx(actor.tenant_id):
        rows = list(MessageTemplate.objects.order_by("key", "language").values_list("key", "language", "version"))
    assert rows == sorted((item.key, item.language, 1) for item in DEFAULTS)


def test_the_companys_own_version_counts_until_it_is_switched_off_or_deleted(actor: Actor) -> None:
    with tenant_tx(actor.tenant_id):
        own = MessageTemplate.objects.get(key="quote", language="en")
        update_record(actor, "message_template", own.id, {"subject": "Our offer"})
        assert find_template("quote", "en").subject == "Our offer"
        update_record(actor, "message_template", own.id, {"is_active": False})
        assert find_template("quote", "en").subject == default_template("quote", "en").subject
        update_record(actor, "message_template", own.id, {"is_active": True})
        delete_record(actor, "message_template", own.id)
        assert find_template("quote", "en").subject == default_template("quote", "en").subject
        create_record(
            actor,
            "message_template",
            {"name": "New", "key": "quote", "language": "en", "subject": "Newer", "body": "x"},
        )
        assert find_template("quote", "en").subject == "Newer"


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"subject": "{{ broken"}, {"subject"}),
        ({"body": "{% for %}"}, {"body"}),
        ({"key": "quote", "language": "en"}, {"key"}),
        ({"subject": ""}, {"subject"}),
    ],
)
def test_a_wrong_template_is_refused(actor: Actor, values: dict[str, str], fields: set[str]) -> None:
    with tenant_tx(actor.tenant_id):
        with pytest.raises(Invalid) as refused:
            create_record(actor, "message_template", {"name": "Mine", "subject": "s", "body": "b", **values})
        assert MessageTemplate.objects.count() == len(DEFAULTS)
    assert set(refused.value.errors) == fields


def test_representatives_read_templates_and_do_not_change_them(rep_actor: Actor) -> None:
    with tenant_tx(rep_actor.tenant_id):
        own = MessageTemplate.objects.get(key="quote", language="en")
        with pytest.raises((NotAllowed, NotFound)):
            update_record(rep_actor, "message_template", own.id, {"subject": "Mine"})
        own.refresh_from_db()
        assert own.subject == default_template("quote", "en").subject
        names = [(item.name, item.language) for item in templates_for(rep_actor, language="en")]
    assert names == [("After a conversation", "en"), ("Quote", "en")]


def test_a_template_is_filled_with_what_the_sender_may_read(rep_actor: Actor, actor: Actor) -> None:
    with tenant_tx(actor.tenant_id):
        text = 'Hi {{ message_template.name | "x" }}: {{ message_template.subject | "hidden" }}, {{ message_template.language }}. {{ user.name }} of {{ company.name }}'
        row = create_record(actor, "message_template", {"name": "A*B", "subject": "Secret", "body": text})
        filled = render_message(rep_actor, template_id=row.id, records={"message_template": row.id})
        assert (filled.subject, filled.body) == ("Secret", "Hi A*B: Secret, English. 王芳 of 华东精密 Ltd.")
        assert filled.html == "<p>Hi A*B: Secret, English. 王芳 of 华东精密 Ltd.</p>\n"
        Role.objects.filter(key="sales").update(field_access={"message_template": {"subject": "hidden"}})
        narrowed = actor_of_user(actor.tenant_id, Membership.objects.get(id=rep_actor.member_id).user_id)
        assert narrowed is not None
        assert "hidden" in render_message(narrowed, template_id=row.id, records={"message_template": row.id}).body


def test_a_template_of_another_company_is_not_found(actor: Actor, other_tenant: Tenant) -> None:
    with tenant_tx(other_tenant.id):
        foreign = MessageTemplate.objects.first()
    with pytest.raises(NotFound):
        render_message(actor, template_id=foreign.id, records={})
    with pytest.raises(NotFound):
        render_message(actor, key="no-such-use", records={})


def test_identity_sends_its_invitation_and_the_link_is_erased_after_it_left(actor: Actor, post: Post) -> None:
    send: Any = MAIL.get("messaging")
    link = "https://crm.example/invitations/gx_1_a-b/"
    context = {"name": "", "inviter": "Ada", "company": "华东精密", "link": link, "days": 7}
    with tenant_tx(actor.tenant_id):
        send(actor.tenant_id, to="new@one.example", template="invitation", context=context, language="zh-hans")
        message = Message.objects.get()
    assert message.subject == "华东精密 邀请您加入 Guanxi"
    assert (
        message.text
        == f"您好：\n\nAda 邀请您加入 华东精密 的 Guanxi 工作区。\n\n接受邀请: {link}\n\n链接 7 天内有效。如果您不知情，请忽略此邮件。\n"
    )
    assert f'<a href="{link}"' in message.html
    assert 'lang="zh-Hans"' in message.html
    deliver_message(actor.tenant_id, message.id)
    with tenant_tx(actor.tenant_id):
        message.refresh_from_db()
    assert (message.status, message.text, message.html) == ("sent", "", "")


@pytest.mark.parametrize(
    ("form", "name", "message"),
    [
        ({"name": ""}, "name", "Fill in this field."),
        ({"body": "Dear {{ contact.name"}, "body", ""),
        ({"subject": "{{ }}"}, "subject", ""),
        ({"body": "a\x00b"}, "body", "characters that cannot be stored"),
        ({"subject": "x" * 301}, "subject", "Use at most"),
        ({"language": "klingon"}, "language", ""),
        ({"channel": "pigeon"}, "channel", "is not one of the choices"),
    ],
)
def test_the_form_of_a_template_says_beside_the_field_what_is_wrong(
    actor: Actor, form: dict[str, str], name: str, message: str
) -> None:
    client = Client(headers={"HX-Request": "true"})
    client.force_login(
        User.objects.get(id=str(actor.user_id)), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    with tenant_tx(actor.tenant_id):
        before = MessageTemplate.objects.count()
    answer = client.post(
        "/message-templates/new", {"name": "Terms", "language": "en", "subject": "Hi", "body": "Hello", **form}
    )
    assert answer.status_code == 422
    part = answer.content.decode().split(f'data-field="{name}"', 1)[1].split("data-field=", 1)[0]
    assert "field-error" in part
    assert message in part
    with tenant_tx(actor.tenant_id):
        assert MessageTemplate.objects.count() == before
