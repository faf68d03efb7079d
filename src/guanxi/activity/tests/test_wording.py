"""How lines of the timeline read, without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from guanxi.activity.models import Channel, Interaction
from guanxi.activity.wording import details, mark, place, sentence
from guanxi.core.ids import new_id
from guanxi.customers.models import Contact
from guanxi.identity.models import Membership

HOME = new_id()


def line(
    channel: str, direction: str = "none", *, contact: str = "", owner: str = "Lin Yue", **values: Any
) -> Interaction:
    who = Contact(tenant_id=HOME, name=contact) if contact else None
    return Interaction(
        tenant_id=HOME,
        channel=channel,
        direction=direction,
        contact=who,
        owner=Membership(tenant_id=HOME, name=owner),
        **values,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (line("phone", "in", contact="Julia"), "<b>Julia</b> called"),
        (line("phone", "out", contact="Julia"), "<b>Lin Yue</b> called <b>Julia</b>"),
        (line("phone", "out"), "<b>Lin Yue</b> called"),
        (line("mail", "in", contact="Julia", subject="E-17"), "<b>Julia</b> wrote “E-17”"),
        (line("mail", "out", contact="Julia", subject="Terms"), "<b>Lin Yue</b> sent “Terms” to <b>Julia</b>"),
        (line("mail", "out", participants=["a@b.example"]), "<b>Lin Yue</b> wrote to <b>a@b.example</b>"),
        (line("visit", "out", contact="Julia"), "Visit by <b>Lin Yue</b>, with <b>Julia</b>"),
        (line("note"), "<b>Lin Yue</b> noted"),
        (line("system", subject="Order <1> paid"), "Order &lt;1&gt; paid"),
        (line("wechat", "in", contact="<i>"), "<b>&lt;i&gt;</b> wrote"),
        (line("mail", "in", contact="{who}", subject="%(who)s {0}"), "<b>{who}</b> wrote “%(who)s {0}”"),
        (line("phone", "in"), "<b>The customer</b> called"),
    ],
)
def test_sentence(given: Interaction, expected: str) -> None:
    assert sentence(given) == expected


def test_every_channel_has_a_sentence_and_a_mark() -> None:
    for channel in Channel.values:
        for direction in ("in", "out", "none"):
            given = line(channel, direction, subject="About it")
            assert sentence(given)
            assert mark(given)[0]


def test_details() -> None:
    given = line("phone", "in", contact="Julia", duration_seconds=252, outcome="Escalated", location="Stuttgart")
    assert details(given) == ["4 min 12 s", "with Lin Yue", "Escalated", "Stuttgart"]


@pytest.mark.parametrize(("language", "expected"), [("en", "To be called again"), ("zh-hans", "需再次致电")])
def test_outcomes_are_said_in_the_readers_language(language: str, expected: str) -> None:
    with translation.override(language):
        assert details(line("phone", "out", outcome="call_again")) == [expected]


def test_phone_marks_show_the_direction() -> None:
    assert mark(line("phone", "in")) == ("phone-incoming", "teal")
    assert mark(line("phone", "out")) == ("phone-outgoing", "teal")
    assert mark(line("phone")) == ("phone", "teal")


def test_place_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)  # a Thursday
    monkeypatch.setattr(timezone, "now", lambda: now)
    with timezone.override("UTC"):
        spots = [place(now - timedelta(days=days)) for days in (0, 1, 3, 4, 10, 12, 40, 400)]
    assert [(spot.heading, bool(spot.day)) for spot in spots] == [
        ("Today", False),
        ("Yesterday", False),
        (spots[2].heading, False),
        ("Last week", True),
        ("Last week", True),
        ("Earlier this month", True),
        (spots[6].heading, True),
        (spots[7].heading, True),
    ]
    assert "16" in spots[2].heading
    assert "Oct" in spots[6].heading
    assert "2025" in spots[7].heading
    assert spots[0].time == "12:00"


@pytest.mark.parametrize(("language", "expected"), [("en", "15 Oct"), ("zh-hans", "10月15日")])
def test_the_time_column_never_holds_a_year(monkeypatch: pytest.MonkeyPatch, language: str, expected: str) -> None:
    """The heading says it; the column is too narrow for 2025年10月15日."""
    now = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: now)
    with timezone.override("UTC"), translation.override(language):
        spot = place(now - timedelta(days=400))
        assert spot.day == expected
        assert "2025" in spot.heading
