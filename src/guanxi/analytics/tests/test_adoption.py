"""Use of the system by its staff, trainings, and the sheet that live figures propose lines for."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from guanxi.analytics.kpis.cubes import Rows
from guanxi.analytics.kpis.filling import keep_rows
from guanxi.analytics.models import Figure, SwotEntry
from guanxi.analytics.models.returns import Training
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.roi.adoption import WEEKS, Adoption, Person, adoption
from guanxi.analytics.roi.sheet import delete_entry, save_entry, sheet
from guanxi.analytics.roi.signals import signals
from guanxi.analytics.roi.trainings import add_training, delete_training
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.analytics.tests.worth import worth
from guanxi.core.errors import Invalid, NotAllowed, Stale
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record, update_record

DAY = date(2026, 3, 20)


def person(actor: Actor, of: Adoption) -> Person:
    """The figures of the actor."""
    return next(one for one in of.whole.people if one.id == actor.member_id)


def last_week(actor: Actor) -> datetime:
    """A Tuesday noon of the last whole week, where the company is."""
    monday = company_today() - timedelta(days=company_today().weekday())
    return datetime.combine(monday - timedelta(days=6), time(12), ZoneInfo(actor.time_zone)).astimezone(UTC)


def test_a_week_counts_in_which_somebody_signed_in_or_changed_something(actor: Actor, rep_actor: Actor) -> None:
    account = create_record(
        actor, "account", {"name": "This week", "industry": "Metal", "region": "江苏", "owner": actor.member_id}
    )
    admin = person(actor, adoption(actor))
    assert (admin.made, admin.weeks) == (0, 0)
    for member, back in ((rep_actor.member_id, 0), (rep_actor.member_id, 7), (rep_actor.member_id, 0)):
        AccessEntry.objects.create(action="sign-in", member_id=member, at=last_week(actor) - timedelta(days=back))
    AccessEntry.objects.create(action="export", member_id=actor.member_id, at=last_week(actor))
    of = adoption(actor)
    rep, admin = person(rep_actor, of), person(actor, of)
    assert (rep.weeks, rep.spark[-2:], rep.share, rep.light) == (2, [1, 1], 2 / WEEKS * 100, "rose")
    assert (admin.weeks, admin.filled, admin.records) == (0, 60.0, 1)
    assert of.active[-2:] == pytest.approx([100 / 3] * 2) and of.active[0] == 0.0
    assert account.version == 1 and update_record(actor, "account", account.id, {"region": ""}, version=1).version == 2
    assert person(actor, adoption(actor)).filled == 40.0


def test_what_is_made_by_hand_is_counted_and_what_is_imported_is_not(actor: Actor) -> None:
    keys = [create_record(actor, "account", {"name": name}).id for name in ("One", "Two", "Three")]
    at = last_week(actor)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO core_change (tenant_id, object, record_id, version, at, member_id, action, via, diff)"
            " SELECT %s, 'account', k, v, %s, %s, 'x', w, '{}' FROM unnest(%s::uuid[], %s::int[], %s::text[]) AS t(k, v, w)",
            [actor.tenant_id, at, actor.member_id, keys, [1001, 1002, 1003], ["web", "api", "import"]],
        )
    one = person(actor, adoption(actor))
    assert (one.made, one.edited, one.spark[-1], one.weeks) == (0, 2, 2, 1)


def test_trainings_are_a_plain_list(actor: Actor, rep_actor: Actor) -> None:
    made = add_training(
        actor, {"title": " Lists ", "done_on": "2026-01-05", "members": [actor.member_id, str(rep_actor.member_id)]}
    )
    assert [one.title for one in made] == ["Lists", "Lists"]
    assert adoption(actor).whole.trained == pytest.approx(200 / 3)
    delete_training(actor, made[0].id)
    assert adoption(actor).whole.trained == pytest.approx(100 / 3)
    for values, fields in (
        ({"title": "", "done_on": "x", "members": []}, {"title", "done_on", "members"}),
        ({"title": "A", "done_on": "2999-01-01", "members": [actor.member_id]}, {"done_on"}),
        ({"title": "A", "done_on": "2026-01-05", "members": ["nobody"]}, {"members"}),
    ):
        with pytest.raises(Invalid) as refused:
            add_training(actor, values)
        assert set(refused.value.errors) == fields
    for refuse in (
        lambda: adoption(rep_actor),
        lambda: add_training(rep_actor, {}),
        lambda: delete_training(rep_actor, made[1].id),
    ):
        with pytest.raises(NotAllowed):
            refuse()
    assert Training.objects.count() == 1


def cubes(actor: Actor) -> None:
    """Two years: the win rate rises from 40 to 50, retention falls from 80 to 70, revenue stays."""
    months = [date(2024 + (month + 1) // 12, (month + 1) % 12 + 1, 1) for month in range(1, 25)]
    assert months[0] == date(2024, 3, 1) and months[-1] == date(2026, 2, 1)
    early, nobody = [True] * 12 + [False] * 12, [""] * 24
    keep_rows(
        actor.tenant_id,
        [
            Rows("win_rate", "all", "month", months, nobody, [4000.0 if one else 5000.0 for one in early], [100.0] * 24),
            Rows("retention", "all", "month", months, nobody, [8000.0 if one else 7000.0 for one in early], [100.0] * 24),
            Rows("revenue", "all", "month", months, nobody, [100.0] * 24, None),
        ],
        DAY,
    )  # fmt: skip


def test_figures_that_pass_a_threshold_become_lines(actor: Actor) -> None:
    assert signals(actor) == []
    cubes(actor)
    found = {one.key: one for one in signals(actor)}
    assert {key: one.kind for key, one in found.items()} == {"win_rate-up": "strength", "retention-down": "weakness"}
    assert found["win_rate-up"].text.startswith("More deals are won: the win rate rose by 10")
    worth(actor, "Whale", 900, revenue_12m=Decimal(8000), region="江苏")
    for number in range(12):
        worth(
            actor,
            f"Small {number}",
            100,
            churn=0.05,
            revenue_12m=Decimal(100),
            region="浙江",
            profit_12m=-100,
            margin_12m=20,
        )
    now = {one.key: one for one in signals(actor)}
    assert {"concentration", "one-customer", "one-region", "loss-makers"} <= set(now)
    assert now["one-customer"].kind == "threat" and "Whale" in now["one-customer"].text
    assert {one.kind for one in now.values() if one.key == "loss-makers"} == {"weakness"}


def test_a_person_pins_hides_rewrites_and_adds(actor: Actor, rep_actor: Actor) -> None:
    cubes(actor)
    pinned = save_entry(actor, {"signal": "win_rate-up", "kind": "strength", "state": "pinned"})
    hidden = save_entry(actor, {"signal": "retention-down", "kind": "weakness", "state": "hidden"})
    own = save_entry(actor, {"kind": "threat", "text": " A rival opens nearby "})
    lines = sheet(actor)
    assert [(line.kind, line.state, line.own) for line in lines] == [
        ("strength", "pinned", False),
        ("threat", "shown", True),
        ("weakness", "hidden", False),
    ]
    assert lines[0].signal is not None and lines[0].text == lines[0].signal.text
    again = save_entry(actor, {"signal": "win_rate-up", "kind": "strength", "text": "We win"})
    assert again.id == pinned.id and SwotEntry.objects.count() == 3
    moved = save_entry(actor, {"kind": "opportunity"}, own.id, version=own.version)
    assert (moved.kind, moved.text) == ("opportunity", "A rival opens nearby")
    with pytest.raises(Stale):
        save_entry(actor, {"kind": "threat"}, own.id, version=own.version)
    for values in (
        {"kind": "threat"},
        {"kind": "luck", "text": "x"},
        {"kind": "threat", "text": "x" * 301},
        {"kind": "threat", "text": "x", "state": "gone"},
    ):
        with pytest.raises(Invalid):
            save_entry(actor, values)
    # The figures no longer say so: the words of a person stay and say it, the bare decision is silent.
    Figure.objects.all().delete()
    faded = {line.entry.id: line for line in sheet(actor) if line.entry}
    assert set(faded) == {pinned.id, own.id} and faded[pinned.id].faded and not faded[own.id].faded
    delete_entry(actor, hidden.id)
    for refuse in (
        lambda: sheet(rep_actor),
        lambda: save_entry(rep_actor, {"kind": "threat", "text": "x"}),
        lambda: delete_entry(rep_actor, own.id),
    ):
        with pytest.raises(NotAllowed):
            refuse()
    assert SwotEntry.objects.count() == 2


def test_pages_and_api_of_sheet_and_adoption(actor: Actor, rep_actor: Actor) -> None:
    browser, other = browser_of(actor), browser_of(rep_actor)
    cubes(actor)
    for path in (
        "adoption",
        "swot",
        "trainings/new",
        "swot/new?signal=win_rate-up&kind=strength",
        "swot/new?kind=nothing",
    ):
        assert browser.get(f"/value/return/{path}").status_code == 200, path
        assert other.get(f"/value/return/{path}").status_code == 403, path
    assert browser.post("/value/return/trainings/new", {"title": ""}).status_code == 422
    assert browser.post("/value/return/swot/new", {"kind": "threat", "text": ""}).status_code == 422
    assert (
        browser.post(
            "/value/return/swot/decide", {"signal": "win_rate-up", "kind": "strength", "state": "hidden"}
        ).status_code
        == 302
    )
    assert "1 hidden line" in browser.get("/value/return/swot").text
    trained = browser.post(
        "/api/v1/trainings",
        {"member": str(actor.member_id), "title": "Board", "done_on": "2026-01-05"},
        content_type="application/json",
    )
    assert trained.status_code == 201, trained.content
    assert browser.get("/api/v1/value-adoption").json()["whole"]["trained_percent"] == pytest.approx(100 / 3)
    line = browser.post(
        "/api/v1/swot-lines", {"kind": "threat", "text": "Rival"}, content_type="application/json"
    ).json()
    assert (line["text"], line["state"], line["signal"]) == ("Rival", "shown", None)
    changed = browser.patch(f"/api/v1/swot-lines/{line['id']}", {"state": "pinned"}, content_type="application/json")
    assert changed.json()["state"] == "pinned"
    assert [row["signal"] for row in browser.get("/api/v1/swot-lines").json()["data"]] == [
        None,
        "retention-down",
        "win_rate-up",
    ]
    assert browser.delete(f"/api/v1/swot-lines/{line['id']}").status_code == 204
    assert browser.delete(f"/api/v1/trainings/{trained.json()['id']}").status_code == 204
    assert other.get("/api/v1/swot-lines").status_code == 403
