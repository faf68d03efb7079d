"""The source code of the running program, offered to everybody who works with it (section 13 of the licence)."""

import io
import tarfile
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

from django.conf import settings

OWN_ADDRESS = "/source.tar.gz"
PACKAGE = Path(__file__).resolve().parent.parent
# What belongs to the program beside its package, when it runs from a clone. Never data, settings or caches.
BESIDE = (
    "LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "requirements.lock", "requirements-node.lock",
    "guanxi", "conftest.py", "docs", "tests", "frontend",
)  # fmt: skip
SKIPPED = {"__pycache__", "node_modules", "bundle", "bundle.new", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
SKIPPED_ENDINGS = (".pyc", ".mo")


def source_address() -> str:
    """Where the source is: as the administrator set it, as the package names it, else this program's own archive of itself."""
    return settings.SOURCE_URL or _of_package() or OWN_ADDRESS


@lru_cache(maxsize=1)
def source_archive() -> bytes:
    """The running source as a .tar.gz: the package, and from a clone what it is built and tested with."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, name in _files():
            archive.add(path, f"guanxi-source/{name}", recursive=False, filter=_anonymous)
    return buffer.getvalue()


@lru_cache(maxsize=1)
def _of_package() -> str:
    try:
        named = metadata("guanxi").get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    found: dict[str, str] = {}
    for line in named:
        label, _comma, address = str(line).partition(", ")
        found[label] = address
    return found.get("Source") or found.get("Repository") or ""


def _files() -> Iterator[tuple[Path, str]]:
    root = PACKAGE.parent.parent
    if (root / "pyproject.toml").is_file():
        for name in BESIDE:
            yield from _below(root / name, root)
        yield from _below(PACKAGE, root)
    else:
        yield from _below(PACKAGE, PACKAGE.parent)


def _below(path: Path, root: Path) -> Iterator[tuple[Path, str]]:
    if path.is_symlink() or path.name in SKIPPED or path.name.endswith(SKIPPED_ENDINGS):
        return
    if path.is_dir():
        for inner in sorted(path.iterdir()):
            yield from _below(inner, root)
    elif path.is_file():
        yield path, str(path.relative_to(root))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
