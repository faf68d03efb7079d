"""The database schema: migrations as the owner role, one host at a time."""

import sys

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from guanxi.project.database import migrate_database

# Any number that nothing else uses as an advisory lock.
LOCK = 4_720_145_031


def pending() -> list[str]:
    """The names of the migrations that are not applied yet, in order."""
    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def migrate() -> list[str]:
    """Apply what is pending and return the names. Several hosts may start at once: they take turns."""
    connection = connections["owner"]
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        names = pending()
        if names:
            print(f"guanxi: Preparing the database ({len(names)} migrations)", file=sys.stderr)
            migrate_database()
        return names
    finally:
        # Closing the session gives the lock back.
        connection.close()
