"""The catalogue of KPIs: who sees which figure, what the company decides, KPIs of its own, pages and API."""

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client

from guanxi.analytics.kpis import reading
from guanxi.analytics.kpis.cubes import Rows
from guanxi.analytics.kpis.filling import fill_own, keep_rows
from guanxi.analytics.kpis.formulas import uses, value_of
from guanxi.analytics.kpis.saving import delete_kpi, save_kpi
from guanxi.analytics.models import Figure, Kpi
from guanxi.core.errors import Invalid, NotAllowed, NotFound, Stale
from guanxi.identity.actor import Actor
from guanxi.identity.models import User

MARCH, BEFORE, AS_OF = date(2026, 3, 1), date(2025, 3, 1), date(2026, 3, 28)
OPEN = {"analytics": {"view": "own"}, "order": {"view": "own"}, "account": {"view": "all"}}


def browser_of(actor: Actor, language: str = "en") -> Client:
    """A signed-in browser."""
    assert actor.user_id is not None
    user = User.objects.get(id=actor.user_id)
    User.objects.filter(id=user.id).update(language=language)
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def fill(actor: Actor, *, owner: str = "") -> None:
    """Revenue, margin and a retention rate of two months of two years, by region and person."""
    keep_rows(
        actor.tenant_id,
        [
            Rows("revenue", "all", "month", [MARCH, BEFORE], ["", ""], [400.0, 200.0], None),
            Rows("margin", "all", "month", [MARCH, BEFORE], ["", ""], [100.0, 80.0], None),
            Rows(
                "revenue", "region", "month", [MARCH, MARCH, BEFORE], ["East", "", "East"], [300.0, 100.0, 200.0], None
            ),
            Rows(
                "revenue", "owner", "month", [MARCH, MARCH], [owner or str(actor.member_id), ""], [250.0, 150.0], None
            ),
            Rows("retention", "all", "month", [MARCH], [""], [5000.0], [80.0]),
        ],
        AS_OF,
    )


def test_formulas_name_kpis_and_nothing_else() -> None:
    known = {"revenue": 1, "margin": 1}
    assert uses("(margin - 5) / revenue * 100 + margin", known) == ["margin", "revenue"]
    assert value_of("(margin - 50) / revenue * 100", {"margin": 150.0, "revenue": 400.0}) == 25
    assert value_of("-margin / revenue", {"margin": 1.0, "revenue": 0.0}) is None
    assert value_of("margin + revenue", {"margin": 1.0}) is None
    for text in (
        "",
        "1 + 2",
        "margin & revenue",
        "profit",
        'margin + "a"',
        "if(margin, 1, 2)",
        "margin >",
        "not margin",
    ):
        with pytest.raises(Invalid):
            uses(text, known)


def test_a_figure_is_written_again_not_twice(actor: Actor) -> None:
    fill(actor)
    fill(actor)
    assert Figure.objects.count() == 10
    one = Figure.objects.get(kpi="retention")
    assert one.value == 62.5
    points = reading.series(["revenue"], "month", "all", "", since=BEFORE)["revenue"]
    assert [(point.since, point.value) for point in points] == [(BEFORE, 200), (MARCH, 400)]


def test_a_branch_sees_its_own_figures_only(actor: Actor, rep_actor: Actor) -> None:
    fill(actor, owner=str(rep_actor.member_id))
    rep = replace(rep_actor, grants=OPEN, field_access={})
    kpi = reading.known_kpi(rep, "revenue")
    seen = reading.reach_of(rep, kpi)
    assert not seen.whole and seen.sees("owner", str(rep.member_id))
    assert not seen.sees("all", "") and not seen.sees("region", "East") and not seen.sees("owner", str(actor.member_id))
    assert [(label, value) for _key, label, value, _before in reading.breakdown(rep, kpi, "month", MARCH, "owner")] == [
        (rep.name, 250)
    ]
    assert reading.breakdown(rep, kpi, "month", MARCH, "region") == []
    whole = reading.breakdown(actor, reading.known_kpi(actor, "revenue"), "month", MARCH, "region")
    assert whole == [("East", "East", 300, 200), ("", "Not stated", 100, None)]


def test_a_hidden_field_hides_what_is_counted_from_it(actor: Actor) -> None:
    blind = replace(actor, is_admin=False, grants={"*": {"*": "all"}}, field_access={"order": {"margin": "hidden"}})
    assert "margin" in reading.known_kpis(actor) and "revenue" in reading.known_kpis(blind)
    assert not {"margin", "margin_rate"} & set(reading.known_kpis(blind))
    save_kpi(actor, "share", {"name_en": "Share", "formula": "margin / revenue", "unit": "percent"}, new=True)
    assert "share" in reading.known_kpis(actor) and "share" not in reading.known_kpis(blind)
    with pytest.raises(NotFound):
        reading.known_kpi(blind, "margin")


def test_what_the_company_decides(actor: Actor, rep_actor: Actor) -> None:
    with pytest.raises(NotAllowed):
        save_kpi(rep_actor, "revenue", {"target": 500})
    assert not Kpi.objects.exists()
    row = save_kpi(actor, "revenue", {"owner": actor.member_id, "target": 500, "watch": 90, "late": 70})
    kpi = reading.known_kpi(actor, "revenue")
    assert (kpi.owner_name, kpi.light(460), kpi.light(400), kpi.light(300), kpi.light(None)) == (
        actor.name, "jade", "amber", "rose", "",
    )  # fmt: skip
    with pytest.raises(Stale):
        save_kpi(actor, "revenue", {"target": 600}, version=row.version + 1)
    for wrong in ({"target": "many"}, {"watch": 50, "late": 60}, {"owner": "x"}, {"watch": ""}):
        with pytest.raises(Invalid):
            save_kpi(actor, "revenue", wrong)
    assert Kpi.objects.get().target == 500
    less = reading.known_kpi(actor, "lost_customers")
    assert less.light(10, 20) == "jade" and less.light(40, 20) == "rose"


def test_kpis_of_the_companys_own_are_computed_from_others(actor: Actor) -> None:
    fill(actor)
    values = {"name_en": "Margin per cent", "formula": "margin / revenue * 100", "unit": "percent", "rising": True}
    save_kpi(actor, "margin_percent", values, new=True)
    fill_own(actor, AS_OF)
    found = {row.since: row.value for row in Figure.objects.filter(kpi="margin_percent")}
    assert found == {MARCH: 25, BEFORE: 40}
    for key, wrong in (
        ("revenue", values),
        ("Ä", values),
        ("other", {**values, "formula": "nothing"}),
        ("other", {**values, "formula": ""}),
    ):
        with pytest.raises(Invalid):
            save_kpi(actor, key, wrong, new=True)
    assert Kpi.objects.count() == 1
    delete_kpi(actor, "margin_percent")
    assert not Figure.objects.filter(kpi="margin_percent").exists() and not Kpi.objects.exists()
    with pytest.raises(NotFound):
        delete_kpi(actor, "revenue")


def test_a_report_can_be_a_kpi(actor: Actor) -> None:
    save_kpi(actor, "new_ones", {"name_en": "New", "report": "new-customers", "unit": "number"}, new=True)
    fill_own(actor, AS_OF)
    assert {(row.grain, row.since) for row in Figure.objects.filter(kpi="new_ones")} == {
        ("day", AS_OF),
        ("month", MARCH),
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages(actor: Actor, language: str) -> None:
    browser = browser_of(actor, language)
    assert browser.get("/value/kpis/").status_code == 200
    fill(actor)
    page = browser.get("/value/kpis/").content.decode()
    assert "¥400" in page and "62.5" in page
    for query in ("", "?by=owner", "?grain=year&by=nothing", "?grain=day", "?grain=x"):
        assert browser.get(f"/value/kpis/revenue/{query}").status_code == 200
    page = browser.get("/value/kpis/revenue/?by=region").content.decode()
    assert "East" in page and "/orders/?filter=" in page
    assert browser.get("/value/kpis/nothing/").status_code == 404
    answer = browser.post("/value/kpis/revenue/decide", {"target": "", "watch": "95", "late": "99", "is_active": "1"})
    assert answer.status_code == 422 and not Kpi.objects.exists()
    given = {
        "key": "double",
        "name_en": "Double",
        "formula": "revenue * 2",
        "unit": "money",
        "watch": "95",
        "late": "80",
        "is_active": "1",
    }
    assert browser.post("/value/kpis/new", given).status_code == 302
    assert browser.get("/value/kpis/double/").status_code == 200
    assert browser.post("/value/kpis/double/delete").status_code == 302 and not Kpi.objects.exists()


def test_over_the_api(actor: Actor) -> None:
    fill(actor)
    browser = browser_of(actor)
    rows = browser.get("/api/v1/kpis").json()["data"]
    assert {"revenue", "nps", "forecast_accuracy"} <= {row["id"] for row in rows}
    found = browser.get("/api/v1/kpi-figures?kpi=revenue&dimension=region&since=2026-01-01").json()["data"]
    assert [(row["label"], row["value"], row["since"]) for row in found] == [
        ("Not stated", 100, "2026-03-01"), ("East", 300, "2026-03-01"),
    ]  # fmt: skip
    for wrong in ("kpi=nothing", "kpi=revenue&grain=hour", "kpi=revenue&since=x", "kpi=revenue&limit=0"):
        assert browser.get(f"/api/v1/kpi-figures?{wrong}").status_code in (400, 404, 422), wrong
    made = browser.post(
        "/api/v1/kpis", {"key": "half", "name_en": "Half", "formula": "revenue / 2"}, content_type="application/json"
    )
    assert (made.status_code, made.json()["formula"]) == (201, "revenue / 2")
    changed = browser.patch("/api/v1/kpis/revenue", {"target": 12.5}, content_type="application/json")
    assert (changed.status_code, changed.json()["target"]) == (200, 12.5)
    assert browser.delete("/api/v1/kpis/half").status_code == 204
    assert browser.get("/api/v1/kpis/half").status_code == 404
