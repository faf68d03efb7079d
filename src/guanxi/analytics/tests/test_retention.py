"""The page of retention on figures that one can check by hand."""

import pytest

from guanxi.analytics.models import CohortCell, CustomerMonth
from guanxi.analytics.queries.portfolio import bucket_months, year_of
from guanxi.analytics.queries.retention import cohorts, worth_of_retention
from guanxi.analytics.tests.test_overview import four
from guanxi.analytics.tests.worth import AS_OF
from guanxi.identity.actor import Actor
from guanxi.records.tests.test_views import sign_in


def a_year() -> None:
    for month in range(1, 13):
        CustomerMonth.objects.create(
            month=f"2026-{month:02}-01", gained=1, lost=1, active=100, limit_days=120, as_of=AS_OF
        )
    for born, age, share in (("2026-01-01", 0, 1.0), ("2026-01-01", 1, 0.4), ("2026-04-01", 0, 1.0)):
        CohortCell.objects.create(born_on=born, age=age, size=5, share=share)


def test_a_point_more_is_worth_its_customers_margin(actor: Actor) -> None:
    four(actor)
    a_year()
    year = year_of(bucket_months())
    assert year is not None and year.retention == pytest.approx(0.99**12)
    found = worth_of_retention(actor, year, 0.1)
    assert found is not None
    assert (found.active, found.margin_each, found.usage) == (3, 400.0, 1000.0)
    assert [one.margin for one in found.effects] == pytest.approx([400.0, 2000.0])
    r = 0.99**12
    assert found.effects[1].value == pytest.approx((1.1 - r) / (1.1 - r - 0.05) - 1)
    assert found.identity == pytest.approx((12 + 100 * r) * 1000)
    assert found.came == 3000


def test_cohorts_are_a_triangle(actor: Actor) -> None:
    a_year()
    found = cohorts()
    assert (found.sizes, found.shares) == ([5, 5], [[1.0, 0.4], [1.0, None]])


@pytest.mark.parametrize("query", ["", "?cost=100", "?cost=-1", "?cost=x", "?cost=nan", "?cost=1e400", "?region=江苏"])
def test_the_page_stands_whatever_is_asked(actor: Actor, query: str) -> None:
    client = sign_in(actor)
    assert client.get(f"/value/retention{query}").status_code == 200
    four(actor)
    a_year()
    page = client.get(f"/value/retention{query}").text
    assert ("Replacing the lost of 12 months costs" in page) == (query == "?cost=100")
    assert ("¥1,200" in page) == (query == "?cost=100")
