"""The overview: sums over what the actor sees, lists by their condition, frames and segments, refusals."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from guanxi.analytics.access import require_view, sees_values
from guanxi.analytics.charts import whale_words
from guanxi.analytics.models import CustomerMonth
from guanxi.analytics.queries.lists import LISTS, framed, listed
from guanxi.analytics.queries.portfolio import portfolio, value_map, whale, year_of
from guanxi.analytics.tests.worth import AS_OF, worth
from guanxi.core.errors import NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.lists import ListQuery, count_records
from guanxi.records.tests.test_views import sign_in
from guanxi.science.profits import whale_curve
from guanxi.segments.queries import members_criteria


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def four(actor: Actor) -> list[str]:
    """Values 100, 200, 300, 400 thousand; the third likely to leave, the first a loss."""
    worth(actor, "One", 100_000, profit_12m=-200, cost_to_serve=600, revenue_12m=0)
    worth(actor, "Two", 200_000, value_before=150_000, before_on=AS_OF)
    worth(actor, "Three", 300_000, 0.35, region="上海")
    worth(actor, "Four", 400_000, 0.5, cost_to_serve=50, profit_12m=350)
    return ["One", "Two", "Three", "Four"]


def test_the_five_figures_are_sums_with_intervals_of_independent_customers(actor: Actor) -> None:
    four(actor)
    found: Any = portfolio(actor)
    assert found is not None
    assert (found.customers, found.active, found.as_of) == (4, 3, AS_OF)
    assert found.value.value == 1_000_000
    half = (20_000**2 + 40_000**2 + 60_000**2 + 80_000**2) ** 0.5
    assert float(found.value.high or 0) == pytest.approx(1_000_000 + half, abs=0.01)
    assert found.change == pytest.approx(1 / 3)
    assert (found.margin_12m, found.cost) == (1600, 850)
    assert found.cut == 325_000
    assert (found.at_risk, found.value_at_risk) == (1, Decimal(200_000))


def test_a_region_has_its_own_figures_and_nothing_computed_is_none(actor: Actor) -> None:
    assert portfolio(actor) is None
    four(actor)
    found: Any = portfolio(actor, "上海")
    assert found is not None and (found.customers, found.value.value) == (1, 300_000)
    assert portfolio(actor, "Nowhere") is None


@pytest.mark.parametrize(
    ("key", "names"),
    [("at-risk", ["Four"]), ("overlooked", ["Four"]), ("over-served", ["One"]), ("loss-makers", ["One"])],
)
def test_each_list_holds_whom_its_words_say(actor: Actor, key: str, names: list[str]) -> None:
    four(actor)
    found: Any = portfolio(actor)
    assert found is not None
    assert [one.name for one in listed(actor, LISTS[key], found)] == names


def test_the_whale_curve_is_that_of_the_profits(actor: Actor) -> None:
    four(actor)
    found = whale(actor)
    assert found is not None
    assert found.total == 750
    assert found.peak == pytest.approx(950 / 750)
    assert (found.turn_at, found.drain) == (0.75, 200)


@pytest.mark.parametrize(
    ("profits", "said", "chinese"),
    [
        ([900, 50, -200, 0], "The best 50 % of customers earn 127 % of the profit; the last 25 % cost ¥200.", "最后 25 % 的客户亏损"),
        ([10_000, *[500] * 198, -100], "The best 20 % of customers earn 27 % of the profit; a few, fewer than 1 %, cost more than they earn: ¥100 together.", "不到 1%"),
        ([10_000, *[500] * 78, -100], "The best 20 % of customers earn 36 % of the profit; the last 1 % cost ¥100.", "最后 1 % 的客户"),
        ([30, 20, 10, 10, 10], "The best 20 % of customers earn 38 % of the profit; every customer earns more than serving it costs.", "每个客户带来的都多于"),
    ],
)  # fmt: skip
def test_the_sentence_of_the_whale_curve_fits_the_case(profits: list[int], said: str, chinese: str) -> None:
    curve = whale_curve([float(one) for one in profits])
    with translation.override("en"):
        assert whale_words(curve, "CNY").replace("\u202f", " ").replace("\u2009", " ") == said
    with translation.override("zh-hans"):
        assert chinese.replace(" ", "") in whale_words(curve, "CNY").replace("\u202f", "").replace(
            "\u2009", ""
        ).replace(" ", "")


def test_sums_and_dots_are_those_of_the_accounts_in_sight(
    actor: Actor, rep_actor: Actor, outsider_actor: Actor
) -> None:
    worth(rep_actor, "Mine", 10_000)
    worth(outsider_actor, "Theirs", 90_000)
    found: Any = portfolio(rep_actor)
    assert found is not None and (found.customers, found.value.value) == (1, 10_000)
    assert [dot.name for dot in value_map(rep_actor)] == ["Mine"]
    assert len(value_map(actor)) == 2


def test_a_year_of_the_bucket_adds_up_and_keeps_the_pace_of_its_months(actor: Actor) -> None:
    months = [
        CustomerMonth(gained=3, regained=1, lost=2, active=102, value_lost=5),
        CustomerMonth(gained=0, regained=0, lost=51, active=51, value_lost=7),
    ]
    found: Any = year_of(months)
    assert found is not None
    assert (found.start, found.gained, found.regained, found.lost, found.end, found.value_lost) == (
        100,
        3,
        1,
        53,
        51,
        12,
    )
    assert found.retention == pytest.approx((0.98 * 0.5) ** 6)
    assert year_of([]) is None
    alone = year_of([CustomerMonth(gained=1, active=1)])
    assert alone is not None and alone.retention is None


def test_the_page_shows_estimates_as_such_and_opens_lists(actor: Actor, client: Client) -> None:
    empty = client.get("/value/")
    assert empty.status_code == 200 and "No value computed yet" in empty.text
    four(actor)
    for month in range(1, 13):
        CustomerMonth.objects.create(
            month=f"2026-{month:02}-01", gained=2, lost=1, active=100 + month, limit_days=120, as_of=AS_OF
        )
    page = client.get("/value/")
    assert page.status_code == 200
    assert '<p class="tile-value estimate"><span class="nowrap" title="¥1,000,000">¥1M</span></p>' in page.text
    assert "The best 75 % of customers earn 127 % of the profit; the last 25 % cost ¥200." in page.text.replace(
        "\u202f", " "
    )
    assert client.get("/value/lists/at-risk/").text.count("/accounts/") >= 1
    assert client.get("/value/lists/nothing/").status_code == 404


def size(actor: Actor, name: str) -> int:
    model: Any = registry.get("segment").model
    segment = model.objects.get(name=name)
    return count_records(actor, ListQuery(object="account", criteria=members_criteria(segment.id)))[0]


def test_a_list_and_a_frame_become_segments(actor: Actor, client: Client) -> None:
    four(actor)
    client.post("/value/lists/at-risk/", {"name": "Call them"})
    assert size(actor, "Call them") == 1
    address = "/value/frame?x0=0&x1=40&y0=150000&y1=350000"
    assert "2 customers" in client.get(address).text
    assert client.post(address, {"name": ""}).status_code == 422
    model: Any = registry.get("segment").model
    assert model.objects.count() == 1
    client.post(address, {"name": "Framed"})
    assert size(actor, "Framed") == 2
    assert [one.name for one in framed(actor, (0, 40), (150_000, 350_000))] == ["Three", "Two"]


@pytest.mark.parametrize("query", ["", "x0=1&x1=2&y0=nan&y1=3", "x0=a&x1=2&y0=1&y1=3"])
def test_a_frame_that_is_none_is_not_found(client: Client, query: str) -> None:
    assert client.get(f"/value/frame?{query}").status_code == 404


def test_a_frame_beyond_all_numbers_is_only_large(actor: Actor, client: Client) -> None:
    four(actor)
    assert "4 customers" in client.get("/value/frame?x0=-1e300&x1=1e300&y0=-1e300&y1=1e300").text


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"grants": {"account": {"*": "all"}}}, NotAllowed),
        ({"grants": {"analytics": {"*": "all"}}}, NotAllowed),
        ({"field_access": {"account": {"grade": "hidden"}}}, NotFound),
        ({"field_access": {"account": {"grade": "masked"}}}, NotFound),
        ({"rooms_off": frozenset({"analytics"})}, NotFound),
    ],
)
def test_without_the_right_or_the_grade_there_is_no_page(
    rep_actor: Actor, changed: dict[str, Any], refusal: type[Exception]
) -> None:
    assert sees_values(rep_actor)
    other = replace(rep_actor, **changed)
    assert not sees_values(other)
    with pytest.raises(refusal):
        require_view(other)
