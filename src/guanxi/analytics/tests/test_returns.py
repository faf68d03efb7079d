"""The return of the CRM: figures from the records, the calculation, the four questions, what came; who sees and changes it."""

from datetime import UTC, date, datetime

import pytest

from guanxi.analytics.kpis.cubes import Rows
from guanxi.analytics.kpis.filling import keep_rows
from guanxi.analytics.models import CustomerMonth, ReturnCase
from guanxi.analytics.roi.answering import four_questions
from guanxi.analytics.roi.calculating import calculate
from guanxi.analytics.roi.cases import case_of, save_case
from guanxi.analytics.roi.measuring import base_period, measured
from guanxi.analytics.roi.tracking import track
from guanxi.analytics.tests.factories import account, order
from guanxi.analytics.tests.test_kpis import browser_of
from guanxi.analytics.tests.worth import worth
from guanxi.core.errors import Invalid, NotAllowed, Stale
from guanxi.identity.actor import Actor
from guanxi.records.changes import create_record
from guanxi.sales.models import Opportunity

STARTED = date(2026, 1, 20)
YEAR = [date(2025, month, 1) for month in range(1, 13)]


def deals(actor: Actor) -> None:
    """Two lost (300 together) and one won in the base year, one lost before it; three orders of one line each."""
    customer = account(actor)
    for name, amount, category, month in (
        ("a", 100, "lost", 3),
        ("b", 200, "lost", 12),
        ("c", 900, "won", 5),
        ("d", 5000, "lost", 0),
    ):
        made = create_record(actor, "opportunity", {"name": name, "account": customer.id, "amount": amount})
        closed = datetime(2025, month, 5, 4, tzinfo=UTC) if month else datetime(2024, 12, 5, tzinfo=UTC)
        Opportunity.objects.filter(id=made.id).update(category=category, closed_at=closed, amount_company=amount)
    for day in ("2025-02-01", "2025-07-01", "2026-03-01"):
        order(customer, day, "1200")
    order(customer, "2025-07-02", "7", status="cancelled")
    type(order(customer, "2025-12-31", "600"))._base_manager.all().update(net_company=600)


def cubes(actor: Actor) -> None:
    """A base year of ten deals a month and a margin of 25 %, and three months after it."""
    after = [date(2026, month, 1) for month in (1, 2, 3)]
    months, nobody = [*YEAR, *after], [""] * 15
    keep_rows(
        actor.tenant_id,
        [
            Rows("won_count", "all", "month", months, nobody, [10.0] * 12 + [11.0] * 3, None),
            Rows("margin_rate", "all", "month", months, nobody, [2500.0] * 12 + [2600.0] * 3, [100.0] * 15),
            Rows("margin", "all", "month", months, nobody, [25.0] * 12 + [26.0] * 3, None),
            Rows("cost_per_contact", "all", "month", months, nobody, [50.0] * 15, [5.0] * 15),
        ],
        date(2026, 3, 31),
    )


def test_the_base_year_is_the_twelve_whole_months_before(actor: Actor) -> None:
    deals(actor)
    cubes(actor)
    assert base_period(STARTED) == (date(2025, 1, 1), date(2026, 1, 1))
    found = measured(actor, *base_period(STARTED))
    assert (found.revenue, found.orders, found.lines) == (1800.0, 3, 3)
    assert (found.won, found.won_count, found.lost, found.lost_count) == (900.0, 1, 300.0, 2)
    assert (found.margin_rate, found.contact_cost, found.users) == (25.0, 600.0, 1)


def test_what_is_written_stands_and_what_is_not_is_read(actor: Actor) -> None:
    deals(actor)
    cubes(actor)
    case = save_case(actor, {"started_on": "2026-01-20", "selling_cost": "3,600", "licence": 10, "introduction": 100})
    of = calculate(case, measured(actor, *base_period(case.started_on)))
    assert (of.values["revenue"], of.values["margin_rate"], of.values["won_growth"]) == (1800.0, 25.0, 5.0)
    assert (of.values["selling_cost"], of.values["discount"]) == (3600.0, 10.0)
    assert of.given == {"selling_cost", "licence", "introduction"}
    assert (of.costs.once, of.costs.monthly) == (100.0, 10.0)
    assert of.sales == pytest.approx(300 * 0.15 / 1800)
    assert [one.key for one in of.scenarios] == ["nothing", "careful", "half", "claimed"]
    assert of.scenarios[0].course.pay_back is None
    assert of.scenarios[3].course.npv == of.course.npv > of.scenarios[2].course.npv > of.scenarios[1].course.npv
    again = save_case(actor, {"selling_cost": None}, version=case.version)
    assert again.inputs == {"licence": 10.0, "introduction": 100.0} and again.started_on == STARTED


def test_the_four_questions_are_answered_from_the_records(actor: Actor) -> None:
    deals(actor)
    empty = {one.key: one for one in four_questions(actor, measured(actor, *base_period(STARTED)), None)}
    assert [one.value for one in empty.values()] == [None, None, None, None]
    worth(actor, "One", 1000)
    CustomerMonth.objects.create(
        month="2026-03-01", gained=1, lost=4, active=9, value_lost=800, limit_days=120, as_of="2026-03-31"
    )
    found = {one.key: one for one in four_questions(actor, measured(actor, *base_period(STARTED)), 20.0)}
    assert {key: one.value for key, one in found.items()} == {
        "lost-deal": 150 * 0.2, "lost-customer": 200.0, "when-lost": 120.0, "one-more": 3 * 600 * 0.2,
    }  # fmt: skip
    assert found["lost-deal"].url.startswith("/opportunities/?filter=")
    assert browser_of(actor).get(found["lost-deal"].url).status_code == 200
    assert "¥400" in found["lost-customer"].also


def test_what_came_stands_beside_the_claim_and_the_base_year(actor: Actor) -> None:
    deals(actor)
    cubes(actor)
    case = save_case(actor, {"started_on": "2026-01-20", "ramp": 1, "hosting": 7})
    of = calculate(case, measured(actor, *base_period(case.started_on)))
    assert track(None, of) is None
    assert track(date(2026, 4, 2), of) is None
    found = track(case.started_on, of)
    assert found is not None and found.months == [date(2026, month, 1) for month in (1, 2, 3)]
    assert (found.margin_more, found.cost) == (3.0, 21.0)
    tracks = {one.key: one for one in found.tracks}
    assert set(tracks) == {"won_count", "margin_rate", "contact_cost"}
    won = tracks["won_count"]
    assert (won.base_all, won.came_all) == (30.0, 33.0)
    assert won.claim == pytest.approx([10 * 1.05 ** (month / 12) for month in (1, 2, 3)])
    assert won.reached == pytest.approx(3 / (won.claim_all - 30) * 100)  # type: ignore[operator]
    rate = tracks["margin_rate"]
    assert (rate.base_all, rate.claim_all, rate.came_all, rate.reached) == (25.0, 26.0, 26.0, 100.0)
    assert tracks["contact_cost"].rising is False and tracks["contact_cost"].reached == 0.0


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"revenue": -1}, "revenue"),
        ({"recovered": 101}, "recovered"),
        ({"won": "many"}, "won"),
        ({"won": True}, "won"),
        ({"won": float("nan")}, "won"),
        ({"months": 0}, "months"),
        ({"nothing": 1}, "nothing"),
        ({"started_on": "soon"}, "started_on"),
        ({"started_on": "1066-10-14"}, "started_on"),
    ],
)
def test_what_is_no_figure_is_refused(actor: Actor, values: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        save_case(actor, values)
    assert set(refused.value.errors) == {field}
    assert ReturnCase.objects.count() == 0


def test_only_who_sees_the_whole_company_looks_and_only_who_manages_changes(actor: Actor, rep_actor: Actor) -> None:
    case = save_case(actor, {"licence": 1})
    with pytest.raises(Stale):
        save_case(actor, {"licence": 2}, version=case.version + 1)
    for refused in (lambda: case_of(rep_actor), lambda: save_case(rep_actor, {"licence": 3})):
        with pytest.raises(NotAllowed):
            refused()
    assert ReturnCase.objects.get().inputs == {"licence": 1.0}
    browser = browser_of(rep_actor)
    assert browser.get("/value/return/").status_code == 403
    assert browser.post("/value/return/figures", {"licence": "4"}).status_code == 403
    assert "/value/return/" not in browser.get("/value/").text
    assert ReturnCase.objects.get().inputs == {"licence": 1.0}


def test_the_page_and_the_api_tell_the_same(actor: Actor) -> None:
    browser = browser_of(actor)
    assert browser.get("/value/return/").status_code == 200
    deals(actor)
    cubes(actor)
    assert browser.post("/value/return/figures", {"licence": "x", "version": "0"}).status_code == 422
    assert browser.get("/value/return/figures").status_code == 200
    saved = browser.post(
        "/value/return/figures", {"started_on": "2026-01-20", "hosting": "7", "licence": "", "version": "0"}
    )
    assert saved.status_code in (204, 302)
    page = browser.get("/value/return/?of=margin_rate").text
    assert "3 whole months since" in page and "Margin moved by ¥3" in page
    told = browser.get("/api/v1/value-return").json()
    assert told["inputs"]["hosting"] == {"value": 7.0, "given": True}
    assert told["base_from"] == "2025-01-01" and [one["key"] for one in told["answers"]] == [
        "lost-deal",
        "lost-customer",
        "when-lost",
        "one-more",
    ]
    assert {one["key"] for one in told["tracking"]["measures"]} == {"won_count", "margin_rate", "contact_cost"}
    changed = browser.patch("/api/v1/value-return", {"hosting": None, "recovered": 0}, content_type="application/json")
    assert changed.status_code == 200, changed.content
    assert changed.json()["inputs"]["recovered"] == {"value": 0.0, "given": True}
    assert browser.patch("/api/v1/value-return", {"recovered": 101}, content_type="application/json").status_code == 422
