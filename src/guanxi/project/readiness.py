"""Whether the database is prepared: processes start beside its preparation, because loading their code takes as long.

The supervisor names a file in `GUANXI_PREPARED` and makes it when the schema is current and the data are in.
"""

import os
import time
from pathlib import Path

VARIABLE = "GUANXI_PREPARED"
PAUSE = 0.1
# For a visitor before the first page can be shown; no language is known yet, so both are spoken.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="2"><title>Guanxi</title></head>
<body><p>Guanxi is being prepared. This page looks again by itself.</p><p lang="zh-Hans">正在准备，页面会自动刷新。</p></body></html>
"""

_known = False


def is_prepared() -> bool:
    """True once the database is prepared; also where nobody prepares it, as under another supervisor."""
    global _known
    if not _known:
        name = os.environ.get(VARIABLE, "")
        _known = not name or Path(name).exists()
    return _known


def await_prepared() -> None:
    """Wait for it."""
    while not is_prepared():
        time.sleep(PAUSE)
