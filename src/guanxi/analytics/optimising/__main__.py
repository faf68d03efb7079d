"""The process of the optimiser: `python -m guanxi.analytics.optimising --tenant ID --plan ID` computes one plan and ends.

Exit codes: 0 done, 1 the plan could not be kept or failed (its row says why).
"""

import argparse
import os
import sys
from importlib import import_module
from uuid import UUID

import django

POLITE = 10


def main() -> int:
    """Compute; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m guanxi.analytics.optimising")
    parser.add_argument("--tenant", type=UUID, required=True)
    parser.add_argument("--plan", type=UUID, required=True)
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
    os.environ.setdefault("GUANXI_POOL", "0")
    # Pages come first.
    os.nice(POLITE)
    django.setup()
    # The models can be imported only once Django is loaded.
    computing = import_module("guanxi.analytics.optimising.computing")
    return 0 if computing.compute_plan(asked.tenant, asked.plan) else 1


if __name__ == "__main__":
    sys.exit(main())
