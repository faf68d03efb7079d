"""The examples of reverse proxies in the administrator's guide, run by the real programs in front of a small server.

They must hand on who asks and by which name, take files of the largest size, and let live updates through without keeping them back.
"""

import http.client
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.runtime.server import ROOT, free_port

pytestmark = pytest.mark.runtime
GUIDES = [ROOT / "docs" / language / "administrator.md" for language in ("en", "zh")]
UPLOAD = 26 * 1024 * 1024
PAUSE = 1.5


def needs(program: str) -> pytest.MarkDecorator:
    """Skips where the machine has no such program; with CI=true the test then fails by not finding it."""
    missing = shutil.which(program) is None and os.environ.get("CI") != "true"
    return pytest.mark.skipif(missing, reason=f"no {program} on this machine")


class Upstream(BaseHTTPRequestHandler):
    """Tells what it was asked; below /stream two lines with a pause between them."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        if self.path.startswith("/stream"):
            self._stream()
            return
        told = "\n".join(self.headers.get(name, "") for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto"))
        self._answer(told.encode())

    def do_POST(self) -> None:
        """Count what came."""
        self._answer(str(len(self.rfile.read(int(self.headers["Content-Length"])))).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for line in (b"data: first\n\n", b"data: second\n\n"):
            self.wfile.write(line)
            self.wfile.flush()
            time.sleep(PAUSE)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[int]:
    """The port of a server that stands for web (and its successor for the stream)."""
    port = free_port()
    servers = [ThreadingHTTPServer(("127.0.0.1", number), Upstream) for number in (port, port + 1)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield port
    for server in servers:
        server.shutdown()
        server.server_close()


def example(guide: Path, begin: str) -> str:
    """The block of the guide that begins with a line."""
    blocks = re.findall(r"```\w*\n(.*?)```", guide.read_text(encoding="utf-8"), re.S)
    return next(block for block in blocks if block.startswith(begin))


@contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A proxy that answers on the port."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                ask(port, "/")
                break
            except OSError:
                assert process.poll() is None, process.stderr and process.stderr.read().decode()[-2000:]
                assert time.monotonic() < deadline
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def ask(port: int, path: str, body: bytes | None = None) -> str:
    """The text of an answer through the proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST" if body else "GET", path, body, {"Host": "crm.example.com"})
        answer = connection.getresponse()
        assert answer.status == 200, (path, answer.status)
        return answer.read().decode()
    finally:
        connection.close()


def first_line_after(port: int) -> float:
    """How long the first live update takes to come through."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.monotonic()
    connection.request("GET", "/stream?token=x", headers={"Host": "crm.example.com"})
    answer = connection.getresponse()
    assert answer.readline() == b"data: first\n"
    took = time.monotonic() - began
    connection.close()
    return took


def hands_on(port: int) -> None:
    """What both examples owe."""
    host, caller, scheme = ask(port, "/accounts/").split("\n")
    assert (host, caller, scheme) == ("crm.example.com", "127.0.0.1", scheme)
    assert scheme in ("http", "https")
    assert ask(port, "/accounts/import/", b"x" * UPLOAD) == str(UPLOAD)
    assert first_line_after(port) < PAUSE


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
@needs("caddy")
def test_caddy(guide: Path, upstream: int, tmp_path: Path) -> None:
    port = free_port()
    text = example(guide, "crm.example.com {").replace("crm.example.com {", f"http://crm.example.com:{port} {{")
    text = text.replace("127.0.0.1:8001", f"127.0.0.1:{upstream + 1}").replace(
        "127.0.0.1:8000", f"127.0.0.1:{upstream}"
    )
    file = tmp_path / "Caddyfile"
    # The real example fetches a certificate; its own control port would meet that of another test.
    file.write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text, encoding="utf-8")
    with running(["caddy", "run", "--config", str(file), "--adapter", "caddyfile"], port):
        hands_on(port)


@pytest.mark.parametrize("guide", GUIDES, ids=["en", "zh"])
@needs("nginx")
def test_nginx(guide: Path, upstream: int, tmp_path: Path) -> None:
    port = free_port()
    text = re.sub(r"\n\s*ssl_certificate.*", "", example(guide, "server {"))
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    text = text.replace("127.0.0.1:8001", f"127.0.0.1:{upstream + 1}").replace(
        "127.0.0.1:8000", f"127.0.0.1:{upstream}"
    )
    folders = "\n".join(
        f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"daemon off; pid {tmp_path / 'pid'}; error_log {tmp_path / 'log'};\nevents {{}}\nhttp {{\naccess_log off;\n{folders}\n{text}}}\n",
        encoding="utf-8",
    )
    # nginx drops its rights, where it was started as root.
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    with running(["nginx", "-c", str(file), "-p", str(tmp_path)], port):
        hands_on(port)
