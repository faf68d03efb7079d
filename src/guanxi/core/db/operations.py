"""Migration operations that respect row-level security."""

from collections.abc import Callable
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from guanxi.core.tenancy import tenant_tx

TenantStep = Callable[[Any, BaseDatabaseSchemaEditor], None]


class ForEachTenant(migrations.RunPython):
    """A data migration run once per tenant inside `tenant_tx`.

    Under FORCE ROW LEVEL SECURITY even the owner's UPDATE silently changes no row unless a tenant is set,
    so plain `RunPython` must not touch tenant tables.
    """

    def __init__(self, step: TenantStep, reverse: TenantStep | None = None) -> None:
        super().__init__(_looped(step), _looped(reverse) if reverse else migrations.RunPython.noop)
        self.step = step
        self.reverse_step = reverse

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As Django's operations do, so that a squash can write this one out again."""
        return type(self).__qualname__, [self.step, self.reverse_step], {}


def _looped(step: TenantStep) -> TenantStep:
    def run(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        using = schema_editor.connection.alias
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT id FROM identity_tenant ORDER BY id")
            tenant_ids = [row[0] for row in cursor.fetchall()]
        for tenant_id in tenant_ids:
            with tenant_tx(tenant_id, using=using):
                step(apps, schema_editor)

    return run
