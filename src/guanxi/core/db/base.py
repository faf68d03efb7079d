"""Django's PostgreSQL backend, with a schema editor that knows what a tenant's table is."""

from django.db.backends.postgresql.base import DatabaseWrapper as PostgresWrapper

from guanxi.core.db.schema import TenantSchemaEditor


class DatabaseWrapper(PostgresWrapper):
    """PostgreSQL whose tenant tables carry composite keys and row-level security."""

    SchemaEditorClass = TenantSchemaEditor
