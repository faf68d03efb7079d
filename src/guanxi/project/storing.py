"""Where the bytes of files lie: a folder of the data directory, a bucket of an S3-compatible service, or another storage."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = "django.core.files.storage.FileSystemStorage"
S3 = "storages.backends.s3.S3Storage"


def files_storage(environment: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """The default storage of Django's settings. GUANXI_S3_BUCKET chooses a bucket, GUANXI_FILES_BACKEND any other class."""
    if environment.get("GUANXI_S3_BUCKET"):
        return {"BACKEND": S3, "OPTIONS": _bucket(environment)}
    if environment.get("GUANXI_FILES_BACKEND"):
        return {"BACKEND": environment["GUANXI_FILES_BACKEND"]}
    return {"BACKEND": FOLDER, "OPTIONS": {"location": str(folder)}}


def _bucket(environment: Mapping[str, str]) -> dict[str, Any]:
    """Nothing is public, and nothing is ever written over. Without keys those of the machine (AWS_…, its role) are taken."""
    options: dict[str, Any] = {
        "bucket_name": environment["GUANXI_S3_BUCKET"],
        "default_acl": None,
        "file_overwrite": False,
        "querystring_auth": True,
    }
    given = {
        "endpoint_url": "GUANXI_S3_ENDPOINT",
        "region_name": "GUANXI_S3_REGION",
        "access_key": "GUANXI_S3_ACCESS_KEY",
        "secret_key": "GUANXI_S3_SECRET_KEY",
        "location": "GUANXI_S3_PREFIX",
    }
    options |= {name: environment[variable] for name, variable in given.items() if environment.get(variable)}
    if "endpoint_url" in options:
        # Services other than Amazon's seldom have a host name for each bucket.
        options["addressing_style"] = "path"
    return options
