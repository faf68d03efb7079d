"""How good and how fast the linkage is: `python -m guanxi.science.linkage.measure FILE --id COLUMN --truth COLUMN`.

With `--rows N` instead of a file, made-up rows are measured. The truth is read only once the clusters are made.
"""

import argparse
import csv
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from tempfile import TemporaryDirectory

from guanxi.science.linkage import synthetic
from guanxi.science.linkage.blocking import WHOLE
from guanxi.science.linkage.dedupe import find_duplicates
from guanxi.science.linkage.table import read_csv


@dataclass(frozen=True)
class Quality:
    """Of the pairs within clusters: how many are right (precision), how many of the true ones are found (recall), both (F1)."""

    precision: float
    recall: float
    f1: float


def quality(clusters: Iterable[Sequence[str]], truth: Mapping[str, str]) -> Quality:
    """Compare clusters of ids with the true entity of every id."""
    found, right = 0, 0
    for ids in clusters:
        found += comb(len(ids), 2)
        right += sum(comb(count, 2) for count in Counter(truth[one] for one in ids).values())
    wanted = sum(comb(count, 2) for count in Counter(truth.values()).values())
    precision, recall = right / max(found, 1), right / max(wanted, 1)
    return Quality(round(precision, 4), round(recall, 4), round(2 * right / max(found + wanted, 1), 4))


def measure(path: Path, *, id_column: str, truth_column: str, whole: int = WHOLE) -> dict[str, float]:
    """Link the file, then compare with the truth: quality, seconds (also of the processor), the most memory used (MB)."""
    began, cpu = time.monotonic(), time.process_time()
    table = read_csv(path, id_column=id_column)
    read = time.monotonic()
    result = find_duplicates(table, whole=whole)
    done, cpu = time.monotonic(), time.process_time() - cpu
    with path.open(encoding="utf-8", newline="") as file:
        truth = {row[id_column]: row[truth_column] for row in csv.DictReader(file)}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures = {
        "rows": len(table),
        "pairs": result.pairs,
        "clusters": len(result.clusters),
        "threshold": result.threshold,
    }
    times = {"seconds_reading": round(read - began, 1), "seconds": round(done - began, 1), "cpu_seconds": round(cpu, 1)}
    return figures | vars(quality((cluster.ids for cluster in result.clusters), truth)) | times | {"megabytes": memory}


def main() -> None:
    """Measure what the arguments say and print one JSON object."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("file", nargs="?", type=Path)
    arguments.add_argument("--id", default="id")
    arguments.add_argument("--truth", default="entity")
    arguments.add_argument("--rows", type=int, default=0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--blocks", action="store_true", help="compare block by block however small the table is")
    given = arguments.parse_args()
    with TemporaryDirectory() as folder:
        path = given.file or Path(folder) / "rows.csv"
        if given.file is None:
            write(path, rows=given.rows, seed=given.seed)
        found = measure(path, id_column=given.id, truth_column=given.truth, whole=0 if given.blocks else WHOLE)
    sys.stdout.write(json.dumps(found) + "\n")


def write(path: Path, *, rows: int, seed: int) -> None:
    """A CSV file of made-up rows (see `synthetic`)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(synthetic.HEADER)
        writer.writerows(synthetic.rows(rows, seed=seed))


if __name__ == "__main__":
    main()
