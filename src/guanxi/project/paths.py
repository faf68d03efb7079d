"""Where one installation keeps its things: the data directory and what lies in it."""

import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class DataDir:
    """The data directory of one installation (`--data DIR`, `GUANXI_DATA`)."""

    root: Path

    @classmethod
    def at(cls, path: str | Path) -> "DataDir":
        """The data directory at `path`, made when missing. Other people may enter it but not look around:
        PostgreSQL runs as a user of its own when we are root."""
        root = Path(path).expanduser().resolve()
        root.mkdir(parents=True, exist_ok=True)
        root.chmod(0o711 if os.geteuid() == 0 else 0o700)
        return cls(root)

    @property
    def credentials(self) -> Path:
        """The file of all passwords and keys, readable by its owner only."""
        return self.root / "credentials.json"

    @property
    def files(self) -> Path:
        """The folder of uploaded files and made documents."""
        return private(self.root / "files")

    @property
    def logs(self) -> Path:
        """The folder of logs, one file per process."""
        return private(self.root / "logs")

    @property
    def run(self) -> Path:
        """The folder of locks and process ids."""
        return private(self.root / "run")


def private(folder: Path) -> Path:
    """`folder`, made when missing, closed to everybody else."""
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def write_private(path: Path, content: str) -> None:
    """Replace `path` by `content` in one step, readable by its owner only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(name, path)


def load_credentials(data: DataDir) -> dict[str, Any]:
    """The credentials of the installation; what is missing is made and stored. Call under a lock."""
    stored: dict[str, Any] = {}
    if data.credentials.exists():
        stored = json.loads(data.credentials.read_text(encoding="utf-8"))
    made = {name: secrets.token_urlsafe(32) for name in ("superuser", "owner", "app", "backup", "secret_key")}
    # No dash or underscore: it becomes part of folder names.
    complete = {"instance": secrets.token_hex(6)} | made | stored
    if complete != stored:
        write_private(data.credentials, json.dumps(complete, indent=1))
    return complete


def store_credential(data: DataDir, name: str, value: str) -> None:
    """Keep one more secret, such as the password of the demonstration."""
    write_private(data.credentials, json.dumps(load_credentials(data) | {name: value}, indent=1))
