"""While the database is being prepared, visitors and load balancers are told so."""

from pathlib import Path

import pytest
from django.test import RequestFactory

from guanxi.project import readiness
from guanxi.project.wsgi import application


def _answer(path: str) -> tuple[str, dict[str, str], bytes]:
    seen: list[tuple[str, list[tuple[str, str]]]] = []
    environ = RequestFactory().get(path).environ
    body = b"".join(application(environ, lambda status, headers, _error=None: seen.append((status, headers))))  # type: ignore[arg-type, func-returns-value]
    return seen[0][0], dict(seen[0][1]), body


def test_everything_is_unavailable_until_the_mark_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = tmp_path / "prepared"
    monkeypatch.setenv(readiness.VARIABLE, str(mark))
    monkeypatch.setattr(readiness, "_known", False)

    status, headers, body = _answer("/accounts/")
    assert (status, headers["Retry-After"]) == ("503 Service Unavailable", "2")
    assert "正在准备".encode() in body and b"being prepared" in body
    assert _answer("/api/v1/accounts")[0] == "503 Service Unavailable"
    assert _answer("/healthz")[2] == b'{"status":"preparing","parts":{}}'

    mark.touch()
    assert readiness.is_prepared()
    mark.unlink()
    assert readiness.is_prepared(), "what is prepared stays prepared"


def test_where_nobody_prepares_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(readiness.VARIABLE, raising=False)
    monkeypatch.setattr(readiness, "_known", False)
    readiness.await_prepared()
    assert readiness.is_prepared()
