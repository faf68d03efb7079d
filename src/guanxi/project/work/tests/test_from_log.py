"""The bench's way from a log to values finds the customers that were made up."""

from pathlib import Path

import pytest
from pyarrow import parquet

from guanxi.project.value.from_log import FILES, compute, write_log


def test_a_log_becomes_values(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    purchases = write_log(folder, 3_000, 20_000)
    rows = parquet.read_table(folder, columns=["account", "day", "revenue"], partitioning=None).to_pylist()
    assert len(rows) == 20_000 and len(list(folder.glob("*.parquet"))) == FILES
    assert len({row["account"] for row in rows}) == 3_000
    assert 0 <= purchases - len({(row["account"], row["day"]) for row in rows}) < purchases / 20
    found = compute(folder)
    assert found["customers"] == 3_000
    assert list(found["parts"]) == ["frame", "models", "values"]
    assert found["mean"] == pytest.approx(24, rel=0.25)
