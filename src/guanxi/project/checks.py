"""`guanxi test`: every check in one go, pytest last. The first failing check does not hide the others."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from guanxi.project.browser import browser_on_this_machine
from guanxi.project.catalogues import gaps
from guanxi.project.failure import Failure
from guanxi.project.frontend import FRONTEND, build, run_npm

PROXIES = ("nginx", "caddy")
ROOT = Path(__file__).resolve().parents[3]


def run_all(arguments: list[str]) -> int:
    """Run the checks and pytest with `arguments`; returns the exit code. With arguments, the other checks are left out:
    whoever names a test wants that test."""
    failed = [] if arguments else [name for name, check in _checks() if not _passes(name, check)]
    if not arguments:
        find_proxies()
        find_spark()
    browser = find_browser()
    if browser is None:
        if os.environ.get("CI") == "true":
            failed.append("browser")
        print(
            "\n!!! NO CHROMIUM: ALL BROWSER TESTS ARE SKIPPED. Install it (on Debian: apt install chromium).\n",
            flush=True,
        )
    if failed:
        print(f"\nFailed before the tests: {', '.join(failed)}\n", flush=True)
    code = _pytest(arguments, browser)
    return code or (1 if failed else 0)


def _checks() -> list[tuple[str, Callable[[], bool]]]:
    return [
        ("ruff check", lambda: _tool("ruff", "check", ".")),
        ("ruff format", lambda: _tool("ruff", "format", "--check", ".")),
        ("mypy", lambda: _tool("mypy")),
        ("import contracts", lambda: _tool("lint-imports")),
        ("catalogues", _catalogues_complete),
        ("front end", _frontend_sound),
    ]


def _passes(name: str, check: Callable[[], bool]) -> bool:
    print(f"--- {name}", flush=True)
    return check()


def _tool(name: str, *arguments: str) -> bool:
    program = Path(sys.executable).parent / name
    return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode == 0


def _catalogues_complete() -> bool:
    missing = list(gaps())
    for line in missing:
        print(line)
    return not missing


def _frontend_sound() -> bool:
    if not (FRONTEND / "package.json").exists():
        return True
    try:
        run_npm("run", "check")
        build()
    except Failure as failure:
        print(failure)
        return False
    return True


def find_browser() -> str | None:
    """Chromium's path; Debian's package is installed when we may and it is missing."""
    found = browser_on_this_machine()
    if found is None:
        _install("chromium", "fonts-noto-cjk")
        found = browser_on_this_machine()
    return found


def find_proxies() -> None:
    """The programs that the administrator's guide gives examples for. Only CI installs them, and fails without: they are servers."""
    for program in PROXIES:
        if shutil.which(program) is None and os.environ.get("CI") == "true":
            _install(program)
        if shutil.which(program) is None:
            print(f"!!! no {program}: its example in the administrator's guide is not tried.", flush=True)


def find_spark() -> None:
    """The extra `spark` where there is Java, so that its engine is compared with the embedded one. CI installs Java too."""
    if shutil.which("java") is None and os.environ.get("CI") == "true":
        _install("default-jre-headless")
    if shutil.which("java") is None:
        print("!!! no Java: the frames are not compared on Spark.", flush=True)
    elif find_spec("pyspark") is None:
        print("--- installing the extra spark", flush=True)
        uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}") or "uv"
        wanted = [
            "--quiet",
            "--python",
            sys.executable,
            "--require-hashes",
            "-r",
            str(ROOT / "requirements-spark.lock"),
        ]
        subprocess.run([uv, "pip", "install", *wanted], cwd=ROOT, check=False)


def _install(*packages: str) -> None:
    """Packages of the operating system, where we may install any."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"--- installing {' '.join(packages)}", flush=True)
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", "-qq", *command], env=quiet, stdout=subprocess.DEVNULL, check=False)


def _pytest(arguments: list[str], browser: str | None) -> int:
    environment = os.environ | ({"GUANXI_CHROMIUM": browser} if browser else {})
    parallel = (
        []
        if any(argument.startswith(("-n", "-p", "--pdb")) for argument in arguments)
        else ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    )
    # What takes longest is said, so that the time of all checks is kept an eye on.
    slowest = [] if arguments else ["--durations=60", "--durations-min=2"]
    command = [sys.executable, "-P", "-m", "pytest", *parallel, *slowest, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
