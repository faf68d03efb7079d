"""Who really calls, where reverse proxies stand in front: for throttling and the access log."""

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment


def trust_proxies(environ: "WSGIEnvironment", proxies: int) -> None:
    """Put the caller's address, as the outermost of `proxies` own proxies saw it, into REMOTE_ADDR.

    Each proxy appends the address it was called from to X-Forwarded-For, so the last ones are ours and what stands before
    them is the caller's own claim. Nothing changes with 0 proxies, or when the header is shorter or holds no address there.
    """
    chain = str(environ.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    if not 0 < proxies <= len(chain):
        return
    try:
        environ["REMOTE_ADDR"] = str(ipaddress.ip_address(chain[-proxies].strip()))
    except ValueError:
        return
