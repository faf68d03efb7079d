"""What all tests share: a real database as the roles of production (see guanxi.project.testing.plugin)."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from guanxi.project.testing.plugin import fresh_database


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Replaces pytest-django's: a copy of the migrated template, two roles instead of one."""
    with django_db_blocker.unblock(), fresh_database():
        yield
