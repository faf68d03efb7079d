"""The operating-system user that PostgreSQL runs as: it refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from guanxi.project.failure import Failure

NAME = "guanxi"


@dataclass(frozen=True)
class Account:
    """A user and group to run as; `switch` says whether that is somebody else than we are."""

    uid: int
    gid: int
    switch: bool


def server_account() -> Account:
    """Ourselves, or, when we are root, the system user `guanxi`, made when missing."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), switch=False)
    entry = _find(NAME) or _create() or _find("postgres")
    if entry is None:
        raise Failure("PostgreSQL cannot run as root. Create a system user for it: useradd --system guanxi")
    return Account(entry.pw_uid, entry.pw_gid, switch=True)


def can_enter(folder: Path, account: Account) -> bool:
    """Whether `account` may reach `folder` (which need not exist) through all its parents."""
    return all(_passable(parent, account) for parent in folder.parents if parent.exists())


def _passable(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    return bool(status.st_mode & 0o001)


def _find(name: str) -> pwd.struct_passwd | None:
    return next((entry for entry in pwd.getpwall() if entry.pw_name == name), None)


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
        subprocess.run([*command, "--shell", "/usr/sbin/nologin", NAME], capture_output=True, check=False)
    return _find(NAME)
