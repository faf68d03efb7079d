"""Questionnaires: versions, answers in a customer's place and by link, sending through the gate, results."""

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.activity.models import Interaction, Outreach, Task
from guanxi.core.errors import Conflict, Invalid, NotAllowed
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.services import set_consent
from guanxi.customers.tests.factories import admin_of
from guanxi.engagement.links import address_of, read_token, token_of
from guanxi.engagement.models import Answer, AnswerItem, FormLink, QuestionnaireVersion
from guanxi.engagement.pages import said_lines
from guanxi.engagement.results import groups_of, results_of, trend_of, visible_answers
from guanxi.engagement.services import (
    answer_questionnaire,
    make_link,
    remind_silent,
    revoke_links,
    send_links,
    send_questionnaire,
    send_to_segment,
    share_link,
    state_of,
    upload_answers,
)
from guanxi.engagement.sheet import read_sheet
from guanxi.engagement.tests.factories import CONTENT, deliver, make_questionnaire
from guanxi.identity.actor import Actor
from guanxi.identity.models import Tenant
from guanxi.messaging.models import Message
from guanxi.records.changes import create_record, update_record

RATED = {"again": 9, "parts": {"delivery": {"perceived": 4, "expected": 5, "importance": 5}}}


def allow(actor: Actor, contact: Any) -> None:
    set_consent(actor, purpose="survey", channel="mail", status="granted", contact_id=contact.id)


def path(link: FormLink) -> str:
    return f"/q/{token_of(link.tenant_id, link.id)}/"


def test_a_version_stays_once_it_is_answered(admin: Actor, rep: Actor, account: Any) -> None:
    asked = make_questionnaire(admin)
    changed = {"sections": [{"questions": [{**CONTENT["sections"][0]["questions"][0], "text": "And again?"}]}]}
    update_record(admin, "questionnaire", asked.id, {"content": changed})
    assert list(QuestionnaireVersion.objects.values_list("number", "content")) == [(1, changed)]
    answer = answer_questionnaire(rep, asked.id, answers={"again": 7}, account=account.id)
    update_record(admin, "questionnaire", asked.id, {"content": CONTENT})
    assert list(QuestionnaireVersion.objects.order_by("number").values_list("number", "content")) == [
        (1, changed),
        (2, CONTENT),
    ]
    assert answer.sheet is not None
    lines = said_lines(read_sheet(Answer.objects.get().sheet.content), answer.id)
    assert lines == [{"question": "And again?", "texts": ["7 of 10"]}]


def test_what_is_open_asks_something(admin: Actor) -> None:
    with pytest.raises(Invalid) as refusal:
        make_questionnaire(admin, content={})
    assert set(refusal.value.errors) == {"status"}
    with pytest.raises(Invalid) as refusal:
        make_questionnaire(admin, content={"sections": 3})
    assert set(refusal.value.errors) == {"content"}


def test_in_the_customers_place(admin: Actor, rep: Actor, account: Any, contact: Any) -> None:
    asked = make_questionnaire(admin)
    answer = answer_questionnaire(rep, asked.id, answers=RATED, contact=contact.id)
    assert (answer.account_id, answer.contact_id, answer.channel) == (account.id, contact.id, "phone")
    assert (answer.nps, answer.gap, answer.owner_id) == (9, Decimal("-1.00"), rep.member_id)
    assert AnswerItem.objects.filter(answer=answer).count() == 2
    line = Interaction.objects.get(object="answer")
    assert (line.account_id, line.contact_id, line.record_id, line.message) == (
        account.id,
        contact.id,
        answer.id,
        "Questionnaire answered: %(name)s",
    )
    with pytest.raises(Invalid):
        answer_questionnaire(rep, asked.id, answers={"again": 12}, account=account.id)
    update_record(admin, "questionnaire", asked.id, {"status": "closed"})
    with pytest.raises(Conflict):
        answer_questionnaire(rep, asked.id, answers=RATED, account=account.id)
    assert (Answer.objects.count(), Interaction.objects.filter(object="answer").count()) == (1, 1)


def test_a_low_score_makes_one_task(admin: Actor, rep: Actor, account: Any) -> None:
    asked = make_questionnaire(admin, low_score=6)
    answer_questionnaire(rep, asked.id, answers={"again": 9}, account=account.id)
    deliver(admin)
    assert Task.objects.count() == 0
    answer = answer_questionnaire(admin, asked.id, answers={"again": 2, "why": "Late"}, account=account.id)
    deliver(admin)
    task = Task.objects.get()
    assert (task.kind, task.priority, task.owner_id, task.record_id) == ("call", "high", rep.member_id, answer.id)


def test_by_link_once_and_without_sign_in(admin: Actor, rep: Actor, account: Any, contact: Any, client: Client) -> None:
    asked = make_questionnaire(admin, thanks="Many thanks", thanks_zh="非常感谢")
    link = make_link(rep, asked, account_id=account.id, contact_id=contact.id, language="zh-hans")
    shown = client.get(path(link))
    text = shown.content.decode()
    assert shown.status_code == 200 and "您会推荐我们吗？" in text and "交付之后" in text
    assert account.name not in text and contact.name not in text
    assert shown["Cache-Control"].startswith("max-age=0")
    wrong = client.post(path(link) + "?lang=en", {"again": "4"})
    assert wrong.status_code == 422 and "Please answer this question." in wrong.content.decode()
    assert Answer.objects.count() == 0
    done = client.post(
        path(link) + "?lang=zh-hans",
        {"again": "4", "why": "慢", "parts.price.perceived": "3", "parts.price.expected": "5"},
    )
    assert (done.status_code, done["Location"]) == (302, path(link) + "thanks/?lang=zh-hans")
    assert "非常感谢" in client.get(done["Location"]).content.decode()
    answer = Answer.objects.get()
    assert (answer.nps, answer.gap, answer.comment, answer.channel, answer.language) == (
        4,
        Decimal("-2.00"),
        "慢",
        "link",
        "zh-hans",
    )
    assert (answer.account_id, answer.contact_id, answer.link_id, answer.owner_id) == (
        account.id,
        contact.id,
        link.id,
        rep.member_id,
    )
    again = client.post(path(link), {"again": "10"})
    assert again.status_code == 200 and "您已经回答过" in again.content.decode()
    assert Answer.objects.count() == 1
    link.refresh_from_db()
    assert link.opened_at is not None and link.answered_at is not None


def test_links_that_lead_nowhere(admin: Actor, rep: Actor, client: Client) -> None:
    asked = make_questionnaire(admin)
    link = make_link(rep, asked)
    token = token_of(link.tenant_id, link.id)
    forged = [
        token[:-1] + ("A" if token[-1] != "A" else "B"),
        "nonsense",
        token_of(link.id, link.id),
    ]
    assert [client.get(f"/q/{one}/").status_code for one in forged] == [404] * 3
    assert read_token(token) == (link.tenant_id, link.id)
    FormLink.objects.filter(id=link.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(path(link)).status_code == 410
    assert client.post(path(link), {"again": "9"}).status_code == 410
    shared = share_link(admin, asked.id)
    assert share_link(admin, asked.id).id == shared.id
    assert client.get(path(shared)).status_code == 200
    assert revoke_links(admin, asked.id) == 2
    assert client.post(path(shared), {"again": "9"}).status_code == 410
    assert Answer.objects.count() == 0


def test_an_open_address_takes_many(admin: Actor, client: Client) -> None:
    asked = make_questionnaire(admin)
    link = share_link(admin, asked.id)
    for score in ("9", "10"):
        assert client.post(path(link), {"again": score}).status_code == 302
    assert sorted(Answer.objects.values_list("nps", "account_id")) == [(9, None), (10, None)]
    assert state_of(FormLink.objects.get(id=link.id)) == "open"


def test_by_mail_through_the_gate(admin: Actor, rep: Actor, contact: Any) -> None:
    asked = make_questionnaire(admin, intro="Dear customer,")
    update_record(rep, "contact", contact.id, {"language": "zh-hans"})
    set_consent(rep, purpose="survey", channel="mail", status="denied", contact_id=contact.id)
    with pytest.raises(Conflict):
        send_questionnaire(rep, asked.id, contact=contact.id)
    assert (FormLink.objects.count(), Message.objects.count()) == (0, 0)
    allow(rep, contact)
    link = send_questionnaire(rep, asked.id, contact=contact.id)
    message = Message.objects.get()
    assert message.subject == "交付之后" and address_of(link) in message.text
    outreach = Outreach.objects.get()
    assert (outreach.purpose, outreach.object, outreach.record_id) == ("survey", "questionnaire", asked.id)


def test_to_a_segment_with_reasons_for_who_was_left_out(admin: Actor, rep: Actor, account: Any, contact: Any) -> None:
    silent = create_record(rep, "contact", {"name": "Nobody", "account": account.id})
    allow(rep, contact)
    who = create_record(
        rep,
        "segment",
        {"name": "Here", "object": "contact", "criteria": {"field": "account", "op": "is", "value": str(account.id)}},
    )
    asked = make_questionnaire(admin)
    sending = send_to_segment(admin, asked.id, segment=who.id, object="contact")
    assert sending.count == 2
    for _turn in range(2):
        send_links(
            admin.tenant_id,
            questionnaire_id=asked.id,
            segment_id=who.id,
            object="contact",
            member_id=admin.member_id,
            batch_id=sending.batch_id,
        )
    links = {link.contact_id: link for link in FormLink.objects.all()}
    assert set(links) == {contact.id, silent.id} and Message.objects.count() == 1
    assert links[contact.id].sent_at is not None and links[contact.id].refusal == ""
    assert links[silent.id].sent_at is None and links[silent.id].refusal != ""
    found = results_of(admin, asked, "en")
    assert (found.sent, found.answered, found.refused, found.rate) == (1, 0, 1, 0)
    with pytest.raises(Invalid):
        send_to_segment(admin, asked.id, segment=None)


def test_one_reminder(admin: Actor, rep: Actor, contact: Any) -> None:
    allow(rep, contact)
    asked = make_questionnaire(admin, reminder_days=3)
    link = send_questionnaire(rep, asked.id, contact=contact.id)
    assert remind_silent() == 0
    FormLink.objects.filter(id=link.id).update(sent_at=timezone.now() - timedelta(days=4))
    assert [remind_silent(), remind_silent()] == [1, 0]
    assert [message.subject for message in Message.objects.order_by("id")] == [
        "After the delivery",
        "Reminder: After the delivery",
    ]


def test_results(admin: Actor, rep: Actor) -> None:
    asked = make_questionnaire(admin)
    for score, industry in ((10, "Steel"), (9, "Steel"), (8, "Food"), (3, "Food")):
        customer = create_record(rep, "account", {"name": f"Company {score}", "industry": industry})
        more = {"why": "Slow"} if score < 7 else {"ways": ["mail"]}
        answer_questionnaire(rep, asked.id, answers={"again": score, **more}, account=customer.id)
    found = results_of(rep, asked, "en")
    assert (found.n, found.measures["nps"].value, found.measures["nps"].n, found.rate) == (4, 25, 4, None)
    by_key = {one.question.key: one for one in found.asked}
    assert [bar.count for bar in by_key["again"].bars] == [0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1]
    assert (by_key["again"].mean, by_key["again"].n) == (7.5, 4)
    assert [(bar.label, bar.count, bar.share) for bar in by_key["ways"].bars] == [("Phone", 0, 0), ("Mail", 3, 100)]
    assert [text for _answer, text in by_key["why"].words] == ["Slow"]
    answers = visible_answers(rep).filter(questionnaire=asked)
    assert [(key, figure.value) for key, figure in groups_of(rep, answers, "nps", "industry")] == [
        ("Food", -50),
        ("Steel", 100),
    ]
    assert groups_of(rep, answers, "nps", "name") == []
    assert [figure.n for _month, figure in trend_of(answers, "nps")] == [4]


def test_others_see_no_answers(admin: Actor, rep: Actor, other_rep: Actor, account: Any) -> None:
    asked = make_questionnaire(admin)
    answer_questionnaire(rep, asked.id, answers={"again": 10}, account=account.id)
    assert results_of(other_rep, asked, "en").n == 0
    assert results_of(other_rep, asked, "en").measures == {}
    with pytest.raises(NotAllowed):
        make_questionnaire(rep)


def test_answers_from_a_file(admin: Actor, rep: Actor, account: Any, contact: Any) -> None:
    asked = make_questionnaire(admin)
    lines = (
        "account,contact,answered,again,Why?,ways,parts.price.perceived,parts.price.expected,visit",
        f"{account.code},,2026-01-05,9,,Phone; Mail,4,5,yes",
        ",zhang@hd.example,,3,太慢,,,,",
        "Unknown Ltd,,,9,,,,,",
        f"{account.code},,,12,,,,,",
        f"{account.code},,2999-01-01,9,,,,,",
    )
    found = upload_answers(rep, asked.id, name="answers.csv", file=BytesIO("\n".join(lines).encode("gb18030")))
    assert (found.kept, [row for row, _why in found.refused]) == (2, [4, 5, 6])
    first, second = Answer.objects.order_by("id")
    assert (
        first.account_id,
        first.nps,
        first.gap,
        first.points,
        first.channel,
        first.answered_at.date().isoformat(),
    ) == (account.id, 9, Decimal("-1.00"), 10, "import", "2026-01-05")
    assert (second.contact_id, second.account_id, second.nps, second.comment) == (contact.id, account.id, 3, "太慢")
    with pytest.raises(Invalid):
        upload_answers(rep, asked.id, name="answers.csv", file=BytesIO(b"name,city\na,b\n"))
    assert Answer.objects.count() == 2


def test_a_link_leads_into_its_own_company_only(tenant: Tenant, other_tenant: Tenant, client: Client) -> None:
    with tenant_tx(tenant.id):
        link = make_link(admin_of(tenant), make_questionnaire(admin_of(tenant)))
    assert client.get(f"/q/{token_of(other_tenant.id, link.id)}/").status_code == 404
    assert client.post(path(link), {"again": "9"}).status_code == 302
    with tenant_tx(other_tenant.id):
        assert [model.objects.count() for model in (Answer, AnswerItem, FormLink, QuestionnaireVersion)] == [0, 0, 0, 0]
    with tenant_tx(tenant.id):
        assert Answer.objects.get().nps == 9
