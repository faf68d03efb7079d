"""What a run changed about a customer, as lines of its timeline: another stage with its reason, another grade where the value moved notably."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

from django.utils.translation import gettext_noop

from guanxi.activity.queries import lines_known
from guanxi.activity.services import log_interaction
from guanxi.analytics.models import LifecycleChange, ScoreHistory
from guanxi.analytics.queries.preferences import company_today
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor

OLD_DAYS = 7
MOST = 1_000
NOTABLE = 0.2
# By stage and reason, so that every reader has the sentence in their own language.
SENTENCES = {
    ("acquisition", "first"): gettext_noop("Stage of the customer is now Acquisition: has ordered only once"),
    ("growth", "young"): gettext_noop("Stage of the customer is now Growth: a customer for less than a year"),
    ("growth", "rising"): gettext_noop("Stage of the customer is now Growth: margin %(trend)s %% in a year"),
    ("maturity", "steady"): gettext_noop("Stage of the customer is now Maturity: orders as usual"),
    ("decline", "gap"): gettext_noop("Stage of the customer is now Decline: no order for %(gap)s days, usually every %(usual)s"),
    ("decline", "falling"): gettext_noop("Stage of the customer is now Decline: margin %(trend)s %% in a year"),
    ("decline", "alive"): gettext_noop("Stage of the customer is now Decline: still a customer with a probability of %(share)s %% only"),
    ("departure", "gone"): gettext_noop("Stage of the customer is now Departure: still a customer with a probability of %(share)s %% only"),
    ("departure", "silent"): gettext_noop("Stage of the customer is now Departure: no order for %(gap)s days, usually every %(usual)s"),
}  # fmt: skip
GRADE = gettext_noop("Value grade %(before)s → %(after)s: value %(change)s %% since %(day)s")


def tell_timelines(tenant_id: UUID, as_of: date) -> int:
    """Add the lines of the day; returns how many. A line has the key of what it tells: a repeated run adds none twice. Nothing for a run that looks back."""
    with tenant_tx(tenant_id):
        if as_of < company_today() - timedelta(days=OLD_DAYS):
            return 0
        lines = [*_stages(as_of), *_grades(tenant_id, as_of)]
        known = lines_known([line["id"] for line in lines])
        fresh = [line for line in lines if line["id"] not in known][:MOST]
        for line in fresh:
            log_interaction(
                Actor.system(tenant_id), channel="system", object="account", record_id=line["account_id"], **line
            )
        return len(fresh)


def _stages(as_of: date) -> Iterator[dict[str, Any]]:
    rows = LifecycleChange.objects.filter(changed_on=as_of, account__deleted_at=None).order_by("account_id")
    for row in rows[:MOST]:
        sentence = SENTENCES.get((row.after, row.reason))
        if sentence is not None:
            yield {"id": row.id, "account_id": row.account_id, "message": sentence, "args": _figures(row.figures)}


def _figures(given: dict[str, Any]) -> dict[str, str]:
    return {
        "gap": f"{round(given.get('gap') or 0)}", "usual": f"{round(given.get('usual') or 0)}",
        "share": f"{round(100 * (given.get('p_alive') or 0))}", "trend": f"{round(100 * (given.get('trend') or 0)):+d}".replace("-", "−"),
    }  # fmt: skip


def _grades(tenant_id: UUID, as_of: date) -> Iterator[dict[str, Any]]:
    """Grades beside those of the end of the last month, once a month and customer."""
    first = as_of.replace(day=1)
    day = ScoreHistory.objects.filter(as_of__lt=first).order_by("-as_of").values_list("as_of", flat=True).first()
    if day is None or day < first - timedelta(days=62):
        return
    before = ScoreHistory.objects.filter(as_of=day, value__gt=0).exclude(grade="")
    now = {row[0]: row[1:] for row in _moved(as_of, day)}
    alive = set(Account.objects.filter(id__in=list(now), deleted_at=None).values_list("id", flat=True))
    for account_id, grade, value in before.filter(account_id__in=alive).values_list("account_id", "grade", "value"):
        after, worth = now[account_id]
        change = float(worth / value) - 1
        if after != grade and abs(change) >= NOTABLE:
            words = {
                "before": grade,
                "after": after,
                "change": f"{round(100 * change):+d}".replace("-", "−"),
                "day": day.isoformat(),
            }
            yield {
                "id": uuid5(tenant_id, f"grade {account_id} {first}"),
                "account_id": account_id,
                "message": GRADE,
                "args": words,
            }


_MOVED = """
SELECT s.account_id AS id, s.account_id, s.grade, s.value FROM customers_score s
JOIN analytics_scorehistory h ON h.tenant_id = s.tenant_id AND h.account_id = s.account_id AND h.as_of = %s
WHERE s.as_of = %s AND s.grade <> '' AND h.grade <> '' AND s.grade <> h.grade AND h.value > 0
  AND abs(s.value::double precision / h.value - 1) >= %s LIMIT %s
"""


def _moved(as_of: date, before: date) -> list[tuple[Any, ...]]:
    """Account, grade and value of those whose grade and value moved."""
    rows = Score.objects.raw(_MOVED, [before, as_of, NOTABLE, MOST])
    return [(row.account_id, row.grade, row.value) for row in rows]
