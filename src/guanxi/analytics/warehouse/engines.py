"""Where frames are computed: DuckDB in this process, or Spark. The frames are Ibis expressions, the same for both."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
from pyarrow import parquet

from guanxi.analytics.warehouse.copying import schema_of

MEMORY_LIMIT = "2GB"


class Missing(RuntimeError):
    """The engine that the settings name is not installed on this machine."""


@contextmanager
def opened(engine: str, *, scratch: Path, spark_master: str = "") -> Iterator[Any]:
    """An Ibis backend for the duration of the block. `scratch` takes what does not fit into memory."""
    scratch.mkdir(parents=True, exist_ok=True)
    backend = _spark(spark_master, scratch) if engine == "spark" else _duckdb(scratch)
    try:
        yield backend
    finally:
        backend.disconnect()


def _duckdb(scratch: Path) -> Any:
    # Cores are shared with the database and the pages.
    settings = {"memory_limit": MEMORY_LIMIT, "temp_directory": str(scratch), "threads": max(1, os.cpu_count() or 1)}
    return ibis.duckdb.connect(**settings)


def _spark(master: str, scratch: Path) -> Any:
    """Java and the extra `spark` are needed. Without an address the cluster is this machine's cores."""
    try:
        sql = import_module("pyspark.sql")
    except ImportError:
        raise Missing("Spark is not installed: install the extra `spark`, and Java 17 or later.") from None
    builder = sql.SparkSession.builder.master(master or "local[2]").appName("guanxi")
    options = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.ansi.enabled": "false",
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": str(scratch / "tables"),
        "spark.driver.memory": "1g",
    }
    for name, value in options.items():
        builder = builder.config(name, value)
    return ibis.pyspark.connect(builder.getOrCreate())


def facts(backend: Any, files: Sequence[Path], columns: Mapping[str, str], empty: Path) -> Any:
    """A fact as an Ibis table; `empty` is where a file without rows is put when there are none."""
    found = list(files)
    if not found:
        empty.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(schema_of(columns).empty_table(), empty)
        found = [empty]
    return backend.read_parquet([str(file) for file in found] if len(found) > 1 else str(found[0]))


def fetched(expression: Any) -> pa.Table:
    """The rows of an expression."""
    return expression.to_pyarrow()
