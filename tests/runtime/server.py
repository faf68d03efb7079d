"""A whole served installation for the runtime tests, in processes of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guanxi.project.paths import DataDir
from guanxi.project.testing.template import clean_environment

ROOT = Path(__file__).resolve().parents[2]
# A shared, busy machine is no failure.
PATIENCE = 400.0
WAIT = 90.0


@dataclass
class Server:
    """`guanxi serve` on a data directory."""

    data: DataDir
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    known: dict[str, int] = field(default_factory=dict)

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Status and body of /healthz; status 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            return 0, {}
        finally:
            connection.close()

    def wait_ready(self) -> None:
        """Wait until everything works."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"serve ended with {self.process.returncode}: {self.log.read_text()[-3000:]}")
            if self.healthz()[0] == 200:
                return
            time.sleep(0.1)
        raise AssertionError(f"not ready: {self.healthz()} {self.log.read_text()[-3000:]}")

    def processes(self) -> dict[int, str]:
        """All processes of this installation: pid → command line."""
        marker = str(self.data.root)
        return {
            pid: line
            for pid, (line, environment) in _all_processes().items()
            if marker in line or marker in environment
        }

    def find(self, *words: str) -> list[int]:
        """The pids whose command line has all the words."""
        return sorted(pid for pid, line in self.processes().items() if all(word in line for word in words))

    def stop(self) -> None:
        """End as an administrator would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=40)


def start(data: DataDir, *, port: int | None = None, command: str = "serve", **environment: str) -> Server:
    """Start a server in the background."""
    chosen = port or free_port()
    arguments = [command, "--data", str(data.root), "--port", str(chosen), "--workers", "2"]
    log = data.root / f"{command}.out"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "guanxi.project.cli", *arguments],
            env=clean_environment() | {"PYTHONPATH": str(ROOT / "src")} | environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return Server(data, chosen, process, log)


def free_port() -> int:
    """A port that is free, with its successor."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return int(port)


def guanxi(data: DataDir, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the installation."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "guanxi.project.cli", *arguments, "--data", str(data.root)],
        env=clean_environment() | {"PYTHONPATH": str(ROOT / "src")} | environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def until(condition: Callable[[], Any], what: str, seconds: float = WAIT) -> None:
    """Wait for `condition`; fails when it does not come true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def children_of(pid: int) -> list[int]:
    """The pids of the processes that this one started."""
    found: list[int] = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/stat") as file:
                    parent = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                continue
            if parent == pid:
                found.append(int(entry.name))
    return sorted(found)


def _all_processes() -> dict[int, tuple[str, str]]:
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = (entry / "environ").read_bytes().decode(errors="replace")
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if line and state != "Z" and int(entry.name) != os.getpid():
            found[int(entry.name)] = (line, environment)
    return found
