"""Files before they become records: what they are recognised as, their rows, their columns; and the screens."""

import csv
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from guanxi.core.errors import Conflict, Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records import registry
from guanxi.records.changes import update_record
from guanxi.records.imports.cells import iso_day, plain_number
from guanxi.records.imports.forms import Form, recognise, with_habits
from guanxi.records.imports.reading import Bad, count_rows, open_source
from guanxi.records.imports.rules import Rule, guess_rules, take_part
from guanxi.records.imports.running import run_import
from guanxi.records.imports.safety import safe_cell
from guanxi.records.imports.services import (
    change_form,
    decide,
    get_import,
    pause_import,
    start_import,
    undo_import,
    unfinished,
    wait_for_worker,
)
from guanxi.records.models import Import, ImportChunk
from guanxi.records.operations import refusals_of
from guanxi.records.tasks import run_file_import
from guanxi.records.tests.importing import begun, figures, imported
from guanxi.records.values import Wrong

Account: Any = registry.get("account").model
CHINESE = "客户名称,城市,员工人数,标签\n华东精密机械有限公司,宁波,420,重点\n青岛海纳食品集团,青岛,88,\n"
CARD = """BEGIN:VCARD
VERSION:3.0
N:Lovelace;Ada;;;
FN:Ada Lovelace
ORG:Analytical Engines;Research
TITLE:Countess
TEL;TYPE=CELL:+44 20 7946 0958
TEL;TYPE=WORK:+44 20 7946 0001
EMAIL;TYPE=INTERNET:ada@engines.example
ADR;TYPE=WORK:;;12 St James\\, Square;London;;SW1Y;GB
NOTE:First line\\nsecond li
 ne
END:VCARD
BEGIN:VCARD
VERSION:2.1
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=E5=BC=A0=E4=B8=89
END:VCARD
"""


def table(content: bytes, name: str = "x.csv") -> tuple[Form, list[str], list[Any]]:
    file = BytesIO(content)
    form = recognise(name, file)
    source = open_source(file, form)
    return form, source.headers, list(source.rows)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "gbk"])
def test_chinese_text_survives_every_encoding(encoding: str) -> None:
    _form, headers, rows = table(CHINESE.encode(encoding))
    assert headers == ["客户名称", "城市", "员工人数", "标签"]
    assert rows[0] == ["华东精密机械有限公司", "宁波", "420", "重点"]


def test_western_letters_are_not_taken_for_chinese() -> None:
    text = "Name,Ort\nMüller,Köln\nGröße & Söhne,Düsseldorf\n"
    form, _headers, rows = table(text.encode("cp1252"))
    assert (form.encoding, rows[1]) == ("cp1252", ["Größe & Söhne", "Düsseldorf"])


def test_the_last_line_decides_too() -> None:
    text = "name,city\n" + "plain,ascii\n" * 40_000 + "华东,宁波\n"
    form, _headers, rows = table(text.encode("gb18030"))
    assert (form.encoding, rows[-1]) == ("gb18030", ["华东", "宁波"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_recognised(delimiter: str) -> None:
    text = delimiter.join(["Name", '"Street, number"', "City"]) + "\n" + delimiter.join(["A", "B", "C"])
    form, _headers, rows = table(text.encode())
    assert (form.delimiter, rows) == (delimiter, [["A", "B", "C"]])


def test_decimal_comma_and_order_of_days_are_recognised() -> None:
    assert with_habits(Form(), [["1.234,50", "19.11.2026"]]) == Form(decimal=",", dates="dmy")
    assert with_habits(Form(), [["1,234.50", "11/19/2026"]]) == Form(decimal=".", dates="mdy")
    assert with_habits(Form(), [["12", "2026-11-19"]]) == Form()
    assert [plain_number(text, ",") for text in ("1.234,50", "€ 12", "-0,5", "1 000,5")] == [
        "1234.50",
        "12",
        "-0.5",
        "1000.5",
    ]
    assert [plain_number(text, ".") for text in ("1,234.50", "¥12", "5 %")] == ["1,234.50", "12", "5"]
    with pytest.raises(Wrong):
        plain_number("1,5", ".")
    assert [iso_day(*pair) for pair in (("3/4/26", "dmy"), ("3/4/26", "mdy"), ("2026年3月4日", "dmy"), ("3.4.1971", "dmy"))] == [
        "2026-04-03", "2026-03-04", "2026-03-04", "1971-04-03",
    ]  # fmt: skip
    for text in ("31.02.2026", "2026-13-01"):
        with pytest.raises(Wrong):
            iso_day(text, "dmy")


@pytest.mark.parametrize("large", [False, True])
def test_workbook_gives_numbers_and_dates_as_people_write_them(large: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if large:
        monkeypatch.setattr("guanxi.records.imports.reading.SMALL_WORKBOOK", 0)
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Name", "Employees", "Founded"])
    sheet.append(["Bauer", 42.0, 1999])
    out = BytesIO()
    book.save(out)
    assert table(out.getvalue(), "x.xlsx")[2] == [["Bauer", "42", "1999"]]


def test_vcards_and_json_lines_are_read() -> None:
    form, headers, rows = table(CARD.encode(), "x.vcf")
    first, second = (dict(zip(headers, row, strict=True)) for row in rows)
    assert (form.kind, len(rows), count_rows(BytesIO(CARD.encode()), form)) == ("vcard", 2, 2)
    assert (first["family_name"], first["account"], first["department"]) == (
        "Lovelace",
        "Analytical Engines",
        "Research",
    )
    assert (first["mobile"], first["phone"]) == ("+44 20 7946 0958", "+44 20 7946 0001")
    assert (first["street"], first["description"]) == ("12 St James, Square", "First line\nsecond line")
    assert second["name"] == "张三"
    lines = b'{"name": "A", "tags": ["x", "y"], "employees": 3}\n\n{"name": null, "city": "Bonn"}\n[1]\nnothing\n'
    form, headers, rows = table(lines, "x.jsonl")
    assert headers == ["name", "tags", "employees", "city"]
    assert rows[:2] == [["A", "x, y", "3", ""], ["", "", "", "Bonn"]]
    assert [isinstance(row, Bad) for row in rows] == [False, False, True, True]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04 no workbook", b"\x00\x01\x02\x03" * 10, b"\n,,\n"])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        table(content)
    assert list(refusal.value.errors) == ["file"]


def test_a_quote_that_is_never_closed_costs_its_row_only_or_is_counted() -> None:
    _form, _headers, rows = table(b'name,city\nA,"open\n' + b"x,y\n" * 400_000)
    assert any(isinstance(row, Bad) for row in rows)


@given(
    st.text(
        alphabet=st.characters(
            codec="utf-8", exclude_characters="\x00\r\n\ufeff", exclude_categories=("Cc", "Zl", "Zp", "Cn", "Cs")
        ),
        max_size=30,
    )
)
def test_any_cell_comes_back_as_it_was(cell: str) -> None:
    out = StringIO()
    csv.writer(out).writerows([["Name", "Note"], ["x", cell]])
    assert table(b"\xef\xbb\xbf" + out.getvalue().encode())[2] == [["x", cell]]


def test_columns_are_guessed_in_both_languages_and_remembered(actor: Actor) -> None:
    kind = registry.get("account")
    found = guess_rules(actor, kind, ["客户名称", "城市", "Web site", "E-mail", "annual_revenue", "Something"])
    assert {rule.field: rule.column for rule in found} == {
        "name": 0,
        "city": 1,
        "website": 2,
        "email": 3,
        "annual_revenue": 4,
    }
    imported(actor, "Firm,Where\nA,Ulm\n", mapping=[Rule("name", 0), Rule("city", 1, case="upper")])
    again = begun(actor, "firm, where\nB,Ulm\n")
    assert again.mapping == [{"field": "name", "column": 0}, {"field": "city", "column": 1, "case": "upper"}]


def test_parts_of_names() -> None:
    assert [take_part("张三丰", part) for part in ("first", "rest")] == ["张", "三丰"]
    assert [take_part("Ada M. Lovelace", part) for part in ("first", "rest", "last", "butlast")] == [
        "Ada", "M. Lovelace", "Lovelace", "Ada M.",
    ]  # fmt: skip


def test_the_form_can_be_corrected(actor: Actor) -> None:
    row = begun(actor, "Name;Umsatz\nA;1,5\n".encode("utf-16"))
    assert row.options["form"]["delimiter"] == ";"
    changed = change_form(actor, row.id, {"delimiter": ",", "decimal": "."})
    assert changed.options["headers"] == ["Name;Umsatz"]
    with pytest.raises(Invalid):
        change_form(actor, row.id, {"encoding": "no-such-thing"})
    assert Import.objects.get().options["form"]["encoding"] == "utf-16"


def test_an_import_goes_on_where_it_stopped(actor: Actor) -> None:
    text = "Name\n" + "".join(f"Account {number}\n" for number in range(25))
    row = begun(actor, text)
    Import.objects.filter(id=row.id).update(size=10)
    decide(actor, row.id, rules=[Rule("name", 0)])
    ImportChunk.objects.create(of_id=row.id, first=10, read=10, created=0, skipped=10)
    wait_for_worker(actor, row.id)
    pause_import(actor, row.id)
    assert get_import(actor, row.id).status == "paused"
    wait_for_worker(actor, row.id)
    with pytest.raises(Conflict):
        wait_for_worker(actor, row.id)
    run_file_import(actor.tenant_id, import_id=str(row.id), user_id=str(actor.user_id))
    assert figures(get_import(actor, row.id)) == (25, 15, 0, 10, 0)
    assert not Account.objects.filter(name="Account 12").exists()
    assert figures(run_import(actor, row.id)) == (25, 15, 0, 10, 0)
    assert Account.objects.count() == 15
    assert unfinished(actor, "account", row.sha256) is None


def test_a_whole_import_is_taken_back_with_its_updates(actor: Actor) -> None:
    imported(actor, "Name,E-mail,City\nOld,old@x.example,Ulm\nTouched,t@x.example,Ulm\n")
    text = "Name,E-mail,City\nOld,old@x.example,Bonn\nTouched,t@x.example,Bonn\nNew,n@x.example,Bonn\nKept,k@x.example,Bonn\n"
    done = imported(actor, text, key="email", policy="update")
    assert figures(done) == (4, 2, 2, 0, 0)
    touched, kept = (Account.objects.get(name=name) for name in ("Touched", "Kept"))
    update_record(actor, "account", touched.id, {"city": "Kiel"})
    update_record(actor, "account", kept.id, {"industry": "Food"})
    operation = undo_import(actor, done.id)
    living = Account.objects.filter(deleted_at=None).order_by("name").values_list("name", "city")
    assert list(living) == [("Kept", "Bonn"), ("Old", "Ulm"), ("Touched", "Kiel")]
    left, _more = refusals_of(actor, operation)
    assert {one.label for one in left} == {"Touched", "Kept"}
    with pytest.raises(Conflict):
        undo_import(actor, done.id)


def test_others_do_not_see_an_import(rep_actor: Actor, actor: Actor) -> None:
    row = begun(actor, "Name\nA\n")
    with pytest.raises(NotFound):
        get_import(rep_actor, row.id)


def test_heads_that_are_no_text_are_stored_all_the_same(actor: Actor) -> None:
    assert begun(actor, b"\xff\xfe\x00").options["headers"] == ["?"]
    assert begun(actor, b"name,\x0bx\nA,B\n").options["headers"] == ["name", "x"]
    with pytest.raises(Invalid):
        begun(actor, b'{"a\\u0000": 1}\n', name="x.jsonl")


def test_formulas_are_disarmed_in_files_for_spreadsheets() -> None:
    assert [safe_cell(text) for text in ("=1+1", "@x", "+cmd", "-1", "+49", "plain")] == [
        "'=1+1", "'@x", "'+cmd", "-1", "+49", "plain",
    ]  # fmt: skip


def test_the_three_steps_in_the_browser(actor: Actor) -> None:
    client = Client()
    client.force_login(
        User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert client.post("/accounts/import/").status_code == 422
    sent = SimpleUploadedFile("客户.csv", CHINESE.encode("gb18030") + ",北京,many,\n".encode("gb18030"), "text/csv")
    columns = client.post("/accounts/import/", {"file": sent})["Location"]
    page = client.get(columns).content.decode()
    assert "华东精密机械有限公司" in page
    assert 'value="gb18030" selected' in page
    chosen = {
        "column_0": "name",
        "column_1": "city",
        "case_1": "upper",
        "column_2": "employees",
        "tag": "fair",
        "policy": "skip",
    }
    again = client.post(columns, {**chosen, "reread": "1", "form_dates": "dmy"}).content.decode()
    assert ('value="dmy" selected' in again, 'value="upper" selected' in again) == (True, True)
    dry = client.post(columns, {**chosen, "dry": "1"})["Location"]
    assert "dry run" in client.get(dry).content.decode()
    assert Account.objects.count() == 0
    answer = client.post(columns, chosen)
    result = client.get(answer["Location"]).content.decode()
    assert "Show the new records" in result
    assert sorted(Account.objects.values_list("city", flat=True)) == ["宁波", "青岛"]
    refused = b"".join(client.get(f"{columns}errors")).decode("utf-8-sig")
    assert [line.split(",")[1] for line in refused.splitlines()] == ["城市", "北京"]
    assert client.post(columns, {"column_0": "name"}).status_code == 302
    assert Account.objects.count() == 2
    assert client.post(f"{columns}pause").status_code == 409
    assert "客户.csv" in client.get("/accounts/import/").content.decode()
    assert client.post(f"{columns}undo").status_code == 302
    assert Account.objects.filter(deleted_at=None).count() == 0


def test_a_file_that_is_kept_elsewhere_is_needed_to_go_on(actor: Actor) -> None:
    made = start_import(actor, object_name="account", name="x.csv", content=BytesIO(b"name\nA\n"), keep=False)
    decide(actor, made.id, rules=[Rule("name", 0)])
    with pytest.raises(NotFound):
        run_import(actor, made.id)
    assert figures(run_import(actor, made.id, file=BytesIO(b"name\nA\n"))) == (1, 1, 0, 0, 0)
