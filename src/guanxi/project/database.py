"""Bringing a database up to date: rights of the app role first, then every room's migrations as the owner."""

from django.conf import settings
from django.core.management import call_command
from django.db import connections

# Written by the app role, never altered by it. The erasure of a person runs as the owner.
APPEND_ONLY = ("core_change", "core_accessentry")


def migrate_database(*, verbosity: int = 0) -> None:
    """Create or update all tables as the owner role and grant the app role what it needs. Safe to repeat."""
    grant_rights()
    call_command("migrate", database="owner", verbosity=verbosity, interactive=False)
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
