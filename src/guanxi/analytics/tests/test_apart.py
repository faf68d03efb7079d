"""Pages and workers never load what computes: it takes seconds and hundreds of megabytes."""

import os
import subprocess
import sys

HEAVY = ("ibis", "duckdb", "pyarrow", "pandas", "sklearn", "pyspark")
LOADED = f"""
import django, sys
django.setup()
import guanxi.project.urls
import guanxi.core.worker, guanxi.analytics.tasks
print(sorted({{name.split(".")[0] for name in sys.modules}} & set({HEAVY!r})))
"""


def test_a_process_with_pages_loads_nothing_that_computes() -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "guanxi.project.settings"}
    found = subprocess.run(
        [sys.executable, "-P", "-c", LOADED], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"
