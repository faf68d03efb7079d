"""The embedded cluster: where it lies, how it is made, how its server is started."""

import os
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from guanxi.project.failure import Failure
from guanxi.project.lifeline import die_with_parent
from guanxi.project.paths import DataDir, write_private
from guanxi.project.postgres import binaries
from guanxi.project.postgres.account import Account, can_enter, server_account

SUPERUSER = "guanxi_super"
DATABASE = "guanxi"
# The kernel allows 107 bytes for the whole path of a Unix socket.
SOCKET_PATH_LIMIT = 100
SYSTEM_HOMES = Path("/var/lib/guanxi")
PROC = Path("/proc")


@dataclass(frozen=True)
class Cluster:
    """An embedded cluster: its home folder, the user it runs as, the folder of its socket and its programs."""

    home: Path
    account: Account
    socket: Path
    programs: Path

    @property
    def pgdata(self) -> Path:
        """The folder that PostgreSQL calls PGDATA."""
        return self.home / "data"

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """The connection URL of `role` over the Unix socket."""
        return f"postgresql://{role}:{quote(password, safe='')}@/{database}?host={quote(str(self.socket), safe='')}"


def locate(data: DataDir, instance: str) -> Cluster:
    """The cluster of the data directory, with its folders made. `instance` names it uniquely on this machine."""
    account = server_account()
    home = _home(data, instance, account)
    _owned_folder(home, account)
    socket = home / "run"
    if len(str(socket / ".s.PGSQL.5432").encode()) >= SOCKET_PATH_LIMIT:
        socket = Path("/tmp") / f"guanxi-{instance}"  # noqa: S108  (made 0700 below, refused when a stranger was first)
    _owned_folder(socket, account)
    programs = binaries.copy_to(home) if account.switch else binaries.wheel_folder()
    return Cluster(home, account, socket, programs)


def _home(data: DataDir, instance: str, account: Account) -> Path:
    """Inside the data directory, or, where PostgreSQL's user could not enter that, in the system's place for
    such things, which a pointer file in the data directory remembers. A cluster inside needs no pointer: it moves
    with its folder, and a copy of the folder must never open the cluster of the original."""
    inside, pointer = data.root / "postgres", data.root / "postgres.location"
    if pointer.exists():
        home = Path(pointer.read_text(encoding="utf-8").strip())
        return home if home.is_relative_to(SYSTEM_HOMES) else inside
    if not account.switch or can_enter(inside, account) or (inside / "data" / "PG_VERSION").exists():
        return inside
    SYSTEM_HOMES.mkdir(parents=True, exist_ok=True)
    SYSTEM_HOMES.chmod(0o711)
    write_private(pointer, f"{SYSTEM_HOMES / instance}\n")
    return SYSTEM_HOMES / instance


def _owned_folder(folder: Path, account: Account) -> None:
    """`folder`, ours or the server user's, closed to others; refuses a link or a stranger's folder."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in (account.uid, os.geteuid()):
        raise Failure(f"{folder} belongs to somebody else: remove it, or choose another --data directory.")
    os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)


def create(cluster: Cluster, password: str) -> None:
    """Run initdb unless it was done. A half-made cluster of an interrupted start is made anew."""
    if (cluster.pgdata / "PG_VERSION").exists():
        _check_major(cluster)
        return
    fresh = cluster.home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    passwords = cluster.home / "password"
    write_private(passwords, password)
    os.chown(passwords, cluster.account.uid, cluster.account.gid)
    command: list[str | Path] = [
        binaries.program("initdb", cluster.programs),
        "-D",
        fresh,
        "-U",
        SUPERUSER,
        f"--pwfile={passwords}",
    ]
    command += ["-A", "scram-sha-256", "-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # With lc-ctype C the trigrams of Chinese words would be empty.
    command += ["--lc-ctype=C.UTF-8", "--lc-collate=C", "--data-checksums"]
    done = subprocess.run(command, capture_output=True, text=True, **_as_server(cluster), check=False)
    passwords.unlink()
    if done.returncode:
        raise Failure(f"initdb failed: {done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no reason'}")
    fresh.rename(cluster.pgdata)


def _check_major(cluster: Cluster) -> None:
    made_by = (cluster.pgdata / "PG_VERSION").read_text(encoding="utf-8").strip()
    major = binaries.version().partition(".")[0]
    if made_by != major:
        raise Failure(
            f"The data were made by PostgreSQL {made_by}, this release carries {major}: back up with the older release, then restore."
        )


def start(cluster: Cluster, log: IO[bytes], extra: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start the server as a child of this process; it shuts down fast when this process dies."""
    clear_stale_pid(cluster)
    options = [f"--{name.replace('_', '-')}={value}" for name, value in (settings() | (extra or {})).items()]
    programs = (binaries.program("postgres", cluster.programs), "-D", cluster.pgdata, "-k", cluster.socket)
    command: list[str | Path] = [*programs, *options]
    server: subprocess.Popen[bytes] = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGINT),
        **_as_server(cluster),
    )
    return server


def settings() -> dict[str, str]:
    """The server's settings, sized to this machine; everything else is PostgreSQL's default."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{max(64, min(2048, memory // 8))}MB",
        "effective_cache_size": f"{max(128, memory // 2)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "random_page_cost": "1.1",
        "jit": "off",
        "max_connections": "120",
        "timezone": "UTC",
        "log_timezone": "UTC",
    }


def clear_stale_pid(cluster: Cluster) -> None:
    """Remove the pid file of a dead server when its number belongs to an unrelated process now, as it does after
    the restart of a container: PostgreSQL would refuse to start. All else it judges better itself."""
    path = cluster.pgdata / "postmaster.pid"
    number = _recorded_pid(path)
    if number is not None and _alive(number) and not processes(cluster):
        path.unlink(missing_ok=True)
        (cluster.socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def running_pid(cluster: Cluster) -> int | None:
    """The process id of the server on this cluster, if one lives."""
    number = _recorded_pid(cluster.pgdata / "postmaster.pid")
    if number is None or not _alive(number):
        return None
    return number if number in processes(cluster) or not PROC.exists() else None


def processes(cluster: Cluster) -> set[int]:
    """All processes that work in the cluster's folder: the server and its children (Linux only)."""
    found = set()
    for entry in PROC.glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(cluster.pgdata.resolve()):
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def _recorded_pid(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="utf-8").split("\n", 1)[0])
    except (OSError, ValueError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _as_server(cluster: Cluster) -> dict[str, Any]:
    """How subprocess runs a program as the server's user, in a folder that this user can enter."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PG"))}
    common: dict[str, Any] = {"cwd": cluster.home, "env": environment | {"LC_ALL": "C"}}
    if not cluster.account.switch:
        return common
    return common | {"user": cluster.account.uid, "group": cluster.account.gid, "extra_groups": []}
