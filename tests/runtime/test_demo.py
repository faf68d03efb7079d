"""`guanxi demo` on this machine: from nothing to a sent quote, and again on the second start."""

import pytest

from guanxi.project.paths import DataDir, load_credentials
from tests.runtime.quote_journey import read_back_quote
from tests.runtime.server import guanxi, start

pytestmark = pytest.mark.runtime


def test_demo_from_nothing(empty_data: DataDir) -> None:
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
    finally:
        again.stop()
    assert load_credentials(empty_data)["demo_password"] == password
