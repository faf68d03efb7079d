"""`guanxi demo` on this machine: from nothing to a sent quote, and again on the second start."""

import os
from pathlib import Path

import pytest

from guanxi.project.paths import DataDir, load_credentials
from tests.runtime.quote_journey import read_back_quote
from tests.runtime.server import guanxi, start

pytestmark = pytest.mark.runtime


def test_demo_from_nothing(empty_data: DataDir, tmp_path: Path) -> None:
    server = start(empty_data, command="demo")
    try:
        server.wait_ready()
        password = load_credentials(empty_data)["demo_password"]
        token = guanxi(empty_data, "token", "create", "--tenant", "demo", "--user", "sales@demo.example").stdout.strip()
        read_back_quote(server.port, token)
    finally:
        server.stop()
    first = server.log.read_text(encoding="utf-8")
    assert f"Guanxi is ready at http://127.0.0.1:{server.port}" in first
    assert f"Password   {password}" in first

    again = start(empty_data, command="demo")
    try:
        again.wait_ready()
        if os.environ.get("GUANXI_CHROMIUM"):
            take_one_picture(empty_data, again.port, tmp_path)
    finally:
        again.stop()
    assert load_credentials(empty_data)["demo_password"] == password


def take_one_picture(data: DataDir, port: int, folder: Path) -> None:
    name = "my-day-en-light-desktop"
    done = guanxi(data, "screenshots", str(folder), "--address", f"http://127.0.0.1:{port}", "--only", name)
    assert done.stdout.splitlines() == [f"{name}.png"]
    picture = (folder / f"{name}.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    assert [int.from_bytes(picture[at : at + 4], "big") for at in (16, 20)] == [1440, 900]
