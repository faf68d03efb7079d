"""A worker process that knows the sample jobs: `python -m guanxi.core.tests.sample_worker`."""

import os
from importlib import import_module

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guanxi.project.settings")
    django.setup()
    import_module("guanxi.core.tests.sample_jobs")
    import_module("guanxi.core.worker").run_worker(beat=0.3, silence=1.5)
