"""Files in a bucket: the S3 storage against a real server that speaks its protocol (moto), with a client as production has it.

Server and client are not among the locked packages, because they are large: they come into a virtual environment of their own, once.
"""

import os
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from guanxi.project.paths import DataDir, load_credentials
from guanxi.project.postgres.cluster import DATABASE, locate
from guanxi.project.postgres.lease import acquire
from guanxi.project.storing import files_storage
from guanxi.project.testing.template import clean_environment
from tests.runtime.server import ROOT, free_port, guanxi

pytestmark = pytest.mark.runtime
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or "/var/cache") / "guanxi-test" / "s3"
PACKAGES = ("moto[s3,server]>=5,<6", "boto3>=1.35")


@pytest.fixture(scope="module")
def packages() -> Path:
    """The site-packages of server and client; skipped where they cannot be installed, a failure with CI=true."""
    python = CACHE / "bin" / "python"
    site = CACHE / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    if not (CACHE / "complete").exists():
        try:
            venv.create(CACHE, with_pip=True, clear=True)
            subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, timeout=600)
        except (OSError, subprocess.SubprocessError) as error:
            reason = f"no S3 server to be had: {error}"
            if os.environ.get("CI") == "true":
                pytest.fail(reason)
            pytest.skip(reason)
        (CACHE / "complete").touch()
    return site


@pytest.fixture(scope="module")
def endpoint(packages: Path) -> Iterator[str]:
    """A running server with the bucket `guanxi`."""
    port = free_port()
    command = [CACHE / "bin" / "python", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _put(f"{address}/guanxi", process)
        yield address
    finally:
        process.terminate()
        process.wait()


def _put(url: str, process: "subprocess.Popen[bytes]") -> None:
    """Make the bucket, as soon as the server answers."""
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, method="PUT"), timeout=5).close()
            return
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)


def test_files_live_in_a_bucket(migrated_data: DataDir, packages: Path, endpoint: str) -> None:
    lease = acquire(migrated_data)
    try:
        made = guanxi(
            migrated_data, "tenant", "create", "acme", "--admin", "a@acme.example", "--password", "correct horse 9"
        )
        assert made.returncode == 0, made.stderr
        credentials = load_credentials(migrated_data)
        url = locate(migrated_data, credentials["instance"]).url("guanxi_app", credentials["app"], DATABASE)
        environment = clean_environment() | {
            "PYTHONPATH": f"{ROOT / 'src'}:{packages}",
            "DJANGO_SETTINGS_MODULE": "guanxi.project.settings",
            "DATABASE_URL": url,
            "GUANXI_DATA": str(migrated_data.root),
            "GUANXI_SECRET_KEY": credentials["secret_key"],
            "GUANXI_S3_BUCKET": "guanxi",
            "GUANXI_S3_ENDPOINT": endpoint,
            "GUANXI_S3_REGION": "us-east-1",
            "GUANXI_S3_ACCESS_KEY": "key",
            "GUANXI_S3_SECRET_KEY": "secret",
            "GUANXI_S3_PREFIX": "crm",
        }
        walk = [sys.executable, "-P", str(Path(__file__).with_name("s3_walk.py"))]
        done = subprocess.run(walk, env=environment, capture_output=True, text=True, timeout=180, check=False)
        assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr[-3000:]
        assert list(migrated_data.files.iterdir()) == []
    finally:
        lease.close()


def test_the_environment_chooses_the_storage(tmp_path: Path) -> None:
    folder = files_storage({}, tmp_path)
    assert folder == {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    assert files_storage({"GUANXI_FILES_BACKEND": "some.Storage"}, tmp_path) == {"BACKEND": "some.Storage"}
    bucket = files_storage({"GUANXI_S3_BUCKET": "b", "GUANXI_S3_REGION": "cn-north-1"}, tmp_path)
    assert bucket["OPTIONS"] == {
        "bucket_name": "b", "default_acl": None, "file_overwrite": False, "querystring_auth": True, "region_name": "cn-north-1",
    }  # fmt: skip
