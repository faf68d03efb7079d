"""The optimiser: who gets which offer on which channel, within what a plan allows."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from guanxi.activity.models import Task
from guanxi.analytics.models import Allocated, AllocationPlan, OfferRate
from guanxi.analytics.optimising.applying import propose_planned
from guanxi.analytics.optimising.computing import compute_plan
from guanxi.analytics.optimising.form import form_of
from guanxi.analytics.optimising.reading import prices_now, shown
from guanxi.analytics.optimising.saving import (
    apply_plan,
    ask_to_compute,
    copy_plan,
    delete_plan,
    end_plan,
    save_plan,
    segment_of_plan,
)
from guanxi.analytics.tests.test_actions import make_offer, rate
from guanxi.core.errors import Conflict, Invalid, NotAllowed, Stale
from guanxi.customers.models import Score
from guanxi.customers.services import set_consent
from guanxi.engagement.models import Response
from guanxi.identity.actor import Actor
from guanxi.identity.clashes import dump_state, state_of
from guanxi.records.changes import create_record, update_record
from guanxi.records.tests.test_views import sign_in
from guanxi.segments.models import SegmentMember

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate


def limits(*offers: Any, **values: Any) -> dict[str, Any]:
    """A plan of visits and mails, unless something else is said."""
    return {
        "name": "Autumn", "goal": "margin", "budget": "100", "first": TODAY(), "last": TODAY() + timedelta(days=30),
        "offers": [one if isinstance(one, dict) else {"offer": str(one.id)} for one in offers],
        "channels": [{"channel": "visit", "cost": 10}], **values,
    }  # fmt: skip


def computed(actor: Actor, plan: AllocationPlan) -> AllocationPlan:
    ask_to_compute(actor, plan.id)
    compute_plan(actor.tenant_id, plan.id)
    plan.refresh_from_db()
    return plan


def given(plan: AllocationPlan) -> dict[str, tuple[str, str]]:
    rows = Allocated.objects.filter(plan=plan).select_related("account", "offer")
    return {row.account.name: (row.offer.name, row.channel) for row in rows}


@pytest.fixture
def customers(actor: Actor) -> list[Any]:
    """Twenty customers, the first ten of grade A, the others of grade D."""
    found = [create_record(actor, "account", {"name": f"Customer {number:02}"}) for number in range(20)]
    for number, one in enumerate(found):
        Score.objects.create(account=one, as_of=TODAY(), grade="A" if number < 10 else "D")
    return found


@pytest.fixture
def offers(actor: Actor) -> tuple[Any, Any]:
    """A contract that grade A takes, a training that grade D takes."""
    contract, training = (
        make_offer(actor, "Contract", channels=["visit", "meeting"]),
        make_offer(actor, "Training", margin="300"),
    )
    for offer, channel, of_a, of_d in (
        (contract, "visit", 0.5, 0.05),
        (contract, "meeting", 0.2, 0.02),
        (training, "visit", 0.2, 0.3),
    ):
        rate(offer, of_a, channel, "A")
        rate(offer, of_d, channel, "D")
    rate(None, 0.1, channel="")
    return contract, training


def test_the_budget_goes_where_it_brings_most(actor: Actor, customers: list[Any], offers: tuple[Any, Any]) -> None:
    plan = computed(actor, save_plan(actor, limits(*offers)))
    assert (plan.state, plan.problem) == ("computed", {})
    assert given(plan) == {f"Customer {number:02}": ("Contract", "visit") for number in range(10)}
    result = plan.result
    assert (result["customers"], result["spent"], result["considered"], result["open"]) == (10, 100.0, 20, 20)
    assert result["value"] == pytest.approx(10 * (0.5 * 1000 - 10))
    assert result["low"] == pytest.approx(10 * (0.4 * 1000 - 10)) and result["high"] == pytest.approx(5900)
    assert result["gap"] < 1e-6
    # One more 10 of budget reaches a customer of grade D, to whom the training brings 0.3 × 300 − 10.
    assert result["budget_price"] == pytest.approx(8.0, rel=0.01)
    curve = {point["share"]: (point["customers"], round(point["value"])) for point in result["curve"]}
    assert curve[0.5] == (5, 2450) and curve[1.0] == (10, 4900) and curve[2.0] == (20, 4900 + 10 * 80)
    assert {name: one["customers"] for name, one in result["baselines"].items()} == {
        "lot": 10,
        "likely": 10,
        "same": 10,
    }
    assert result["baselines"]["likely"]["value"] == pytest.approx(4900)
    assert result["baselines"]["lot"]["value"] < result["baselines"]["same"]["value"] < 4900
    row = Allocated.objects.get(account=customers[0])
    assert (row.probability, row.margin, row.cost, row.step) == (0.5, 500.0, 10.0, "planned")


def test_channels_are_scarce_and_products_have_minimums(
    actor: Actor, customers: list[Any], offers: tuple[Any, Any]
) -> None:
    contract, training = offers
    ways = [{"channel": "visit", "capacity": 6, "cost": 10}, {"channel": "meeting", "cost": 2}]
    asked = limits({"offer": str(contract.id)}, {"offer": str(training.id), "minimum": 2}, channels=ways, budget=None)
    plan = computed(actor, save_plan(actor, asked))
    counts: dict[tuple[str, str], int] = {}
    for pair in given(plan).values():
        counts[pair] = counts.get(pair, 0) + 1
    assert counts == {("Contract", "visit"): 4, ("Training", "visit"): 2, ("Contract", "meeting"): 14}
    seen = shown(actor, plan)
    visit, meeting = seen.channels
    assert (visit.key, visit.used, visit.most, meeting.price) == ("visit", 6, 6, None)
    # One more visit takes a customer of grade A from a meeting: 0.5 × 1000 − 10 instead of 0.2 × 1000 − 2.
    assert visit.price == pytest.approx(490 - 198, rel=0.02)
    assert seen.offers[1].least == 2 and seen.offers[1].price is not None and seen.offers[1].price < 0
    assert plan.result["budget_price"] == 0


def test_only_what_returns_enough_is_spent(actor: Actor, customers: list[Any], offers: tuple[Any, Any]) -> None:
    """A visit to grade D brings 90 for 10; asked for ten times as much, it is not made."""
    plan = computed(actor, save_plan(actor, limits(*offers, goal="return", hurdle=1000, budget=None)))
    assert set(given(plan)) == {f"Customer {number:02}" for number in range(10)}
    plan = computed(actor, save_plan(actor, {"hurdle": 700}, plan.id))
    assert len(given(plan)) == 20


def test_whom_the_gate_or_the_draw_excludes_is_not_planned(actor: Actor, customers: list[Any]) -> None:
    offer = make_offer(actor, "Newsletter", kind="cross_sell", channels=["mail"], margin="500", control_percent=50)
    rate(offer, 0.3, "mail")
    for one in customers[:16]:
        update_record(actor, "account", one.id, {"email": f"{one.code.lower()}@at.example"})
        set_consent(actor, purpose="marketing", channel="mail", status="granted", account_id=one.id)
    create_record(actor, "response", {"offer": offer.id, "account": customers[0].id, "channel": "mail", "proposed_at": timezone.now()})  # fmt: skip
    plan = computed(actor, save_plan(actor, limits(offer, channels=[{"channel": "mail", "cost": 1}], budget=None)))
    planned = set(given(plan))
    assert 0 < len(planned) < 15 and planned <= {one.name for one in customers[1:16]}
    assert plan.result["open"] == len(planned)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"goal": "fame"}, "goal"),
        ({"budget": "much"}, "budget"),
        ({"budget": "-1"}, "budget"),
        ({"hurdle": "x"}, "hurdle"),
        ({"last": "2020-01-01"}, "last"),
        ({"first": "soon"}, "first"),
        ({"offers": []}, "offers"),
        ({"offers": ["x"]}, "offers"),
        ({"offers": [{"offer": "01920000-0000-7000-8000-000000000000"}]}, "offers"),
        ({"channels": []}, "channels"),
        ({"channels": [{"channel": "pigeon"}]}, "channels"),
        ({"channels": [{"channel": "mail"}]}, "channels"),
        ({"channels": [{"channel": "visit", "capacity": 1.5}]}, "capacity_visit"),
        ({"channels": [{"channel": "visit", "cost": "dear"}]}, "cost_visit"),
        ({"segment": "01920000-0000-7000-8000-000000000000"}, "segment"),
    ],
)
def test_limits_that_make_no_sense_are_refused_at_their_field(
    actor: Actor, offers: tuple[Any, Any], change: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        save_plan(actor, limits(*offers) | change)
    assert set(refusal.value.errors) == {field}
    assert AllocationPlan.objects.count() == 0


def test_minimums_that_cannot_be_reached_are_said_at_once_or_after_counting(
    actor: Actor, customers: list[Any], offers: tuple[Any, Any]
) -> None:
    contract, training = offers

    def with_minimum(count: int, **values: Any) -> dict[str, Any]:
        return limits({"offer": str(training.id), "minimum": count}, {"offer": str(contract.id)}, **values)

    for asked, field in (
        (with_minimum(30), "budget"),
        (with_minimum(5, channels=[{"channel": "visit", "capacity": 4}]), f"minimum_{training.id}"),
    ):
        with pytest.raises(Invalid) as refusal:
            save_plan(actor, asked)
        assert set(refusal.value.errors) == {field}
    plan = computed(actor, save_plan(actor, with_minimum(21, budget=None)))
    assert (plan.state, plan.problem["open"], Allocated.objects.count()) == ("impossible", 20, 0)
    seen = shown(actor, plan)
    assert (seen.field, seen.problem) == (f"minimum_{training.id}", "“Training” can be proposed to 20 customers only; the minimum is 21.")  # fmt: skip
    offers[0].__class__.objects.filter(id=training.id).update(margin=None)
    assert computed(actor, plan).problem["code"] == "no_margin"
    with pytest.raises(Invalid) as refusal:
        save_plan(actor, {"name": "Again"}, plan.id)
    assert refusal.value.errors == {"offers": ["“Training” has no margin in the company's currency."]}


def test_a_change_makes_a_draft_again_and_two_people_do_not_overwrite_each_other(
    actor: Actor, customers: list[Any], offers: tuple[Any, Any]
) -> None:
    plan = computed(actor, save_plan(actor, limits(*offers)))
    version = plan.version
    changed = save_plan(actor, {"budget": "50"}, plan.id, version=version)
    assert (changed.state, changed.result, changed.name) == ("draft", {}, "Autumn") and changed.budget == 50
    assert Allocated.objects.count() == 0
    with pytest.raises(Stale):
        save_plan(actor, {"budget": "70"}, plan.id, version=version)
    plan.refresh_from_db()
    assert plan.budget == 50
    # Changed while it is being computed: the result of the old limits is not kept.
    ask_to_compute(actor, plan.id)
    save_plan(actor, {"budget": "60"}, plan.id)
    assert not compute_plan(actor.tenant_id, plan.id)
    plan.refresh_from_db()
    assert (plan.state, Allocated.objects.count()) == ("draft", 0)


def test_an_applied_plan_proposes_by_mail_and_makes_tasks_of_visits(
    actor: Actor, customers: list[Any], offers: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailed = make_offer(actor, "Renewal by mail", channels=["mail"], margin="2000")
    rate(mailed, 0.4, "mail")
    for one in customers[:3]:
        update_record(actor, "account", one.id, {"email": f"{one.code.lower()}@at.example"})
    ways = [{"channel": "mail", "cost": 1}, {"channel": "visit", "cost": 10, "capacity": 4}]
    plan = computed(actor, save_plan(actor, limits(*offers, mailed, channels=ways)))
    with pytest.raises(Conflict):
        end_plan(actor, plan.id)
    apply_plan(actor, plan.id)
    set_consent(actor, purpose="service", channel="mail", status="denied", account_id=customers[0].id)
    propose_planned(actor.tenant_id, plan_id=plan.id, member_id=actor.member_id)
    steps = {row.account.name: (row.step, row.channel) for row in Allocated.objects.select_related("account")}
    assert [steps[f"Customer 0{number}"] for number in range(3)] == [("refused", "mail"), ("proposed", "mail"), ("proposed", "mail")]  # fmt: skip
    assert Response.objects.filter(offer=mailed).count() == 2
    visits = Task.objects.filter(object="offer")
    assert visits.count() == 4 and all(one.subject == "Propose Contract: Visit" for one in visits)
    assert Allocated.objects.get(account=customers[0]).note == "The customer does not consent to “Service” by “E-mail”."
    assert prices_now().of == {"visit": pytest.approx(490, rel=0.3)}
    # A second start of the job proposes nothing twice.
    propose_planned(actor.tenant_id, plan_id=plan.id, member_id=actor.member_id)
    assert (Response.objects.filter(offer=mailed).count(), visits.count()) == (2, 4)
    with pytest.raises(Conflict):
        save_plan(actor, {"budget": "1"}, plan.id)
    assert copy_plan(actor, plan.id).state == "draft"
    end_plan(actor, plan.id)
    assert prices_now().of == {}


def test_who_gets_an_offer_becomes_a_segment(actor: Actor, customers: list[Any], offers: tuple[Any, Any]) -> None:
    plan = computed(actor, save_plan(actor, limits(*offers, budget="150")))
    segment = segment_of_plan(actor, plan.id, offers[0].id, "visit", "Visits of autumn")
    members = set(SegmentMember.objects.filter(segment=segment).values_list("record_id", flat=True))
    assert (segment.name, members) == ("Visits of autumn", {one.id for one in customers[:10]})
    part = save_plan(actor, limits(*offers, segment=segment.id, name="Only those"))
    assert computed(actor, part).result["considered"] == 10
    delete_plan(actor, plan.id)
    assert AllocationPlan.objects.count() == 1


def test_plans_are_for_who_sees_all_customers(actor: Actor, rep_actor: Actor, offers: tuple[Any, Any]) -> None:
    plan = save_plan(actor, limits(*offers))
    for run in (
        lambda: save_plan(rep_actor, limits(*offers)),
        lambda: ask_to_compute(rep_actor, plan.id),
        lambda: apply_plan(rep_actor, plan.id),
        lambda: delete_plan(rep_actor, plan.id),
        lambda: copy_plan(rep_actor, plan.id),
    ):
        with pytest.raises(NotAllowed):
            run()
    plan.refresh_from_db()
    assert (plan.state, AllocationPlan.objects.count(), OfferRate.objects.filter(as_of__gt=date(2026, 12, 1)).count()) == ("draft", 1, 0)  # fmt: skip


def test_the_pages_of_a_plan_from_the_form_to_the_segment(
    actor: Actor, customers: list[Any], offers: tuple[Any, Any]
) -> None:
    client = sign_in(actor)
    assert "No plan yet" in client.get("/value/optimiser/").text
    contract, training = offers
    form = {
        "name": "Spring", "goal": "margin", "hurdle": "50", "budget": "100", "first": TODAY().isoformat(), "last": TODAY().isoformat(),
        f"offer_{contract.id}": "1", f"offer_{training.id}": "1", f"minimum_{training.id}": "30", "channel_visit": "1", "cost_visit": "10",
    }  # fmt: skip
    refused = client.post("/value/optimiser/new", form)
    assert (refused.status_code, "The minimums alone cost 300." in refused.text) == (422, True)
    assert AllocationPlan.objects.count() == 0
    assert client.post("/value/optimiser/new", {**form, f"minimum_{training.id}": "21", "budget": ""}).status_code == 302  # fmt: skip
    plan = AllocationPlan.objects.get()
    address = f"/value/optimiser/{plan.id}/"
    assert "is being computed" in client.get(address).text
    compute_plan(actor.tenant_id, plan.id)
    assert "can be proposed to 20 customers only" in client.get(address).text
    changing = client.get(f"{address}edit").text
    assert 'value="Spring"' in changing and "the minimum is 21" in changing
    plan.refresh_from_db()
    old = {**form, "version": str(plan.version), "before": dump_state(state_of(form_of(plan)))}
    save_plan(actor, {"budget": "700"}, plan.id)
    # Somebody else set the budget meanwhile: who has the old form open sees both values.
    clash = client.post(f"{address}edit", {**old, f"minimum_{training.id}": "", "budget": "900"})
    assert (clash.status_code, "700" in clash.text and "900" in clash.text) == (412, True)
    plan.refresh_from_db()
    assert plan.budget == 700
    save_plan(actor, {"budget": "100", "offers": [{"offer": str(one.id)} for one in offers]}, plan.id)
    computed(actor, plan)
    page = client.get(f"{address}?at=1.5").text
    for text in ("Expected margin", "What limits cost", "Customers and offers by lot", "With ¥150: 15 customers, margin", "Contract"):  # fmt: skip
        assert text in page, text
    assert client.get(f"{address}?at=x").status_code == 200
    file: Any = client.get(f"{address}export")
    lines = b"".join(file.streaming_content).decode().splitlines()
    assert len(lines) == 11 and lines[1].startswith(f"{customers[0].code},Customer 00,Contract,Visit,0.5,500.0,10.0")
    made = client.post(f"{address}segment", {"offer": str(contract.id), "channel": "visit", "name": "Spring visits"})
    assert made.status_code == 302 and SegmentMember.objects.count() == 10
    assert client.post(f"{address}segment", {"offer": "x"}).status_code == 404
    assert client.post(f"{address}apply", {"version": "1"}).status_code == 412
    assert client.post(f"{address}apply").status_code == 302
    assert client.post(f"{address}copy").status_code == 302 and client.post(f"{address}end").status_code == 302
    assert "Spring, copy" in client.get("/value/optimiser/").text
    assert client.post(f"{address}delete").status_code == 302 and AllocationPlan.objects.count() == 1


def test_plans_over_the_api(actor: Actor, customers: list[Any], offers: tuple[Any, Any]) -> None:
    client = sign_in(actor)
    body = {
        "name": "By program", "first": TODAY().isoformat(), "last": TODAY().isoformat(), "budget": 100, "offers": [{"offer": str(offers[0].id)}],
        "channels": [{"channel": "visit", "cost": 10}],
    }  # fmt: skip
    wrong = client.post("/api/v1/value-plans", body | {"budget": -1, "channels": []}, "application/json")
    assert (wrong.status_code, AllocationPlan.objects.count()) == (422, 0)
    made = client.post("/api/v1/value-plans", body, "application/json")
    assert (made.status_code, made.json()["state"], made.json()["offers"][0]["minimum"]) == (201, "draft", 0)
    one = f"/api/v1/value-plans/{made.json()['id']}"
    assert client.post(f"{one}/apply", {}, "application/json").status_code == 409
    assert client.post(f"{one}/compute", {}, "application/json").json()["state"] == "computing"
    compute_plan(actor.tenant_id, AllocationPlan.objects.get().id)
    row = client.get(one).json()
    assert (row["state"], row["result"]["customers"], row["steps"]) == ("computed", 10, {"planned": 10})
    listed = client.get(f"/api/v1/value-plan-customers?plan={row['id']}&channel=visit").json()
    assert (len(listed["data"]), listed["next"], listed["data"][0]["probability"]) == (10, None, 0.5)
    for query in ("", "?plan=x", f"?plan={row['id']}&channel=pigeon"):
        assert client.get(f"/api/v1/value-plan-customers{query}").status_code == 422, query
    assert client.patch(one, {"budget": 50}, "application/json", headers={"If-Match": '"1"'}).status_code == 412
    assert client.patch(one, {"budget": 50}, "application/json").json()["state"] == "draft"
    assert client.delete(one).status_code == 204 and AllocationPlan.objects.count() == 0
