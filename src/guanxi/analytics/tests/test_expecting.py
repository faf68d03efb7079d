"""What is expected of customers: it adds up to the forecast, and what came stands beside it."""

from datetime import date, timedelta

import numpy as np
import pytest

from guanxi.analytics.compute.expecting import _expected_from, arriving, waits
from guanxi.analytics.models import ExpectedEvent
from guanxi.analytics.tests.factories import order
from guanxi.analytics.tests.test_leaving import regulars
from guanxi.analytics.tests.test_running import DAY, computed
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor


def test_the_number_of_purchases_is_the_negative_binomial() -> None:
    mean, shape = np.full(1, 3.0), np.full(1, 2.5)
    random = np.random.default_rng(1)
    drawn = random.poisson(random.gamma(2.5, 3.0 / 2.5, 400_000))
    for number in (1.0, 2.0, 5.0):
        assert arriving(mean, shape, np.full(1, number))[0] == pytest.approx((drawn >= number).mean(), abs=0.004)
        assert _expected_from(mean, shape, np.full(1, number))[0] == pytest.approx(
            np.maximum(drawn - number + 1, 0).mean(), abs=0.02
        )
    assert sum(arriving(mean, shape, np.full(1, float(number)))[0] for number in range(1, 200)) == pytest.approx(3.0)
    low, day, high = (waits(mean, shape, np.ones(1), share)[0] for share in (0.1, 0.5, 0.9))
    assert 1 <= low < day < high <= 365


@pytest.mark.django_db
def test_expectations_add_up_and_what_came_is_laid_beside(actor: Actor) -> None:
    regulars(80)
    earlier = DAY - timedelta(days=120)
    computed(actor, earlier)
    for score in Score.objects.exclude(margin_next=None):
        lines = list(ExpectedEvent.objects.filter(account_id=score.account_id))
        bought = sum(float(one.revenue - one.cost) * one.probability for one in lines if one.kind == "purchase")
        assert bought == pytest.approx(float(score.margin_next), abs=2.0)
        assert sum(one.probability * one.times for one in lines if one.kind == "purchase") == pytest.approx(
            score.inputs["bought_12m"], abs=0.05
        )
        assert all(
            earlier < one.low_on <= one.expected_on <= one.high_on <= earlier + timedelta(days=366) for one in lines
        )
        assert len({(one.kind, one.place) for one in lines}) == len(lines) <= 6
    kinds = set(ExpectedEvent.objects.values_list("kind", flat=True))
    # No fact tells of complaints, service visits or referrals, nobody was contacted, and nobody is under contract.
    assert kinds <= {"purchase", "lapse"} and "purchase" in kinds
    awaited = ExpectedEvent.objects.filter(kind="purchase", place=1).order_by("-probability").first()
    assert awaited is not None
    order(Account.objects.get(id=awaited.account_id), (earlier + timedelta(days=1)).isoformat(), "777", "500")
    computed(actor, DAY)
    assert set(ExpectedEvent.objects.values_list("as_of", flat=True)) == {earlier, DAY}
    came = ExpectedEvent.objects.get(id=awaited.id)
    assert (came.outcome, came.happened_on) == ("happened", earlier + timedelta(days=1))
    assert came.actual is not None and came.actual >= 777
    old = ExpectedEvent.objects.filter(as_of=earlier)
    assert set(old.filter(kind="purchase", place=1, outcome="missed").values_list("happened_on", "actual")) <= {
        (None, None)
    }
    for one in old.filter(kind="lapse", expected_on__lte=DAY):
        assert one.outcome in ("happened", "missed")
    assert not ExpectedEvent.objects.filter(as_of=DAY).exclude(outcome="open").exists()
    # The same day again: nothing twice. A day later in the quarter: yesterday's lines go, those of the quarter's first day stay.
    before = ExpectedEvent.objects.count()
    computed(actor, DAY)
    assert ExpectedEvent.objects.count() == before
    computed(actor, date(2026, 7, 3))
    assert set(ExpectedEvent.objects.values_list("as_of", flat=True)) == {earlier, DAY, date(2026, 7, 3)}
