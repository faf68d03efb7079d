"""Message catalogues: compiled from `.po` to `.mo` beside it, and checked for gaps. `python -m guanxi.project.catalogues`.

Babel does it, because the programs of GNU gettext are not on a bare machine.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

PACKAGE = Path(__file__).resolve().parent.parent


def sources() -> list[Path]:
    """Every catalogue of the rooms, with those that the rooms' folders hold."""
    return sorted(PACKAGE.rglob("LC_MESSAGES/*.po"))


def read(path: Path) -> Catalog:
    """The catalogue in a `.po` file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


def compile_all() -> int:
    """Write the `.mo` of every catalogue; returns how many. Each is replaced in one step."""
    for source in sources():
        fresh = source.with_suffix(".mo.new")
        with fresh.open("wb") as file:
            write_mo(file, read(source))
        fresh.replace(source.with_suffix(".mo"))
    return len(sources())


def gaps() -> Iterator[str]:
    """One line for every message that has no translation, or one that is marked as a guess."""
    for source in sources():
        for message in read(source):
            if message.id and (message.fuzzy or not _translated(message.string)):
                yield f"{source.relative_to(PACKAGE)}: {message.id!r} is not translated"


def _translated(text: str | list[str] | tuple[str, ...] | None) -> bool:
    return all(text) if isinstance(text, (list, tuple)) else bool(text)


if __name__ == "__main__":
    compile_all()
    sys.exit(0)
