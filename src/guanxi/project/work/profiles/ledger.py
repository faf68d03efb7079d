"""What came of an import: every row read is created, updated, skipped or refused, and nothing is dropped in silence."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """The account of one import, by rows. `repairs` counts (file, column, before, after), `passed` (file, object, why) of skipped rows, `records` what
    became records, by object: of a table of lines an order is one, however many rows it has."""

    read: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    warnings: list[tuple[str, int, str]] = field(default_factory=list)
    repairs: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    passed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def warn(self, file: str, line: int, reason: str) -> None:
        """Something in a line could not be taken over as it stands."""
        self.warnings.append((file, line, reason))

    def pass_over(self, file: str, object_name: str, reason: str) -> None:
        """A row says nothing for this object."""
        self.skipped += 1
        self.passed[(file, object_name, reason)] += 1

    def refuse(self, file: str, line: int, reason: str, rows: int = 1) -> None:
        """A line, or several that belong together, did not become a record."""
        self.refused += rows
        self.warn(file, line, f"refused: {reason}")

    def lines(self) -> Iterator[str]:
        """The account in words; the last line is one JSON object with the figures."""
        for (file, column, before, after), count in sorted(self.repairs.items()):
            yield f"repaired: {file}: {column} “{before}” → “{after}” in {count:,} rows"
        for (file, name, reason), count in sorted(self.passed.items()):
            yield f"skipped: {file}: {count:,} rows for {name}: {reason}"
        for file, line, reason in sorted(self.warnings):
            yield f"warning: {file}:{line}: {reason}"
        figures = {name: getattr(self, name) for name in ("read", "created", "updated", "skipped", "refused")}
        made = {"records": dict(sorted(self.records.items()))} if self.records else {}
        yield json.dumps(
            figures | made | {"warnings": len(self.warnings), "seconds": round(time.monotonic() - self.began, 1)}
        )
