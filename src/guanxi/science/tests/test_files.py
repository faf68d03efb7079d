"""Files as people send them."""

from pathlib import Path

import pytest

from guanxi.science.files import Unreadable, read_sheet

TEXT = "客户,amount\r\n张三,1.5\r\n\r\n李四,2\r\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT.encode(encoding))
    sheet = read_sheet(path)
    assert sheet.columns == {"客户": ["张三", "李四"], "amount": ["1.5", "2"]}
    assert sheet.numbers("amount").tolist() == [1.5, 2] and list(sheet.lines) == [2, 4]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"x{delimiter} T\n1{delimiter}2 \n")
    assert read_sheet(path).columns == {"x": ["1"], "T": ["2"]}


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is empty"),
        (b"x,T\n", "has no rows"),
        (b"x,T\n1,2\n1\n", "line 3: 1 cells instead of 2"),
        (b"x,x\n1,2\n", "the column x twice"),
        (b"x\n1\n\n\ntwo\n", "line 5: x is no number: 'two'"),
        (b"x\n1\n-2\n", "line 3: x is negative: -2"),
        (b"x\n1\ninf\n", "line 3: x is not a finite number"),
        (b"x,y\n1,1\n,1\n", "line 3: x is empty"),
        (b"y\n1\n", "no column x. It has: y"),
        (b"\x00\x01\x02", "not a text file"),
        (b"x\n\xff\xff\xff\xff", "encoding .* is unknown"),
    ],
)
def test_faults_are_named(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=fault):
        read_sheet(path).numbers("x")


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.csv", tmp_path):
        with pytest.raises(Unreadable, match=r"No such file|Is a directory"):
            read_sheet(path)
