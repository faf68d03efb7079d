"""Whether a visitor sits at this machine and this is a demonstration."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest


def is_local_demo(request: HttpRequest) -> bool:
    """True in a demonstration when caller and address are both of this machine, without a proxy between."""
    proxied = any(name in request.META for name in ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"))
    return settings.DEMO and not proxied and _loopback(request.META.get("REMOTE_ADDR", "")) and _loopback_host(request)


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _loopback_host(request: HttpRequest) -> bool:
    host = urlsplit(f"//{request.get_host()}").hostname or ""
    return host == "localhost" or _loopback(host)
