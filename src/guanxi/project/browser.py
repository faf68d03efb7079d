"""Where Chromium is: the one place that looks for it."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_on_this_machine() -> str | None:
    """The path in GUANXI_CHROMIUM, else the first known browser on the path, else None."""
    return os.environ.get("GUANXI_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
