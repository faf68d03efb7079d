"""Bringing a database up to date: rights of the app role first, then every room's migrations as the owner."""

from django.apps import apps
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from guanxi.project.folding import folded

# Written by the app role, never altered by it. The erasure of a person runs as the owner.
APPEND_ONLY = ("core_change", "core_accessentry")


def migrate_database() -> None:
    """Create or update all tables as the owner role and grant the app role what it needs. Safe to repeat."""
    grant_rights()
    executor = MigrationExecutor(connections["owner"])
    for migration in executor.loader.graph.nodes.values():
        migration.operations = folded(migration.operations)
    targets = executor.loader.graph.leaf_nodes()
    plan = executor.migration_plan(targets)
    emit_pre_migrate_signal(0, False, "owner", apps=executor.loader.project_state().apps, plan=plan)
    executor.migrate(targets, plan)
    emit_post_migrate_signal(0, False, "owner", apps=apps, plan=plan)
    grant_rights()


def grant_rights() -> None:
    """Rights of the app role on all present and future tables; append-only tables lose UPDATE and DELETE."""
    app = connections["default"].ops.quote_name(str(settings.DATABASES["default"]["USER"]))
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {app}")
        for future in ("", "ALTER DEFAULT PRIVILEGES IN SCHEMA public "):
            scope = "IN SCHEMA public " if not future else ""
            cursor.execute(
                f"{future}GRANT SELECT, INSERT, UPDATE, DELETE ON {'ALL ' if scope else ''}TABLES {scope}TO {app}"
            )
            cursor.execute(f"{future}GRANT USAGE, SELECT ON {'ALL ' if scope else ''}SEQUENCES {scope}TO {app}")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')")
        present = {row[0] for row in cursor.fetchall()}
        for table in present:
            if table in APPEND_ONLY or table.startswith("core_change_"):
                cursor.execute(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {app}')
