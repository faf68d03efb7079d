"""What a role may not read of lines, people and records does not reach it through the timeline or the dialogs."""

from typing import Any

import pytest

from guanxi.activity import services
from guanxi.activity.queries import timeline
from guanxi.activity.tests.test_views import signed_in
from guanxi.activity.wording import details, sentence
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records.changes import create_record

CLOSED = {
    "interaction": {
        "subject": "hidden", "body": "masked", "outcome": "hidden", "location": "hidden", "duration_seconds": "hidden",
        "participants": "hidden",
    },
    "contact": {"name": "hidden", "email": "masked"},
    "account": {"email": "hidden"},
    "opportunity": {"name": "hidden"},
}  # fmt: skip


@pytest.fixture
def closed(rep: Actor) -> Actor:
    """The representative with a role that closes much."""
    Role.objects.filter(key="sales").update(field_access=CLOSED)
    return Actor(**{**rep.__dict__, "field_access": CLOSED})


def test_lines_withhold_what_the_role_may_not_read(closed: Actor, rep: Actor, account: Any, contact: Any) -> None:
    deal = create_record(rep, "opportunity", {"name": "Secret deal", "account": account.id})
    services.log_interaction(
        rep, channel="meeting", direction="out", account_id=account.id, contact_id=contact.id, subject="Talks",
        body="Margin 12 %", outcome="appointment", location="Suzhou", duration_seconds=600, participants=["Ada"],
        object="opportunity", record_id=deal.id,
    )  # fmt: skip
    (entry,) = timeline(closed, account_id=account.id).entries
    said = f"{sentence(entry.line)} {details(entry.line)} {entry.body} {entry.card}"
    for word in ("Talks", "12 %", "Appointment", "Suzhou", "10 min", "Ada", "Secret", "张三丰"):
        assert word not in said, word
    assert contact.code in said and entry.card is not None and entry.card.title == deal.code
    page = signed_in(closed).get("/timeline/", {"account": account.id}).content.decode()
    for word in ("Talks", "12 %", "Suzhou", "Secret", "张三丰"):
        assert word not in page, word


def test_an_unread_line_still_says_all_to_others(rep: Actor, account: Any, contact: Any) -> None:
    services.log_call(rep, direction="out", account_id=account.id, contact_id=contact.id, minutes=4, outcome="reached")
    (entry,) = timeline(rep, account_id=account.id).entries
    assert str(sentence(entry.line)) == "<b>Rep</b> called <b>张三丰</b>"
    assert details(entry.line) == ["4 min", "Reached"]


def test_the_mail_dialog_does_not_name_a_closed_address(closed: Actor, account: Any, contact: Any) -> None:
    for query in ({"account": account.id}, {"contact": contact.id}):
        text = signed_in(closed).get("/activity/mail", query).content.decode()
        assert contact.code in text
        assert "zhang@hd.example" not in text and "张三丰" not in text
