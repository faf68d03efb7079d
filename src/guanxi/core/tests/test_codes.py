from datetime import UTC, date, datetime
from threading import Barrier, Thread
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from guanxi.core.codes import check_pattern, next_code, period_of, render_code, reserve_codes, set_pattern
from guanxi.core.errors import Invalid
from guanxi.core.models import CodePattern
from guanxi.core.tenancy import tenant_tx

MONTHLY = "SO-{yyyy}{mm}-{seq:5}"


def test_numbers_follow_each_other_and_restart_with_the_month(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        codes = [
            next_code("order", MONTHLY, at=day) for day in (date(2026, 11, 1), date(2026, 11, 30), date(2026, 12, 1))
        ]
    assert codes == ["SO-202611-00001", "SO-202611-00002", "SO-202612-00001"]


def test_a_day_of_the_past_takes_its_number_from_the_running_period(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        days = (date(2026, 11, 30), date(2026, 12, 1), date(2026, 11, 30), date(2026, 12, 2))
        codes = [next_code("order", MONTHLY, at=day) for day in days]
    assert codes == ["SO-202611-00001", "SO-202612-00001", "SO-202612-00002", "SO-202612-00003"]


def test_each_object_and_tenant_counts_for_itself(tenant_id: UUID, other_tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        mine = [next_code("account", "AC-{seq:5}"), next_code("lead", "L{seq}"), next_code("account", "AC-{seq:5}")]
    with tenant_tx(other_tenant_id):
        theirs = next_code("account", "AC-{seq:5}")
    assert mine == ["AC-00001", "L1", "AC-00002"]
    assert theirs == "AC-00001"


def test_a_range_is_reserved_at_once(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        assert reserve_codes("account", "AC-{seq:3}", 3) == ["AC-001", "AC-002", "AC-003"]
        assert reserve_codes("account", "AC-{seq:3}", 0) == []
        assert next_code("account", "AC-{seq:3}") == "AC-004"


def test_a_moment_shows_the_day_of_the_active_time_zone(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id), timezone.override("Asia/Shanghai"):
        assert (
            next_code("order", "{yyyy}{mm}{dd}-{seq:2}", at=datetime(2026, 11, 30, 20, 0, tzinfo=UTC)) == "20261201-01"
        )


def test_two_connections_never_get_the_same_code(tenant_id: UUID) -> None:
    together, taken = Barrier(4), []

    def take() -> None:
        together.wait()
        for _ in range(25):
            with tenant_tx(tenant_id):
                taken.append(next_code("order", "O-{seq}"))
        connection.close()

    threads = [Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken, key=lambda code: int(code[2:])) == [f"O-{number}" for number in range(1, 101)]


def test_a_tenant_changes_its_pattern_and_repeats_no_code(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        assert next_code("quote", "Q-{seq:3}") == "Q-001"
        set_pattern("quote", "QT{seq:4}")
        assert next_code("quote", "Q-{seq:3}") == "QT0002"
        set_pattern("quote", "Q-{seq:3}")
        assert next_code("quote", "Q-{seq:3}") == "Q-003"
        set_pattern("quote", "Q-{seq:3}", next_number=500)
        assert next_code("quote", "Q-{seq:3}") == "Q-500"


def test_a_refused_pattern_changes_nothing(tenant_id: UUID) -> None:
    with tenant_tx(tenant_id):
        next_code("quote", "Q-{seq:3}")
        with pytest.raises(Invalid):
            set_pattern("quote", "Q-{month}-{seq}")
        with pytest.raises(Invalid):
            set_pattern("quote", "Q-{seq}", next_number=0)
        row = CodePattern.objects.get(object="quote")
    assert (row.pattern, row.next_number) == ("Q-{seq:3}", 2)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("Q-{yyyy}", "The pattern needs {seq} exactly once."),
        ("{seq}{seq}", "The pattern needs {seq} exactly once."),
        ("{mm}-{seq}", "A month needs its year, or codes would repeat."),
        ("{yyyy}{dd}-{seq}", "A day needs its month, or codes would repeat."),
        ("{week}-{seq}", "Unknown place: {week}"),
        ("Q}{seq}", "Unknown place: { }"),
        ("<b>{seq}", "Spaces, quotes, < > and & may not stand in a code."),
        ("X" * 40 + "{seq}", "The codes would be too long."),
    ],
)
def test_a_pattern_that_would_repeat_or_confuse_is_refused(pattern: str, problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_pattern(pattern)
    assert refused.value.errors == {"pattern": [problem]}


def test_periods_and_codes_of_patterns() -> None:
    day = date(2026, 3, 9)
    assert [period_of(pattern, day) for pattern in ("{seq}", "{yy}-{seq}", MONTHLY, "{yy}{mm}{dd}{seq}")] == [
        "",
        "2026",
        "202603",
        "20260309",
    ]
    assert render_code("订{yy}年{mm}月{dd}日{seq:3}", "20260309", 7) == "订26年03月09日007"
