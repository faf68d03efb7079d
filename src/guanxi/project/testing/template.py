"""A migrated cluster that all test runs copy, made once for each state of the migrations.

`python -m guanxi.project.testing.template DIR` makes one; `find_or_make()` does so when needed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from guanxi.project.failure import Failure
from guanxi.project.installation import opened, start_django
from guanxi.project.paths import DataDir, private
from guanxi.project.postgres.lease import exclusive

PACKAGE = Path(__file__).resolve().parents[2]
CACHE = Path("/var/tmp") / f"guanxi-test-{os.geteuid()}"  # noqa: S108  (private, and outside a home that others may not enter)
KEPT = 3
QUICK = '{"fsync": "off", "full_page_writes": "off", "shared_buffers": "128MB"}'
VARIABLES = (
    "DATABASE_URL",
    "GUANXI_OWNER_DATABASE_URL",
    "GUANXI_BACKUP_DATABASE_URL",
    "GUANXI_DATA",
    "GUANXI_SECRET_KEY",
)


def clean_environment() -> dict[str, str]:
    """The environment without what leads to a database."""
    return {key: value for key, value in os.environ.items() if key not in VARIABLES}


def find_or_make() -> Path:
    """The data directory of the template for the migrations as they are now."""
    CACHE.mkdir(mode=0o711, exist_ok=True)
    template = CACHE / fingerprint()
    with exclusive(CACHE / "lock"):
        if not template.exists():
            _make(template)
            _forget_old()
    return template


def fingerprint() -> str:
    """A hash of everything that decides about the schema."""
    total = hashlib.sha256()
    for path in _sources():
        total.update(str(path.relative_to(PACKAGE)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def _sources() -> Iterator[Path]:
    yield from sorted(path for path in PACKAGE.glob("*/migrations/*") if path.is_file())
    yield from sorted((PACKAGE / "core" / "db").glob("*.py"))
    yield PACKAGE / "project" / "settings.py"
    yield PACKAGE / "project" / "postgres" / "bootstrap.py"


def _make(template: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix="new-", dir=CACHE))
    environment = clean_environment() | {"GUANXI_POSTGRES_SETTINGS": QUICK}
    command = [sys.executable, "-m", "guanxi.project.testing.template", str(fresh)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        shutil.rmtree(fresh, ignore_errors=True)
        raise Failure(f"The test database could not be migrated:\n{done.stderr}")
    fresh.rename(template)


def _forget_old() -> None:
    templates = [path for path in CACHE.iterdir() if path.is_dir() and not path.name.startswith("new-")]
    for old in sorted(templates, key=lambda path: path.stat().st_mtime)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)


def copy(template: Path, target: Path) -> DataDir:
    """A data directory of one's own with the template's cluster in it."""
    data = DataDir.at(target)
    subprocess.run(["cp", "-a", f"{template}/.", str(target)], check=True)
    private(data.run)
    return data


def main(arguments: list[str]) -> None:
    """Make and migrate a cluster in the folder `arguments[0]`."""
    folder = Path(arguments[0])
    DataDir.at(folder)
    with opened(folder) as installation:
        start_django(installation)
        import_module("guanxi.project.work.schema").migrate()


if __name__ == "__main__":
    main(sys.argv[1:])
