"""`guanxi serve` and `guanxi demo`: everything of one host, in the foreground."""

import fcntl
import http.client
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from guanxi.project.failure import Failure
from guanxi.project.installation import Installation, opened, start_django
from guanxi.project.paths import DataDir, load_credentials, store_credential
from guanxi.project.postgres.lease import exclusive, is_kept
from guanxi.project.readiness import VARIABLE
from guanxi.project.supervisor.children import Child, stop_all

POLL = 0.2
READY_TIMEOUT = 120.0
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
LARGEST_LOG = 20 * 2**20


@dataclass(frozen=True)
class Address:
    """Where the pages and the live updates are."""

    host: str
    port: int
    stream_port: int

    @property
    def origin(self) -> str:
        """The address that a browser on this machine opens."""
        name = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104
        return f"http://{f'[{name}]' if ':' in name else name}:{self.port}"

    @property
    def local(self) -> str:
        """The address at which our own processes reach each other."""
        return "127.0.0.1" if self.host == "0.0.0.0" else "::1" if self.host == "::" else self.host  # noqa: S104


def serve_installation(folder: Path, host: str, port: int, workers: int) -> None:
    """Serve the installation until a signal comes."""
    with _sole_server(folder), opened(folder) as installation:
        address = choose_address(host, port)
        children = _children(installation, address, workers, {}, logs=False)
        _run(installation, address, children, lambda: None, lambda: _greet(address, []))


def serve_demo(folder: Path, host: str, port: int, workers: int, password: str) -> None:
    """Serve a demonstration company, filled at the first start, until a signal comes."""
    with _sole_server(folder), opened(folder) as installation:
        address = choose_address(host, port)
        secret = demo_password(installation.data, password)
        children = _children(installation, address, workers, {"GUANXI_DEMO": "1"}, logs=True)
        _run(
            installation,
            address,
            children,
            lambda: import_module("guanxi.project.work.demo").fill(secret),
            lambda: _greet(address, _people(secret)),
        )


def demo_password(data: DataDir, given: str) -> str:
    """The password of the demonstration's people: as given, as made at the first start, or made now."""
    with exclusive(data.run / "bootstrap"):
        password = given or load_credentials(data).get("demo_password") or secrets.token_urlsafe(9)
        store_credential(data, "demo_password", password)
        return str(password)


def choose_address(host: str, port: int) -> Address:
    """The ports to listen on; fails when that of the pages is taken. Live updates take the next free one."""
    if not _is_free(host, port):
        raise Failure(f"Port {port} on {host} is in use: choose another with --port.")
    if port < 65535 and _is_free(host, port + 1):
        return Address(host, port, port + 1)
    with socket.socket(_family(host)) as probe:
        probe.bind((host, 0))
        return Address(host, port, probe.getsockname()[1])


def _is_free(host: str, port: int) -> bool:
    with socket.socket(_family(host)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            # A listener that shares its port would let us bind; it does not let us listen.
            probe.listen(1)
        except socket.gaierror:
            raise Failure(f"{host} is no address of this machine.") from None
        except OSError:
            return False
    return True


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


@contextmanager
def _sole_server(folder: Path) -> Iterator[None]:
    """One server per data directory."""
    path = DataDir.at(folder).run / "serve"
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Failure(f"This data directory is served already by process {file.read().strip()}.") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def _prepare(installation: Installation, fill: Callable[[], None]) -> None:
    """Bring the schema up to date and fill in data, in this process. A signal ends it in an orderly way."""
    start_django(installation)
    import_module("guanxi.project.work.schema").migrate()
    fill()


def _run(
    installation: Installation,
    address: Address,
    children: list[Child],
    fill: Callable[[], None],
    greeting: Callable[[], None],
) -> None:
    """Start the processes, which load their code while this one prepares the database, and look after them."""
    prepared = _mark(installation)
    prepared.unlink(missing_ok=True)
    for number in SIGNALS:
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    stopping: list[int] = []
    try:
        for child in children:
            child.start()
        _prepare(installation, fill)
        for number in SIGNALS:
            signal.signal(number, lambda received, _: stopping.append(received))
        prepared.touch()
        _await_ready(address, children, stopping)
        if not stopping:
            greeting()
        while not stopping:
            _watch(installation, children)
            time.sleep(POLL)
    finally:
        print("guanxi: Stopping", file=sys.stderr)
        stop_all(children)


def _mark(installation: Installation) -> Path:
    """The file that tells the processes that the database is prepared."""
    return installation.data.run / "prepared"


def _watch(installation: Installation, children: list[Child]) -> None:
    for child in children:
        child.watch()
    lease = installation.database.lease
    if lease is not None and not is_kept(installation.data):
        print("guanxi: PostgreSQL is gone; starting it again", file=sys.stderr)
        lease.ensure()


def _children(
    installation: Installation, address: Address, workers: int, extra: dict[str, str], *, logs: bool
) -> list[Child]:
    stream = f"{address.origin.rpartition(':')[0]}:{address.stream_port}/stream"
    surroundings = {
        "GUANXI_SUPERVISED": "1",
        VARIABLE: str(_mark(installation)),
        "GUANXI_POOL": "1",
        "GUANXI_ORIGIN": os.environ.get("GUANXI_ORIGIN", address.origin),
        "GUANXI_STREAM_URL": os.environ.get("GUANXI_STREAM_URL", stream),
        "GUANXI_STREAM_ADDRESS": f"{address.local}:{address.stream_port}",
    }
    environment = dict(installation.environment) | surroundings | extra
    plan = {
        "web": ("guanxi.project.web", [address.host, str(address.port), str(workers)]),
        "stream": ("guanxi.project.stream", [address.host, str(address.stream_port)]),
        "worker": ("guanxi.project.worker", []),
    }
    return [
        Child(name, module, arguments, environment, log=_log(installation.data, name) if logs else None)
        for name, (module, arguments) in plan.items()
    ]


def _log(data: DataDir, name: str) -> Path:
    """The log file of a process; a large one is put aside once."""
    path = data.logs / f"{name}.log"
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.1"))
    return path


def _await_ready(address: Address, children: list[Child], stopping: list[int]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT
    while not stopping and time.monotonic() < deadline:
        for child in children:
            child.watch()
        if is_healthy(address.local, address.port):
            return
        time.sleep(0.1)
    if not stopping:
        raise Failure("The server did not become ready; see its log.")


def is_healthy(host: str, port: int) -> bool:
    """Whether GET /healthz answers 200."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _greet(address: Address, lines: list[str]) -> None:
    print(
        f"\n  Guanxi is ready at {address.origin}\n",
        *(f"  {line}" for line in lines),
        "  Ctrl-C stops it.",
        sep="\n",
        flush=True,
    )


def _people(password: str) -> list[str]:
    people = ["admin@demo.example", "manager@demo.example", "sales@demo.example"]
    return [f"{'Sign in as' if index == 0 else '':<11}{person}" for index, person in enumerate(people)] + [
        f"Password   {password}",
        "",
    ]
