"""The caller's address behind reverse proxies."""

import pytest

from guanxi.project.forwarded import trust_proxies


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "10.9.9.9, 203.0.113.7", "203.0.113.7"),
        (2, "10.9.9.9, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        (1, "2001:db8::1", "2001:db8::1"),
        (3, "203.0.113.7", "127.0.0.1"),
        (1, "", "127.0.0.1"),
        (1, "nonsense", "127.0.0.1"),
    ],
)
def test_only_what_own_proxies_say_counts(proxies: int, header: str, address: str) -> None:
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": header}
    trust_proxies(environ, proxies)
    assert environ == {"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": header}
