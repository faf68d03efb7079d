"""What `guanxi dedupe` prints: rows of a file, or of a table made from records, that are likely the same."""

import json
import time
from pathlib import Path

from guanxi.project.failure import Failure
from guanxi.science.linkage import Table, Unreadable, find_duplicates, read_csv


def clusters_of_file(path: Path, *, id_column: str, companies: bool, precision: float) -> tuple[list[str], str]:
    """The clusters of a CSV file as JSON lines, and a summary. Raises Failure for a file that cannot serve."""
    try:
        table = read_csv(path, id_column=id_column, companies=companies)
    except Unreadable as reason:
        raise Failure(str(reason)) from None
    return clusters_of(table, precision=precision)


def clusters_of(table: Table, *, precision: float) -> tuple[list[str], str]:
    """The clusters of a table as JSON lines {"ids": [...], "score": ...}, the most certain first, and a summary."""
    began = time.monotonic()
    result = find_duplicates(table, precision=precision)
    lines = [
        json.dumps({"ids": list(cluster.ids), "score": cluster.score}, ensure_ascii=False)
        for cluster in result.clusters
    ]
    rows = sum(len(cluster.ids) for cluster in result.clusters)
    summary = (
        f"{len(table):,} rows: {len(lines):,} clusters with {rows:,} rows; {result.pairs:,} pairs compared, "
        f"linked from {result.threshold:.3f} on, in {time.monotonic() - began:.1f} s."
    )
    return lines, summary
