"""What came of an import: every row read is created, updated, skipped or refused, and nothing is dropped in silence."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """The account of one import. `repairs` counts (file, column, before, after)."""

    read: int = 0
    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    warnings: list[tuple[str, int, str]] = field(default_factory=list)
    repairs: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    began: float = field(default_factory=time.monotonic)

    def warn(self, file: str, line: int, reason: str) -> None:
        """Something in a line could not be taken over as it stands."""
        self.warnings.append((file, line, reason))

    def refuse(self, file: str, line: int, reason: str) -> None:
        """A line did not become a record."""
        self.refused += 1
        self.warn(file, line, f"refused: {reason}")

    def lines(self) -> Iterator[str]:
        """The account in words; the last line is one JSON object with the figures."""
        for (file, column, before, after), count in sorted(self.repairs.items()):
            yield f"repaired: {file}: {column} “{before}” → “{after}” in {count:,} rows"
        for file, line, reason in sorted(self.warnings):
            yield f"warning: {file}:{line}: {reason}"
        figures = {name: getattr(self, name) for name in ("read", "created", "updated", "skipped", "refused")}
        yield json.dumps(figures | {"warnings": len(self.warnings), "seconds": round(time.monotonic() - self.began, 1)})
