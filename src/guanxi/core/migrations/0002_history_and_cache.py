"""The history of changes, hash-partitioned by tenant and append-only for the app role; the shared cache table."""

from django.db import migrations

from guanxi.core.db.schema import row_security_sql

PARTITIONS = 8
HISTORY = """
CREATE TABLE core_change (
    tenant_id uuid NOT NULL,
    object varchar(60) NOT NULL,
    record_id uuid NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    member_id uuid,
    action varchar(20) NOT NULL,
    via varchar(20) NOT NULL,
    origin varchar(80) NOT NULL DEFAULT '',
    diff jsonb NOT NULL,
    PRIMARY KEY (tenant_id, object, record_id, version)
) PARTITION BY HASH (tenant_id)
"""
BY_TIME = "CREATE INDEX core_change_at ON core_change (tenant_id, at DESC)"
CACHE = """
CREATE UNLOGGED TABLE core_cache (
    cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
)
"""


def statements() -> list[str]:
    """All DDL of the history, parent first, then each partition under its own policy."""
    tables = ["core_change", *(f"core_change_{number}" for number in range(PARTITIONS))]
    partitions = [
        f"CREATE TABLE core_change_{number} PARTITION OF core_change "
        f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {number})"
        for number in range(PARTITIONS)
    ]
    policies = [sql for table in tables for sql in row_security_sql(table)]
    return [HISTORY, *partitions, BY_TIME, *policies]


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunSQL(statements(), "DROP TABLE core_change"),
        migrations.RunSQL([CACHE, "CREATE INDEX core_cache_expires ON core_cache (expires)"], "DROP TABLE core_cache"),
    ]
