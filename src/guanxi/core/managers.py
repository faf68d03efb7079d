"""Query sets of tenant tables: filtered by tenant in Django too, so that a sharded engine can route."""

from typing import Any, TypeVar

from django.db import models

from guanxi.core.tenancy import current_tenant_id

M = TypeVar("M", bound=models.Model, covariant=True)


class TenantManager(models.Manager[M]):
    """Default manager of `TenantModel`: rows of the running tenant only. Raises `NoTenant` outside `tenant_tx`."""

    def get_queryset(self) -> models.QuerySet[M, M]:
        """All rows of the running tenant."""
        return super().get_queryset().filter(tenant_id=current_tenant_id())

    @classmethod
    def of(cls, queryset_class: type[models.QuerySet[Any, Any]]) -> "TenantManager[Any]":
        """A manager that offers the methods of `queryset_class`."""
        return cls.from_queryset(queryset_class)()
