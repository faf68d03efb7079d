"""`guanxi dedupe`: JSON lines of a file or of a company's records, and clear refusals."""

import json
from pathlib import Path

import pytest
from django.utils import timezone
from typer.testing import CliRunner

from guanxi.customers.models import Account, Contact
from guanxi.identity.actor import Actor
from guanxi.project.cli.app import app
from guanxi.project.failure import Failure
from guanxi.project.work.duplicates import clusters_of_object
from guanxi.records.changes import create_record

PEOPLE = """unique_id,first_name,surname,dob,city,email,cluster
1,Julia,Taylor,1990-03-02,London,julia@taylor.example,7
2,Taylor,Julia,1990-03-02,,julia@taylor.example,8
3,Jluia,Taylor,1990-02-03,London,,9
4,Karl,Berg,1951-09-29,Leeds,karl@berg.example,7
5,Otto,Lund,1962-05-14,Leeds,otto@lund.example,7
"""


def test_clusters_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(PEOPLE)
    done = CliRunner().invoke(app, ["dedupe", "--file", str(path), "--id", "unique_id"])
    assert (done.exit_code, done.exception) == (0, None)
    [line] = [json.loads(line) for line in done.stdout.splitlines()]
    assert line["ids"] == ["1", "2", "3"]
    assert 0.9 < line["score"] <= 1
    assert done.stderr.startswith("5 rows: 1 clusters with 3 rows; 10 pairs compared")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say either --file FILE --id COLUMN, or --object accounts|contacts --tenant SLUG."),
        (["--tenant", "polaris"], "Nothing cannot be compared: say --object accounts or --object contacts."),
        (
            ["--tenant", "polaris", "--object", "leads"],
            "leads cannot be compared: say --object accounts or --object contacts.",
        ),
        (["--file", "people.csv", "--id", "nobody"], "people.csv has no column nobody."),
    ],
)
def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    done = CliRunner().invoke(app, ["dedupe", *arguments])
    assert isinstance(done.exception, Failure)
    assert str(done.exception).startswith(message)
    assert done.stdout == ""


def test_clusters_of_records(actor: Actor) -> None:
    names = ("华东精密有限公司", "Huadong Jingmi Co., Ltd.", "Northwind Ltd", "Hartmann GmbH", "Hartmann AG")
    cities = ("上海", "Shanghai", "Leeds", "Berlin", "Berlin")
    accounts = [
        create_record(
            actor, "account", {"name": name, "city": city, "phone": "+49 30 1234567" if city == "Berlin" else ""}
        )
        for name, city in zip(names, cities, strict=True)
    ]
    Account.objects.filter(id=accounts[4].id).update(deleted_at=timezone.now())
    lines, summary = clusters_of_object(tenant="polaris", plural="accounts", precision=0.95)
    assert [json.loads(line)["ids"] for line in lines] == [[str(accounts[0].id), str(accounts[1].id)]]
    assert summary.startswith("4 rows: 1 clusters with 2 rows")
    for given, family in (("三丰", "张"), ("Sanfeng", "Zhang"), ("Karl", "Berg")):
        values = {"given_name": given, "family_name": family, "email": "" if given == "Karl" else "z@hang.example"}
        create_record(actor, "contact", values | {"birthday": None if given == "Karl" else "1990-03-02"})
    lines, _summary = clusters_of_object(tenant="polaris", plural="contacts", precision=0.95)
    known = {str(contact.id): contact.family_name for contact in Contact.objects.all()}
    assert [[known[one] for one in json.loads(line)["ids"]] for line in lines] == [["张", "Zhang"]]


def test_other_objects_are_refused(actor: Actor) -> None:
    with pytest.raises(Failure, match=r"orders cannot be compared\. These can: accounts, contacts, leads\."):
        clusters_of_object(tenant="polaris", plural="orders", precision=0.95)
