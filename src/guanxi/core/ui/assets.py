"""Addresses of built front-end files, read from the bundle's manifest."""

import json
import time
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static

BUNDLE = Path(__file__).resolve().parent.parent / "static" / "bundle"


@lru_cache(maxsize=2)
def _manifest(changed_at: int) -> dict[str, str]:
    """The manifest as it was at `changed_at`: a rebuilt bundle is seen without a restart."""
    loaded: dict[str, str] = json.loads((BUNDLE / "manifest.json").read_text("utf-8"))
    return loaded


def asset(name: str) -> str:
    """The address of a bundle file by its plain name, such as `main.js`.

    Without a built bundle the plain name is returned, so that pages render (unstyled) in unit tests.
    """
    changed_at = _changed_at(int(time.monotonic()))
    return _address(_manifest(changed_at).get(name, name) if changed_at else name)


@lru_cache(maxsize=1)
def _changed_at(_second: int) -> int:
    """When the bundle was built, 0 without one; looked at once a second, though a page asks some sixty times."""
    try:
        return (BUNDLE / "manifest.json").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=256)
def _address(name: str) -> str:
    """Computed once: a page asks for it some sixty times."""
    return static(f"bundle/{name}")
