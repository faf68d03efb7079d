"""The promise of the README on a machine with nothing: a bare Debian with Python, git and certificates only.

A machine that already has things hides what is missing. So the demonstration runs as root in a bare root directory,
from a clone below a home that only root may enter.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi.project.paths import DataDir
from tests.runtime.quote_journey import read_back_quote
from tests.runtime.server import ROOT, Server, free_port

pytestmark = [pytest.mark.runtime, pytest.mark.bare]

SUITE = "bookworm"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "guanxi-test" / SUITE
HOME = "root"
# How this machine reaches package indexes holds in the bare root too.
PASSED_ON = (
    "PIP_CERT",
    "PIP_INDEX_URL",
    "PIP_DEFAULT_TIMEOUT",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
)
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
PATIENCE = 1200


def test_demo_on_a_bare_machine(bare_root: Path) -> None:
    clone = bare_root / HOME / "guanxi"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    (bare_root / HOME).chmod(0o700)
    port = free_port()
    log = bare_root / "demo.log"
    with log.open("wb") as output:
        command = _inside(
            bare_root, f"/{HOME}/guanxi/guanxi", "demo", "--port", str(port), "--data", f"/{HOME}/guanxi/.guanxi"
        )
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    server = Server(DataDir(clone / ".guanxi"), port, process, log)
    try:
        _wait(server)
        made = _inside(
            bare_root,
            f"/{HOME}/guanxi/guanxi",
            "token",
            "create",
            "--tenant",
            "demo",
            "--user",
            "sales@demo.example",
            "--data",
            f"/{HOME}/guanxi/.guanxi",
        )
        token = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
        read_back_quote(port, token)
    finally:
        server.stop()
    assert process.returncode == 0
    # PostgreSQL could not enter the home, so its cluster lies where its own user can.
    assert (bare_root / "var/lib/guanxi").is_dir()


@pytest.fixture
def bare_root() -> Iterator[Path]:
    """A fresh copy of the bare system, with the kernel's file systems mounted."""
    if os.geteuid() != 0 or not _debootstrap():
        reason = "needs root and debootstrap"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    if not CACHE.exists():
        fresh = CACHE.with_name(f"{SUITE}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        packages = "--include=python3,git,ca-certificates"
        subprocess.run(
            ["debootstrap", "--variant=minbase", packages, SUITE, str(fresh)], check=True, stdout=subprocess.DEVNULL
        )
        fresh.rename(CACHE)
    root = Path(tempfile.mkdtemp(prefix="guanxi-bare-"))
    root.chmod(0o755)
    subprocess.run(["cp", "-a", "--reflink=auto", f"{CACHE}/.", str(root)], check=True)
    for name in ("etc/resolv.conf", "etc/ssl/certs/ca-certificates.crt"):
        shutil.copy(f"/{name}", root / name)
    subprocess.run(["mount", "--bind", "/dev", str(root / "dev")], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", str(root / "proc")], check=True)
    yield root
    _end_processes(root)
    for name in ("proc", "dev"):
        subprocess.run(["umount", str(root / name)], check=True)
    shutil.rmtree(root)


def _debootstrap() -> bool:
    if shutil.which("debootstrap") is None and shutil.which("apt-get"):
        for command in (["update"], ["install", "-y", "--no-install-recommends", "debootstrap"]):
            subprocess.run(["apt-get", "-qq", *command], stdout=subprocess.DEVNULL, check=False)
    return shutil.which("debootstrap") is not None


def _inside(root: Path, *command: str) -> list[str]:
    passed = [f"{name}={os.environ[name]}" for name in (*PASSED_ON, *PROXIES) if name in os.environ]
    clean = ["/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", f"HOME=/{HOME}", *passed]
    return ["chroot", str(root), *clean, *command]


def _wait(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.healthz()[0] != 200:
        assert server.process.poll() is None, server.log.read_text(errors="replace")[-5000:]
        assert time.monotonic() < deadline, server.log.read_text(errors="replace")[-5000:]
        time.sleep(0.5)


def _end_processes(root: Path) -> None:
    """Whatever still runs inside, so that its file systems can be unmounted."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            inside = os.readlink(entry / "root") == str(root)
        except OSError:
            continue
        if inside:
            os.kill(int(entry.name), signal.SIGKILL)
    time.sleep(0.5)
