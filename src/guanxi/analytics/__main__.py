"""The process of analytics: `python -m guanxi.analytics --tenant ID --run ID` computes one planned run and ends.

Without --run it only brings the company's warehouse up to date.

Exit codes: 0 done, 1 failed (the run's row says why), 75 another process works for this company.
"""

import argparse
import os
import sys
from importlib import import_module
from uuid import UUID

import django

BUSY = 75
POLITE = 10


def main() -> int:
    """Compute; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guanxi.analytics")
    parser.add_argument("--tenant", type=UUID, required=True)
    parser.add_argument("--run", type=UUID)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
    os.environ.setdefault("GUANXI_POOL", "0")
    # Threads of small products of matrices wait for each other where others keep the cores busy: minutes instead of seconds.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Pages come first.
    os.nice(POLITE)
    django.setup()
    # The models can be imported only once Django is loaded.
    runner = import_module("guanxi.analytics.compute.runner")
    following = import_module("guanxi.analytics.compute.following")
    store = import_module("guanxi.analytics.warehouse.store")
    try:
        if asked.run is None:
            following.follow(asked.tenant)
            return 0
        return 0 if runner.run(asked.tenant, asked.run) else 1
    except store.Busy:
        print("guanxi: another run of this company is under way.", file=sys.stderr)
        return BUSY


if __name__ == "__main__":
    sys.exit(main())
