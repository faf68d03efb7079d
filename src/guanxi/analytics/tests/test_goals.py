"""The tree of goals: live attainment, breaking down, sums that agree, sales targets as the one truth, who sees what."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from guanxi.analytics.goals import tree
from guanxi.analytics.goals.attaining import expected_by
from guanxi.analytics.goals.saving import break_down, comment, delete_goal, save_goal
from guanxi.analytics.kpis.cubes import Rows
from guanxi.analytics.kpis.filling import keep_rows
from guanxi.analytics.models import Goal, GoalNote
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.core.errors import Invalid, NotAllowed, NotFound, Stale
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team
from guanxi.records.queries import visible_records
from guanxi.sales.services import create_opportunity, set_target


def quarter() -> tuple[date, date]:
    """The running calendar quarter."""
    today = timezone.localdate()
    first = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return first, first + relativedelta(months=3)


def goal(actor: Actor, **values: object) -> Goal:
    """A goal of the company for won business in this quarter."""
    first, after = quarter()
    return save_goal(actor, {"kpi": "won", "first": first, "after": after, "amount": 900_000, **values})


def won(actor: Actor, amount: str) -> None:
    """Business won just now."""
    deal = create_opportunity(actor, {"name": "Deal", "amount": amount})
    type(deal).objects.filter(id=deal.id).update(
        category="won", closed_at=timezone.now(), amount_company=Decimal(amount)
    )


def test_won_business_is_counted_live(actor: Actor) -> None:
    made = goal(actor)
    won(actor, "300000")
    (node,) = tree.nodes_of(actor, [made])
    assert (node.reached, node.amount, node.as_of) == (300_000, 900_000, None)
    first, after = quarter()
    share = expected_by(timezone.localdate(), first, after, [0, 0, 0])
    assert node.expected == pytest.approx(900_000 * share) and 0 < share <= 1
    assert node.share == pytest.approx(100 / 3)


def test_expected_by_now_follows_last_years_season() -> None:
    first, after = date(2026, 1, 1), date(2026, 4, 1)
    assert expected_by(date(2025, 12, 31), first, after, [1, 1, 1]) == 0
    assert expected_by(date(2026, 1, 31), first, after, [6, 1, 3]) == 0.6
    assert expected_by(date(2026, 2, 14), first, after, [6, 1, 3]) == pytest.approx(0.65)
    assert expected_by(date(2027, 1, 1), first, after, [6, 1, 3]) == 1


def test_a_persons_goal_is_its_sales_targets(actor: Actor, rep_actor: Actor) -> None:
    first, after = quarter()
    set_target(actor, month=first, amount="100000", member=rep_actor.member_id)
    made = goal(actor, member=rep_actor.member_id, amount=None)
    assert made.amount is None and tree.nodes_of(actor, [made])[0].amount == 100_000
    save_goal(actor, {"amount": 310_000}, made.id)
    rows = visible_records(actor, "sales_target").filter(
        member_id=rep_actor.member_id, month__gte=first, month__lt=after
    )
    assert sum(row.amount for row in rows) == 310_000 and rows.count() == 3
    assert Goal.objects.get(id=made.id).amount is None
    assert GoalNote.objects.filter(goal=made).order_by("-at", "-id")[0].changes == {"amount": [100_000.0, 310_000.0]}
    row = rows[0]
    set_target(actor, month=row.month, amount=row.amount + 5, member=rep_actor.member_id)
    assert tree.nodes_of(actor, [made])[0].amount == 310_005


def test_breaking_down_adds_up_and_says_when_it_does_not(actor: Actor, rep_actor: Actor) -> None:
    team = Team.objects.create(name="Northern works")
    Membership.objects.filter(id__in=(actor.member_id, rep_actor.member_id)).update(team=team)
    company = goal(actor, kpi="revenue", split="equal", amount=1_000_001)
    others = Team.objects.filter(parent=None).count()
    parts = break_down(actor, company.id)
    assert len(parts) == others and sum(part.amount or 0 for part in parts) == 1_000_001
    north = next(part for part in parts if part.team_id == team.id)
    save_goal(actor, {"split": "weight"}, north.id)
    people = break_down(actor, north.id)
    assert {person.member_id for person in people} == {actor.member_id, rep_actor.member_id}
    assert sum(person.amount or 0 for person in people) == north.amount
    save_goal(actor, {"amount": (people[0].amount or 0) + 7}, people[0].id)
    roots = tree.forest(actor, company.first, company.after)
    assert [node.missing for node in roots] == [0]
    assert next(node for node in tree.flat(roots) if node.goal.id == north.id).missing == -7
    assert [node.depth for node in tree.flat(roots)][:1] == [0]
    again = break_down(actor, north.id)
    assert {person.id for person in again} == {person.id for person in people}
    with pytest.raises(Invalid):
        break_down(actor, people[0].id)
    assert Goal.objects.count() == 1 + others + 2


def test_breaking_down_as_last_year(actor: Actor, rep_actor: Actor) -> None:
    team = Team.objects.create(name="Southern works")
    Membership.objects.filter(id__in=(actor.member_id, rep_actor.member_id)).update(team=team)
    first, _after = quarter()
    before, members = first - relativedelta(years=1), [str(actor.member_id), str(rep_actor.member_id)]
    keep_rows(actor.tenant_id, [Rows("margin", "owner", "quarter", [before] * 2, members, [30.0, 10.0], None)], first)
    made = goal(actor, kpi="margin", team=team.id, split="last_year", amount=400)
    assert {part.member_id: part.amount for part in break_down(actor, made.id)} == {
        actor.member_id: 300,
        rep_actor.member_id: 100,
    }


def test_stored_kpis_carry_their_date(actor: Actor) -> None:
    first, _after = quarter()
    keep_rows(actor.tenant_id, [Rows("margin_rate", "all", "quarter", [first], [""], [3500.0], [100.0])], first)
    (node,) = tree.nodes_of(actor, [goal(actor, kpi="margin_rate", amount=40)])
    assert (node.reached, node.expected, node.as_of, node.light) == (35, 40, first, "amber")


def test_people_see_their_branch_only(actor: Actor, rep_actor: Actor) -> None:
    company, own = goal(actor), goal(actor, member=rep_actor.member_id, amount=5)
    rep = replace(
        rep_actor,
        grants={**rep_actor.grants, "analytics": {"view": "own"}, "account": {"view": "own"}},
        field_access={},
    )
    assert [node.goal.id for node in tree.forest(rep, company.first, company.after)] == [own.id]
    with pytest.raises(NotFound):
        tree.goal_of(rep, company.id)
    with pytest.raises(NotFound):
        comment(rep, company.id, "mine")
    with pytest.raises(NotAllowed):
        save_goal(rep, {"amount": 1}, own.id)
    editor = replace(rep, grants={**rep.grants, "analytics": {"view": "all", "edit": "own"}})
    with pytest.raises(NotAllowed):
        save_goal(editor, {"amount": 1}, company.id)
    with pytest.raises(NotAllowed):
        save_goal(editor, {"kpi": "revenue", "first": company.first, "after": company.after, "amount": 1})
    assert Goal.objects.count() == 2 and Goal.objects.get(id=company.id).amount == 900_000
    assert comment(rep, own.id, "On it").text == "On it"


def test_wrong_goals_are_refused(actor: Actor) -> None:
    first, after = quarter()
    made = goal(actor)
    for wrong in (
        {"kpi": "nothing"}, {"first": "soon"}, {"first": after, "after": first}, {"amount": "many"}, {"late": 99, "watch": 90}, {"split": "odd"},
        {"first": first + relativedelta(days=3)}, {"team": "x"}, {}, {"after": first + relativedelta(years=6)},
    ):  # fmt: skip
        with pytest.raises(Invalid):
            goal(actor, **wrong)
    with pytest.raises(Invalid):
        goal(actor, kpi="revenue", parent=made.id)
    with pytest.raises(Stale):
        save_goal(actor, {"amount": 1}, made.id, version=made.version + 1)
    assert Goal.objects.count() == 1
    delete_goal(actor, made.id)
    assert not Goal.objects.exists()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages(actor: Actor, language: str) -> None:
    browser = browser_of(actor, language)
    assert browser.get("/value/goals/").status_code == 200
    first, after = quarter()
    given = {
        "kpi": "won",
        "first": str(first),
        "after": str(after),
        "amount": "900000",
        "split": "equal",
        "weight": "1",
        "watch": "95",
        "late": "80",
    }
    assert browser.post("/value/goals/new", given).status_code == 302
    assert browser.post("/value/goals/new", given).status_code == 422
    made = Goal.objects.get()
    assert browser.post(f"/value/goals/{made.id}/split").status_code == 302
    assert browser.post(f"/value/goals/{made.id}/say", {"text": "Holidays ahead"}).status_code == 302
    page = browser.get(f"/value/goals/{made.id}/").content.decode()
    assert "Holidays ahead" in page and "¥900,000" in page
    assert "¥900,000" in browser.get(f"/value/goals/?first={first}&after={after}").content.decode()
    for path in (
        f"/value/goals/{made.id}/edit",
        f"/value/goals/new?parent={made.id}",
        f"/value/people/{actor.member_id}/",
    ):
        assert browser.get(path).status_code == 200, path
    assert browser.get("/value/goals/?first=x&after=y").status_code == 200
    assert browser.post(f"/value/goals/{made.id}/delete").status_code == 302 and not Goal.objects.exists()
    assert browser.get(f"/value/goals/{made.id}/").status_code == 404


def test_over_the_api(actor: Actor) -> None:
    browser, (first, after) = browser_of(actor), quarter()
    body = {"kpi": "revenue", "first": str(first), "after": str(after), "amount": 500, "split": "equal"}
    made = browser.post("/api/v1/goals", body, content_type="application/json")
    assert (made.status_code, made.json()["amount"], made.json()["reached"]) == (201, 500, 0)
    address = f"/api/v1/goals/{made.json()['id']}"
    assert browser.patch(address, {"amount": 700}, content_type="application/json").json()["amount"] == 700
    parts = browser.post(f"{address}/break-down", {}, content_type="application/json")
    assert parts.status_code == 200
    rows = browser.get("/api/v1/goals").json()["data"]
    assert rows[0]["amount"] == 700 and sum(row["amount"] for row in rows if row["parent"] == made.json()["id"]) in (
        0,
        700,
    )
    assert browser.get(f"/api/v1/goals?first={first}&kpi=won").json()["data"] == []
    assert browser.get("/api/v1/goals?first=x").status_code == 422
    assert browser.delete(address).status_code == 204
    assert browser.get(address).status_code == 404
