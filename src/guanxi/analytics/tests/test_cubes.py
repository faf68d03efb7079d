"""The cubes of the delivered KPIs over facts that are small enough to count by hand."""

from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest

from guanxi.analytics.kpis.cubes import Rows, cubes

AS_OF = date(2026, 3, 20)
Cells = dict[tuple[str, str, str, date, str], float | None]


def facts() -> dict[str, ibis.Table]:
    accounts = [("a", None, "East"), ("b", None, "North"), ("b", date(2025, 1, 1), "South"), ("c", None, None)]
    sold = [
        # account, order, family, day, revenue, cost known?, margin, discount, owner
        ("a", "1", "lathes", date(2026, 3, 2), 100.0, 40.0, 10.0, "kim"),
        ("a", "1", "mills", date(2026, 3, 2), 50.0, None, 0.0, "kim"),
        ("b", "2", "lathes", date(2026, 3, 9), 250.0, 50.0, 90.0, "lee"),
        ("a", "3", "lathes", date(2026, 2, 28), 80.0, 20.0, 0.0, "kim"),
        ("c", "4", "lathes", date(2024, 12, 10), 30.0, 10.0, 0.0, "kim"),
        ("a", "5", "lathes", date(2025, 3, 10), 30.0, 10.0, 0.0, "kim"),
        ("a", "6", "lathes", date(2026, 3, 21), 9999.0, 10.0, 0.0, "kim"),
    ]
    moves = [
        ("a", "o1", "open", datetime(2026, 1, 5, tzinfo=UTC), 500.0),
        ("a", "o1", "won", datetime(2026, 3, 6, tzinfo=UTC), 480.0),
        ("b", "o2", "open", datetime(2026, 2, 1, tzinfo=UTC), 300.0),
        ("b", "o2", "lost", datetime(2026, 3, 1, tzinfo=UTC), 300.0),
        ("b", "o3", "open", datetime(2026, 2, 20, tzinfo=UTC), 700.0),
    ]
    touches = [
        ("a", "phone", date(2026, 3, 3), 20.0),
        ("a", "phone", date(2026, 3, 4), None),
        ("b", "mail", date(2026, 3, 4), 10.0),
    ]
    answers = [("a", "csat", 5.0), ("a", "csat", 3.0), ("b", "nps", 10.0), ("b", "nps", 9.0), ("a", "nps", 3.0)]
    owner = {"owner": "kim", "team": "east"}
    rows = {
        "accounts": [{"account": a, "to": to, "region": region} for a, to, region in accounts],
        "transactions": [
            {"account": a, "order": o, "family": f, "day": d, "revenue": r, "margin": m, "discount": off, "owner": who, "team": "east"}
            for a, o, f, d, r, m, off, who in sold
        ],
        "pipeline": [
            {"account": a, "opportunity": o, "category": c, "at": at.replace(tzinfo=None), "day": at.date(), "amount": amount, **owner}
            for a, o, c, at, amount in moves
        ],
        "interactions": [{"account": a, "channel": c, "day": d, "cost": cost, **owner} for a, c, d, cost in touches],
        "offers": [
            {"account": "a", "channel": "mail", "at": datetime(2026, 3, 5, tzinfo=UTC).replace(tzinfo=None), "response": "accepted"},
            {"account": "b", "channel": "mail", "at": datetime(2026, 3, 5, tzinfo=UTC).replace(tzinfo=None), "response": "none"},
        ],
        "answers": [{"account": a, "kind": k, "score": s, "day": date(2026, 3, 1)} for a, k, s in answers],
    }  # fmt: skip
    return {name: ibis.memtable(pa.Table.from_pylist(table)) for name, table in rows.items()}


def cells(parts: list[Rows]) -> Cells:
    found: Cells = {}
    for part in parts:
        for place, since in enumerate(part.since):
            bottom = None if part.bottom is None else part.bottom[place]
            key = (part.kpi, part.dimension, part.grain, since, part.member[place])
            assert key not in found
            found[key] = part.top[place] if bottom is None else part.top[place] / bottom if bottom else None
    return found


def test_every_figure_is_the_one_counted_by_hand() -> None:
    found = cells(list(cubes(facts(), AS_OF)))
    march = date(2026, 3, 1)

    def whole(kpi: str, since: date = march, grain: str = "month") -> float | None:
        return found.get((kpi, "all", grain, since, ""))

    assert (whole("revenue"), whole("revenue", date(2026, 2, 1))) == (400, 80)
    assert (whole("margin"), whole("orders"), whole("average_order")) == (90, 2, 200)
    assert whole("margin_rate") == pytest.approx(
        90 / 350 * 100
    )  # the line without a known cost is left out below as well
    assert whole("discount") == 100 / 500 * 100
    assert (whole("active_customers"), whole("new_customers")) == (2, 1)
    assert whole("lost_customers", date(2025, 12, 1)) == 1  # c, a year after 10 December 2024
    assert whole("lost_customers") is None  # a let 355 days pass, not a year
    assert whole("retention") == 50  # c and a bought in the year before last, a alone came back
    assert (whole("won"), whole("won_count"), whole("win_rate"), whole("sales_cycle")) == (480, 1, 50, 60)
    assert (whole("open_pipeline"), whole("open_pipeline", date(2026, 2, 1))) == (700, 1500)
    assert whole("coverage") == 700 / 480
    assert (whole("contacts"), whole("contacts_per_customer"), whole("cost_per_contact")) == (3, 1.5, 15)
    assert whole("response_rate") == 50
    assert whole("csat") == 50
    assert whole("nps") == pytest.approx((2 - 1) / 3 * 100)


def test_breakdowns_add_up_and_know_what_has_no_member() -> None:
    found = cells(list(cubes(facts(), AS_OF)))
    march, quarter = date(2026, 3, 1), date(2026, 1, 1)
    assert {key[4]: value for key, value in found.items() if key[:4] == ("revenue", "region", "month", march)} == {"East": 150, "North": 250}  # fmt: skip
    assert {key[4]: value for key, value in found.items() if key[:4] == ("revenue", "family", "month", march)} == {"lathes": 350, "mills": 50}  # fmt: skip
    assert {key[4]: value for key, value in found.items() if key[:4] == ("contacts", "channel", "month", march)} == {"phone": 2, "mail": 1}  # fmt: skip
    assert found["revenue", "all", "quarter", quarter, ""] == 480
    assert found["active_customers", "all", "quarter", quarter, ""] == 2  # a customer counts once
    assert found["retention", "all", "quarter", quarter, ""] == found["retention", "all", "month", march, ""]
    assert found["revenue", "all", "day", date(2026, 3, 9), ""] == 250
    assert found["revenue", "all", "week", date(2026, 3, 2), ""] == 150
    assert ("revenue", "region", "month", date(2024, 12, 1), "") in found  # c is of no region


def test_what_a_company_has_none_of_gives_no_figures() -> None:
    only = {name: table for name, table in facts().items() if name == "accounts"}
    assert list(cubes(only, AS_OF)) == []
