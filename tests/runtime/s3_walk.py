"""Run by test_s3.py in a process of its own: files of a company in a bucket, from upload to the sweep. Prints `done`."""

from datetime import timedelta

import django
from django.core.files.storage import default_storage

django.setup()

from guanxi.core import files  # noqa: E402
from guanxi.core.errors import NotFound  # noqa: E402
from guanxi.core.files import delete_file, open_file, purge_deleted, restore_file, store_file, sweep_orphans  # noqa: E402
from guanxi.core.models import StoredFile  # noqa: E402
from guanxi.core.tenancy import tenant_tx  # noqa: E402
from guanxi.identity.models import Tenant  # noqa: E402

TEXT = "往来文件".encode()


class Undone(Exception):
    """Takes a transaction back."""


def walk() -> None:
    """Every function of core.files that touches the storage."""
    tenant = Tenant.objects.get().id
    with tenant_tx(tenant):
        kept = store_file(name="报价.txt", content=TEXT)
        gone = store_file(name="gone.txt", content=b"gone")
    assert kept.storage_key.startswith(f"{tenant}/")
    with tenant_tx(tenant):
        with open_file(kept) as file:
            assert file.read() == TEXT
        delete_file(kept.id)
        restore_file(kept.id)
        delete_file(gone.id)
        StoredFile.objects.filter(id=gone.id).update(deleted_at=gone.created_at - timedelta(days=31))
        assert purge_deleted() == 1
        assert not default_storage.exists(gone.storage_key)
    lost = ""
    try:
        with tenant_tx(tenant):
            lost = store_file(name="lost.txt", content=b"lost").storage_key
            raise Undone
    except Undone:
        assert default_storage.exists(lost)
    with tenant_tx(tenant):
        assert sweep_orphans() == 0
        files.KEEP_ORPHANS = timedelta(seconds=-5)
        assert sweep_orphans() == 1
        assert not default_storage.exists(lost)
        with open_file(kept) as file:
            assert file.read() == TEXT
        default_storage.delete(kept.storage_key)
        try:
            open_file(kept)
        except NotFound:
            print("done")


walk()
