"""Reports on paper and as files: what the document says, with its chart, in both languages; kept figures; lists of records."""

from io import BytesIO
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils.translation import override
from openpyxl import load_workbook
from pypdf import PdfReader

from guanxi.core.errors import NotAllowed, NotFound
from guanxi.core.models import AccessEntry
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership, Role, User
from guanxi.records.changes import create_record
from guanxi.records.reports.definition import read_definition
from guanxi.records.reports.exporting import export_report, report_book, sheet_name
from guanxi.records.reports.printing.drawing import chart_svg, clipped, text_width
from guanxi.records.reports.printing.scales import scale_of, written
from guanxi.records.reports.runs import read_report, start_run

BY_REGION: dict[str, Any] = {
    "object": "account",
    "measures": [{"key": "count", "kind": "count"}, {"key": "staff", "kind": "sum", "field": "employees"}],
    "groups": [{"field": "region"}],
    "sort": "-count",
}
LIST: dict[str, Any] = {"object": "account", "columns": ["name", "region", "employees"], "sort": "name"}


@pytest.fixture
def accounts(actor: Actor) -> Actor:
    for name, region, employees in (("甲", "华东", 10), ("乙", "华东", 32), ("C", "", None)):
        create_record(actor, "account", {"name": name, "region": region, "employees": employees})
    return actor


def words(pdf: bytes) -> str:
    return " ".join("\n".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def table(content: bytes) -> list[tuple[Any, ...]]:
    return [tuple(cell.value for cell in row) for row in load_workbook(BytesIO(content)).active]  # type: ignore[union-attr]


def test_the_document_holds_figures_chart_and_table_in_both_languages(accounts: Actor) -> None:
    file = export_report(accounts, read_definition(BY_REGION), "按地区的客户", "pdf", about="各地区")
    assert (file.name[:6], file.name[-4:], file.content_type) == ("按地区的客户", ".pdf", "application/pdf")
    text = words(file.content)
    for part in ("Polaris", "按地区的客户", "各地区", "华东", "Not given", "3 Accounts", "read at", "42", "1 / 1"):
        assert part in text, part
    # The chart is drawn, and its names are text with their glyphs: twice in the table and the chart.
    assert text.count("华东") >= 2
    with override("zh-hans"):
        chinese = words(export_report(accounts, read_definition(BY_REGION), "按地区的客户", "pdf").content)
    for part in ("未填写", "合计", "读取于"):
        assert part in chinese, chinese
    assert AccessEntry.objects.filter(action="export", detail__format="pdf").count() == 2


def test_a_list_of_records_and_kept_figures_as_files(accounts: Actor, client: Client) -> None:
    book = table(export_report(accounts, read_definition(LIST), "List", "xlsx").content)
    assert book == [
        ("Name", "Province or state", "Employees"),
        ("C", None, None),
        ("乙", "华东", 32),
        ("甲", "华东", 10),
    ]
    assert "乙 华东 32" in words(export_report(accounts, read_definition(LIST), "List", "pdf").content)
    run = start_run(accounts, read_definition(BY_REGION), name="按地区")
    read_report.function(run.tenant_id, run.id)
    create_record(accounts, "account", {"name": "Later", "region": "华东"})
    client.force_login(User.objects.get(id=accounts.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend")  # fmt: skip
    answer = client.get(f"/report-runs/{run.id}/export?format=xlsx")
    assert table(answer.content)[1:] == [("华东", 2, 42), ("Not given", 1, 0), ("Total", 3, 42)]
    assert "filename*=utf-8''" in answer.headers["Content-Disposition"]
    assert client.get(f"/report-runs/{run.id}/export?format=doc").status_code == 404


def test_no_file_without_the_right_to_export(accounts: Actor, rep_actor: Actor) -> None:
    role = Role.objects.get(id=Membership.objects.get(id=rep_actor.member_id).role_id)
    assert role is not None
    narrowed = Actor(**{**vars(rep_actor), "grants": {"account": {"view": "all"}}})
    with pytest.raises(NotAllowed):
        export_report(narrowed, read_definition(BY_REGION), "x", "pdf")
    with pytest.raises(NotFound):
        export_report(accounts, read_definition(BY_REGION), "x", "docx")
    assert not AccessEntry.objects.filter(action="export").exists()


def test_a_workbook_of_several_reports(accounts: Actor) -> None:
    assert load_workbook(BytesIO(report_book([("gone", None)]))).sheetnames == ["Sheet"]
    taken: set[str] = set()
    names = [sheet_name(name, taken) for name in ("a/b [c]", "A/B [C]", "x" * 40, "x" * 40, "")]
    assert names == ["a b  c", "A B  C 2", "x" * 31, "x" * 29 + " 2", "1"]


KINDS = ("bar", "row", "line", "area", "stacked", "pie", "funnel", "heat", "gauge", "scatter")
FIGURES: dict[str, list[Any]] = {
    "one": [5], "none": [None, None], "zero": [0, 0], "negative": [-5, 3, -2.5], "gap": [1, None, 3], "many": list(range(200)),
    "large": [1e12, 2.5e12], "small": [0.001, 0.002],
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", FIGURES)
def test_every_chart_is_drawn_of_any_figures(kind: str, shape: str) -> None:
    values = FIGURES[shape]
    points = [[value or 0, (value or 0) * 2] for value in values] if kind == "scatter" else values
    data = {
        "kind": kind, "unit": "money", "currency": "CNY", "categories": [f"类别 <{at}> & Co" for at in range(len(values))],
        "series": [{"name": "A", "values": points}, {"name": "B", "values": points, "tone": "grey"}],
        "targets": [{"name": "Plan", "value": 4.0}],
    }  # fmt: skip
    svg = chart_svg(data)
    tree = ElementTree.fromstring(svg)
    width, height = (float(part) for part in tree.attrib["viewBox"].split()[2:])
    assert "nan" not in svg
    assert "inf" not in svg
    for box in tree.iter("{http://www.w3.org/2000/svg}rect"):
        x, y, wide, high = (float(box.attrib[name]) for name in ("x", "y", "width", "height"))
        assert min(wide, high) >= 0
        assert x >= -1
        assert x + wide <= width + 1
        assert y >= -1
        assert y + high <= height + 1


def test_an_axis_has_round_values_and_zero() -> None:
    assert scale_of([3, 17]).ticks == (0, 5, 10, 15, 20)
    assert scale_of([0, 2]).ticks == (0, 1, 2)
    assert scale_of([-3, 12]).ticks == (-5, 0, 5, 10, 15)
    assert scale_of([]).ticks == (0,)
    assert (written(1580000, "money", "CNY"), written(61.25, "percent", ""), written(12.0, "number", "")) == ("¥1.58M", "61.3 %", "12")  # fmt: skip
    with override("zh-hans"):
        assert written(1580000, "money", "CNY") == "¥158万"
        assert written(25000, "number", "") == "2.5万"
    assert clipped("华东精密机械", 30) == "华东…"
    assert text_width("华") == 10
