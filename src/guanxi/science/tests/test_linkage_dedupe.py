"""The whole: made-up people whose truth is known, and the cases that lists of customers are full of."""

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from guanxi.science.linkage import Unreadable, find_duplicates, read_csv, table_from
from guanxi.science.linkage.measure import Quality, measure, quality, write

PEOPLE = Path(__file__).parent / "people.csv"
"""300 rows as `write(rows=300, seed=7)` makes them; `entity` is the truth."""


def clusters(rows: Sequence[tuple[str, ...]], roles: list[str]) -> list[tuple[str, ...]]:
    return [cluster.ids for cluster in find_duplicates(table_from(rows, roles)).clusters]


def test_the_people_are_those_of_the_seed(tmp_path: Path) -> None:
    write(tmp_path / "again.csv", rows=300, seed=7)
    assert (tmp_path / "again.csv").read_bytes() == PEOPLE.read_bytes()


@pytest.mark.parametrize(("whole", "pairs"), [(2500, 41328), (0, 220)])
def test_people_are_found(whole: int, pairs: int) -> None:
    figures = measure(PEOPLE, id_column="id", truth_column="entity", whole=whole)
    wanted = {"rows": 300, "pairs": pairs, "clusters": 73, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert {name: figures[name] for name in wanted} == wanted


def test_more_people_are_found_block_by_block(tmp_path: Path) -> None:
    write(tmp_path / "people.csv", rows=4000, seed=11)
    figures = measure(tmp_path / "people.csv", id_column="id", truth_column="entity")
    assert figures["precision"] > 0.99
    assert figures["recall"] > 0.99
    assert figures["pairs"] < 20 * 4000


def test_neither_the_truth_nor_the_order_of_rows_is_looked_at(tmp_path: Path) -> None:
    with PEOPLE.open(encoding="utf-8", newline="") as file:
        head, *rows = list(csv.reader(file))
    with (tmp_path / "turned.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head[:-1], *(row[:-1] for row in reversed(rows))])
    found, turned = (find_duplicates(read_csv(path, id_column="id")) for path in (PEOPLE, tmp_path / "turned.csv"))
    assert {frozenset(cluster.ids) for cluster in found.clusters} == {
        frozenset(cluster.ids) for cluster in turned.clusters
    }


def test_names_across_scripts() -> None:
    rows = [
        ("1", "张三丰", "13800138000", "上海"),
        ("2", "Zhang Sanfeng", "+86 138 0013 8000", "Shanghai"),
        ("3", "ZHANG, sanfeng", "", "上海市"),
        ("4", "李四", "", "北京"),
        ("5", "王五", "", "北京"),
    ]
    assert clusters(rows, ["name", "phone", "city"]) == [("1", "2", "3")]


def test_companies_without_their_legal_form() -> None:
    rows = [
        ("1", "华东精密有限公司", "上海", ""),
        ("2", "Huadong Jingmi Co., Ltd.", "Shanghai", ""),
        ("3", "Hartmann Automation GmbH", "Berlin", "+49 30 1234567"),
        ("4", "Hartman Automation AG", "Berlin", "030 1234567"),
        ("5", "Northwind Ltd", "Leeds", ""),
        ("6", "Acme Corp", "", ""),
        ("7", "Acme Corporation", "", ""),
        ("8", "", "Berlin", ""),
        ("9", "", "Berlin", ""),
    ]
    found = clusters(rows, ["company", "city", "phone"])
    assert sorted(found) == [("1", "2"), ("3", "4"), ("6", "7")]


def test_equal_rows_are_one_and_a_city_alone_is_nobody() -> None:
    anna = ("Anna", "Berg", "anna@berg.example", "Oslo")
    assert clusters([("1", *anna), ("2", *anna), ("3", *anna)], ["given", "family", "email", "city"]) == [
        ("1", "2", "3")
    ]
    assert clusters([("1", "London"), ("2", "London"), ("3", "")], ["city"]) == []


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_rows_have_no_clusters(count: int) -> None:
    result = find_duplicates(table_from([("1", "Anna")][:count], ["given"]))
    assert (result.clusters, result.pairs) == ([], 0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_files_in_the_encodings_of_practice(tmp_path: Path, encoding: str) -> None:
    text = "编号;姓名;邮箱\n1;张三;a@a.example\n2;Zhang San;a@a.example\n3;李四;\n"
    (tmp_path / "people.csv").write_bytes(text.encode(encoding))
    table = read_csv(tmp_path / "people.csv", id_column="编号")
    assert table.ids == ["1", "2", "3"]
    assert [field.names for field in table.fields] == [("given", "family"), ("email",)]


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("key,shoe size\n1,43\n")
    with pytest.raises(Unreadable, match=r"odd\.csv has no column id\. It has: key, shoe size\."):
        read_csv(path, id_column="id")
    with pytest.raises(Unreadable, match=r"No column of odd\.csv is recognised"):
        read_csv(path, id_column="key")
    path.write_bytes(b"id,name\n1,\xff\xff\xff\n")
    with pytest.raises(Unreadable, match=r"The encoding of odd\.csv is unknown"):
        read_csv(path, id_column="id")


def test_quality_counts_pairs() -> None:
    truth = {"1": "a", "2": "a", "3": "a", "4": "b", "5": "b"}
    assert quality([("1", "2"), ("4", "5")], truth) == Quality(precision=1.0, recall=0.5, f1=0.6667)
    assert quality([("1", "2", "3", "4")], truth) == Quality(precision=0.5, recall=0.75, f1=0.6)
