"""A bare tenant, committed, for what works across transactions and processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from guanxi.core.ids import new_id


def make_tenant(slug: str, *, active: bool = True) -> UUID:
    """Insert a tenant's row alone: the ground floor needs no more."""
    tenant_id = new_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_tenant (id, slug, name, is_active) VALUES (%s, %s, %s, %s)",
            [tenant_id, slug, slug, active],
        )
    return tenant_id


@pytest.fixture
def tenant_id(transactional_db: None) -> UUID:
    """A committed tenant; everything is removed after the test."""
    return make_tenant("one")


@pytest.fixture
def other_tenant_id(transactional_db: None) -> UUID:
    """A second committed tenant."""
    return make_tenant("two")


@pytest.fixture
def storage_folder(settings: Any, tmp_path: Path) -> Iterator[None]:
    """Files of this test in a folder of its own."""
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}},
    }
    yield
