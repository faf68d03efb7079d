"""A small folder with the dirt of a real one: exact figures, nothing dropped in silence, a second run changes nothing."""

import json
import os
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count, Sum

from guanxi.catalogue.models import Product
from guanxi.core.models import Change
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import Account
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Team, Tenant
from guanxi.project.failure import Failure
from guanxi.project.work.profiles import import_folder
from guanxi.records.changes import update_record
from guanxi.sales.models import Opportunity, OpportunityLine, StageHistory

SMALL = Path(__file__).parent / "small"
PROFILE = Path("crm_sales_opportunities")
REAL = Path(os.environ.get("GUANXI_SALES_DATA", "-"))


def load(folder: Path) -> tuple[dict[str, Any], list[str]]:
    """Import a folder: the figures, and the lines above them."""
    *lines, last = import_folder(tenant="polaris", profile=PROFILE, folder=folder)
    figures = json.loads(last)
    assert figures.pop("seconds") >= 0
    figures.pop("records", None)
    assert figures["read"] == figures["created"] + figures["updated"] + figures["skipped"] + figures["refused"]
    return figures, lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small folder, to be changed."""
    return Path(shutil.copytree(SMALL, tmp_path / "files"))


def test_figures_and_warnings(actor: Actor, folder: Path) -> None:
    figures, lines = load(folder)
    assert figures == {"read": 20, "created": 17, "updated": 0, "skipped": 0, "refused": 3, "warnings": 12}
    assert lines == [
        "repaired: accounts.csv: office_location “Philipines” → “Philippines” in 1 rows",
        "repaired: accounts.csv: sector “technolgy” → “technology” in 1 rows",
        "repaired: sales_pipeline.csv: product “GTXPro” → “GTX Pro” in 2 rows",
        "warning: accounts.csv:4: parent: There is no account “Nobody & Co”. It is left empty.",
        "warning: accounts.csv:5: country: “Atlantis” is not known to the profile. It is left empty.",
        "warning: accounts.csv:5: founded: A number is expected. It is left empty.",
        "warning: accounts.csv:6: refused: account “Acme Corporation” stands in line 3 already",
        "warning: products.csv:4: list_price: The value must be at least 0. It is left empty.",
        "warning: sales_pipeline.csv:7: close_date: “31-02-17” is no date of the form %d-%m-%y. It is left empty.",
        "warning: sales_pipeline.csv:7: closed_at: “31-02-17” is no date of the form %d-%m-%y. It is left empty.",
        "warning: sales_pipeline.csv:7: owner: There is no user “Nobody”. It is left empty.",
        "warning: sales_pipeline.csv:7: stage_since: “31-02-17” is no date of the form %d-%m-%y. It is left empty.",
        "warning: sales_pipeline.csv:8: refused: stage: “Dreaming” is no stage of the profile's pipeline.",
        "warning: sales_pipeline.csv:9: refused: 3 cells under 10 columns",
        "warning: sales_pipeline.csv:10: amount: The value must be at least 0. It is left empty.",
    ]


def test_people_in_teams(actor: Actor, folder: Path) -> None:
    load(folder)
    people = Membership.objects.exclude(id=actor.member_id).order_by("name")
    assert list(people.values_list("name", "role__key", "team__name", "team__parent__name", "user__email")) == [
        ("Darcel Schlecht", "sales", "Team Melvin Marxen", "Central", "darcel.schlecht@crm-sales.example"),
        ("Dustin Brinkmann", "manager", "Team Dustin Brinkmann", "Central", "dustin.brinkmann@crm-sales.example"),
        ("Mei-Mei Johns", "sales", "Team Melvin Marxen", "Central", "mei.mei.johns@crm-sales.example"),
        ("Melvin Marxen", "manager", "Team Melvin Marxen", "Central", "melvin.marxen@crm-sales.example"),
        ("Moses Frase", "sales", "Team Dustin Brinkmann", "Central", "moses.frase@crm-sales.example"),
    ]
    assert Team.objects.get(name="Central").parent == Team.objects.get(parent=None)


def test_accounts_and_products(actor: Actor, folder: Path) -> None:
    load(folder)
    rows = Account.objects.order_by("name").values_list("name", "industry", "founded", "country", "parent__name")
    assert list(rows) == [
        ("Acme Corporation", "technology", 1996, "US", None),
        ("Betatech", "medical", 1986, "KE", "Acme Corporation"),
        ("Bioholding", "medical", 2012, "PH", None),
        ("dambase", "marketing", None, "", None),
    ]
    acme = Account.objects.get(name="Acme Corporation")
    assert (acme.annual_revenue, acme.currency, acme.employees) == (Decimal("1100040000"), "CNY", 2822)
    products = Product.objects.order_by("name").values_list("name", "family__name", "list_price")
    assert list(products) == [
        ("GTX Basic", "GTX", Decimal(550)),
        ("GTX Pro", "GTX", Decimal(4821)),
        ("MG Special", "MG", None),
    ]


def test_opportunities(actor: Actor, folder: Path) -> None:
    load(folder)
    rows = Opportunity.objects.order_by("id").values_list(
        "name", "category", "account__name", "owner__name", "team__name", "amount", "close_date", "pipeline__name"
    )
    marxen, way = "Team Melvin Marxen", "Hardware sales"
    assert list(rows) == [
        ("Betatech: GTX Basic", "won", "Betatech", "Moses Frase", "Team Dustin Brinkmann", Decimal(1054), date(2017, 3, 1), way),
        ("Acme Corporation: GTX Pro", "won", "Acme Corporation", "Darcel Schlecht", marxen, Decimal(4514), date(2017, 3, 11), way),
        ("GTX Basic O3", "open", None, "Darcel Schlecht", marxen, None, None, way),
        ("GTX Pro O4", "open", None, "Mei-Mei Johns", marxen, None, None, way),
        ("dambase: GTX Basic", "lost", "dambase", "Mei-Mei Johns", marxen, Decimal(0), date(2017, 2, 24), way),
        ("Betatech: GTX Basic", "won", "Betatech", None, None, Decimal(100), None, way),
        ("Betatech: GTX Basic", "won", "Betatech", "Moses Frase", "Team Dustin Brinkmann", None, date(2017, 2, 24), way),
    ]  # fmt: skip
    lines = OpportunityLine.objects.order_by("opportunity_id").values_list(
        "product__name", "list_price", "discount_percent", "amount"
    )
    assert list(lines)[:3] == [
        ("GTX Basic", Decimal(1054), Decimal(0), Decimal(1054)),
        ("GTX Pro", Decimal(4821), Decimal("6.368"), Decimal(4514)),
        ("GTX Basic", Decimal(550), Decimal(0), Decimal(550)),
    ]


def test_stage_history_begins_where_the_file_says(actor: Actor, folder: Path) -> None:
    load(folder)
    history = StageHistory.objects.filter(opportunity__name="Acme Corporation: GTX Pro").order_by("at")
    assert [
        (line.from_stage and line.from_stage.name, line.to_stage.name, line.at.isoformat(), line.seconds)
        for line in history
    ] == [
        (None, "Engaging", "2016-10-25T04:00:00+00:00", None),
        ("Engaging", "Won", "2017-03-11T04:00:00+00:00", 137 * 86400),
    ]


def test_second_run_changes_nothing(actor: Actor, folder: Path) -> None:
    load(folder)
    before = Change.objects.count(), Membership.objects.count(), Team.objects.count(), StageHistory.objects.count()
    figures, _lines = load(folder)
    assert figures == {"read": 20, "created": 0, "updated": 0, "skipped": 17, "refused": 3, "warnings": 12}
    after = Change.objects.count(), Membership.objects.count(), Team.objects.count(), StageHistory.objects.count()
    assert after == before


def test_only_what_changed_in_the_file_changes(actor: Actor, folder: Path) -> None:
    load(folder)
    acme = Account.objects.get(name="Acme Corporation")
    update_record(actor, "account", acme.id, {"industry": "aerospace"})
    deals = folder / "sales_pipeline.csv"
    text = deals.read_text().replace("Engaging,25-10-16,,,Q4 2016,", "Won,25-10-16,05-03-17,500,Q4 2016,Q1 2017")
    deals.write_text(text)
    figures, _lines = load(folder)
    assert (figures["created"], figures["updated"], figures["skipped"]) == (0, 1, 16)
    won = Opportunity.objects.get(name="GTX Basic O3")
    assert (won.category, won.amount, won.probability, won.forecast_category) == ("won", Decimal(500), 100, "closed")
    assert won.close_date == date(2017, 3, 5)
    stages = StageHistory.objects.filter(opportunity=won).order_by("at").values_list("to_stage__name", flat=True)
    assert list(stages) == ["Engaging", "Won"]
    acme.refresh_from_db()
    assert (acme.industry, acme.version) == ("aerospace", 2)


def test_a_missing_column_is_told_before_anything_is_written(actor: Actor, folder: Path) -> None:
    (folder / "sales_pipeline.csv").write_text("opportunity_id,product\nO1,GTX Basic\n")
    with pytest.raises(Failure, match="has no column account, close_date"):
        load(folder)
    assert Account.objects.count() == 0
    assert Membership.objects.count() == 1


def test_an_unknown_profile_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="Profiles that come with Guanxi: cdnow, crm_sales_opportunities, online_retail"):
        import_folder(tenant="polaris", profile=tmp_path / "nothing.toml", folder=tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason="GUANXI_SALES_DATA does not name the folder of the real files")
def test_the_real_files(tenant: Tenant) -> None:
    figures, _lines = load(REAL)
    assert figures == {"read": 8927, "created": 8927, "updated": 0, "skipped": 0, "refused": 0, "warnings": 0}
    with tenant_tx(tenant.id):
        assert (Account.objects.count(), Product.objects.count(), Opportunity.objects.count()) == (85, 7, 8800)
        assert Membership.objects.filter(role__key="sales").count() == 35
        assert Account.objects.exclude(parent=None).count() == 15
        sums = Opportunity.objects.values_list("category").annotate(Count("id"), Sum("amount")).order_by("category")
        assert list(sums) == [("lost", 2473, 0), ("open", 2089, None), ("won", 4238, Decimal(10005534))]
        assert Opportunity.objects.filter(account=None).count() == 1425
        assert Opportunity.objects.filter(close_date=None, amount=None).count() == 2089
    again, _lines = load(REAL)
    assert again == {"read": 8927, "created": 0, "updated": 0, "skipped": 8927, "refused": 0, "warnings": 0}
