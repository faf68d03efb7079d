"""Import of spreadsheets: encodings, mapping, problems, and that every row is accounted for."""

import csv
from dataclasses import replace
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.files import open_file
from guanxi.core.jobs import Job
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.history import read_history
from guanxi.records.models import Upload
from guanxi.records.tasks import import_rows
from guanxi.records.uploads import guess_mapping, read_table, run_batch, run_upload, start_upload
from guanxi.records.uploads.running import get_upload, safe_cell, set_mapping

Account: Any = registry.get("account").model
CHINESE = "客户名称,城市,员工人数,标签\n华东精密机械有限公司,宁波,420,重点\n青岛海纳食品集团,青岛,88,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "gbk"])
def test_chinese_text_survives_every_encoding(encoding: str) -> None:
    table = read_table("x.csv", CHINESE.encode(encoding))
    assert table.headers == ["客户名称", "城市", "员工人数", "标签"]
    assert table.rows[0] == ["华东精密机械有限公司", "宁波", "420", "重点"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_recognised(delimiter: str) -> None:
    text = delimiter.join(["Name", '"Street, number"', "City"]) + "\n" + delimiter.join(["A", "B", "C"])
    assert read_table("x.csv", text.encode()).rows == [["A", "B", "C"]]


def test_workbook_gives_numbers_and_dates_as_people_write_them() -> None:
    book = Workbook()
    sheet: Any = book.active
    sheet.append(["Name", "Employees", "Founded"])
    sheet.append(["Bauer", 42.0, 1999])
    out = BytesIO()
    book.save(out)
    assert read_table("x.xlsx", out.getvalue()).rows == [["Bauer", "42", "1999"]]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"PK\x03\x04 no workbook", b"\x00\x01\x02\x03" * 10])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid) as refusal:
        read_table("x.csv", content)
    assert list(refusal.value.errors) == ["file"]


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
    assert read_table("x.csv", b"\xef\xbb\xbf" + out.getvalue().encode()).rows == [["x", cell]]


def test_columns_are_guessed_in_both_languages(actor: Actor) -> None:
    kind = registry.get("account")
    assert guess_mapping(actor, kind, ["客户名称", "城市", "Web site", "E-mail", "Something"]) == {
        "0": "name", "1": "city", "2": "website", "3": "email",
    }  # fmt: skip


def upload(actor: Actor, text: str, **options: Any) -> Upload:
    made = start_upload(actor, object_name="account", name="accounts.csv", content=text.encode("gb18030"))
    chosen = {"match": "", "on_match": "create", "tag": "", **options}
    set_mapping(actor, made.id, mapping=chosen.pop("mapping", made.mapping), **chosen)
    return run_upload(actor, made.id)


def figures(done: Upload) -> tuple[int, int, int, int, int]:
    assert done.read == done.created + done.updated + done.skipped + done.refused
    return done.read, done.created, done.updated, done.skipped, done.refused


def test_every_row_becomes_a_record_with_history(actor: Actor) -> None:
    done = upload(actor, CHINESE, tag="fair", mapping={"0": "name", "1": "city", "2": "employees", "3": "tags"})
    assert figures(done) == (2, 2, 0, 0, 0)
    first = Account.objects.get(name="华东精密机械有限公司")
    assert (first.city, first.employees, first.tags, first.owner_id) == ("宁波", 420, ["重点", "fair"], actor.member_id)
    assert [line.via for line in read_history(actor, "account", first.id)] == ["import"]
    assert first.code


def test_bad_rows_are_refused_alone_and_come_back_in_a_file(actor: Actor) -> None:
    text = "Name,E-mail,Employees,Grade\nA,a@x.example,1,A\nB,not-a-mail,2,B\n,c@x.example,3,C\nD,d@x.example,many,D\nE,,,Z\nF,,,\n"
    done = upload(actor, text)
    assert figures(done) == (6, 2, 0, 0, 4)
    assert sorted(Account.objects.values_list("name", flat=True)) == ["A", "F"]
    assert done.error_file is not None
    with open_file(done.error_file) as content:
        rows = list(csv.reader(StringIO(content.read().decode("utf-8-sig"))))
    assert rows[0] == ["Name", "E-mail", "Employees", "Grade", "Reason"]
    assert [row[0] for row in rows[1:]] == ["B", "", "D", "E"]
    assert all(row[-1] for row in rows[1:])


def test_known_rows_are_skipped_or_updated(actor: Actor) -> None:
    create_record(actor, "account", {"name": "A", "email": "a@x.example", "city": "Ulm"})
    text = "Name,E-mail,City\nA2,a@x.example,Bonn\nB,b@x.example,Bonn\n"
    assert figures(upload(actor, text, match="email", on_match="skip")) == (2, 1, 0, 1, 0)
    assert Account.objects.get(email="a@x.example").city == "Ulm"
    assert figures(upload(actor, text, match="email", on_match="update")) == (2, 0, 2, 0, 0)
    assert Account.objects.get(email="a@x.example").city == "Bonn"
    assert Account.objects.count() == 2


def test_links_are_found_by_name_and_ambiguity_is_told(actor: Actor) -> None:
    for _twice in range(2):
        create_record(actor, "account", {"name": "Twin"})
    create_record(actor, "account", {"name": "Parent AG"})
    text = "Name,Parent account,Owner\nA,Parent AG,Ada Admin\nB,Twin,\nC,Nobody,\n"
    done = upload(actor, text)
    assert figures(done) == (3, 1, 0, 0, 2)
    made = Account.objects.get(name="A")
    assert made.parent is not None
    assert made.parent.name == "Parent AG"


def test_a_mapping_that_cannot_work_is_refused(actor: Actor) -> None:
    made = start_upload(actor, object_name="account", name="x.csv", content=b"Name,City\nA,B\n")
    for mapping in ({"0": "name", "1": "name"}, {"1": "city"}):
        with pytest.raises(Invalid):
            set_mapping(actor, made.id, mapping=mapping, match="", on_match="create", tag="")
    assert get_upload(actor, made.id).mapping == {"0": "name", "1": "city"}


def test_batches_go_on_where_the_last_one_ended(actor: Actor) -> None:
    text = "Name\n" + "".join(f"Account {n}\n" for n in range(25))
    made = start_upload(actor, object_name="account", name="x.csv", content=text.encode())
    assert not run_batch(actor, made.id, size=10)
    assert get_upload(actor, made.id).read == 10
    assert isinstance(import_rows, Job)
    import_rows(actor.tenant_id, upload_id=str(made.id), user_id=str(actor.user_id))
    assert figures(get_upload(actor, made.id)) == (25, 25, 0, 0, 0)
    assert Account.objects.count() == 25


def test_who_may_not_import_is_refused(rep_actor: Actor, actor: Actor) -> None:
    role = replace(rep_actor, grants={"*": {"view": "all", "create": "all"}})
    with pytest.raises(NotAllowed):
        start_upload(role, object_name="account", name="x.csv", content=b"Name\nA\n")
    assert Upload.objects.count() == 0


def test_formulas_are_disarmed_in_files_for_spreadsheets() -> None:
    assert [safe_cell(text) for text in ("=1+1", "@x", "+cmd", "-1", "+49", "plain")] == [
        "'=1+1",
        "'@x",
        "'+cmd",
        "-1",
        "+49",
        "plain",
    ]


def test_the_three_steps_in_the_browser(actor: Actor) -> None:
    client = Client()
    client.force_login(
        User.objects.get(id=actor.user_id or ""), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    assert client.post("/accounts/import/").status_code == 422
    sent = SimpleUploadedFile("客户.csv", CHINESE.encode("gb18030"), "text/csv")
    columns = client.post("/accounts/import/", {"file": sent})["Location"]
    page = client.get(columns).content.decode()
    assert "华东精密机械有限公司" in page
    assert "gb18030" in page
    answer = client.post(columns, {"column_0": "name", "column_1": "city", "column_2": "employees", "tag": "fair"})
    result = client.get(answer["Location"]).content.decode()
    assert "Show the new records" in result
    assert sorted(Account.objects.values_list("city", flat=True)) == ["宁波", "青岛"]
    assert client.post(columns, {"column_0": "name"}).status_code == 302
    assert Account.objects.count() == 2
