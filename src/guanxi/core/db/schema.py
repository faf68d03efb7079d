"""DDL of tenant tables: composite keys, composite foreign keys, forced row-level security.

A model with a `tenant_id` column is a tenant table, unless its name is in `OUTSIDE_ROW_SECURITY`, the short list of
what is read before a tenant is known. Plain Django migrations then make, for every room alike:

- PRIMARY KEY (tenant_id, id) instead of (id), so that hash partitions and a sharded engine can follow;
- FOREIGN KEY (tenant_id, x_id) REFERENCES other (tenant_id, id) between tenant tables, so that no row
  can point into another tenant;
- an index (tenant_id, x_id) for each link, without the rows that have none; owner and team have theirs declared;
- ENABLE and FORCE ROW LEVEL SECURITY with one policy;
- for business objects, the typed slots of custom fields with their indexes.
"""

from typing import Any

from django.db import models
from django.db.backends.ddl_references import ForeignKeyName, Statement, Table
from django.db.backends.postgresql.schema import DatabaseSchemaEditor
from django.db.models.fields.related import ForeignKey

POLICY = "tenant_id = nullif(current_setting('app.tenant', true), '')::uuid"
SLOTS = (
    *((f"st{n}", "text") for n in range(1, 9)),
    *((f"sn{n}", "bigint") for n in range(1, 9)),
    *((f"sd{n}", "timestamptz") for n in range(1, 7)),
    *((f"su{n}", "uuid") for n in range(1, 5)),
)
# Links for which every business object declares an index of its own (records.models.Record.Meta).
INDEXED_BY_RECORDS = frozenset({"owner", "team"})
OUTSIDE_ROW_SECURITY = frozenset({"core_outbox_event"})


def is_tenant_model(model: type[models.Model]) -> bool:
    """True for a model whose rows belong to a tenant: it has a local column `tenant_id` beside its own `id`."""
    columns = {field.column for field in model._meta.local_fields}
    return "tenant_id" in columns and "id" in columns and model._meta.db_table not in OUTSIDE_ROW_SECURITY


def is_record_model(model: type[models.Model]) -> bool:
    """True for a business object (records.models.Record): it carries custom fields and so needs the slots."""
    return is_tenant_model(model) and {"custom", "share_mask"} <= {field.column for field in model._meta.local_fields}


def slots_sql(table: str) -> list[str]:
    """Statements that add the typed slots of custom fields and their partial indexes."""
    columns = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in SLOTS)
    indexes = [
        f'CREATE INDEX "{table}_{name}" ON "{table}" (tenant_id, {name}, id) WHERE {name} IS NOT NULL'
        for name, _ in SLOTS
    ]
    return [f'ALTER TABLE "{table}" {columns}', *indexes]


def row_security_sql(table: str, policy: str = POLICY) -> list[str]:
    """Statements that put a table under forced row-level security."""
    return [
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
        f'CREATE POLICY tenant ON "{table}" USING ({policy}) WITH CHECK ({POLICY})',
    ]


class TenantSchemaEditor(DatabaseSchemaEditor):
    """Django's editor with the three differences named above.

    It overrides and calls steps that Django keeps for its own backends; the stubs do not know them.
    """

    sql_create_tenant_fk = (
        "ALTER TABLE %(table)s ADD CONSTRAINT %(name)s FOREIGN KEY (tenant_id, %(column)s) "
        "REFERENCES %(to_table)s (tenant_id, %(to_column)s)%(deferrable)s"
    )

    def table_sql(self, model: type[models.Model]) -> tuple[str, Any]:
        """CREATE TABLE; a tenant table gets its composite primary key and keeps foreign keys for later."""
        sql, params = super().table_sql(model)
        if is_tenant_model(model):
            sql = sql.replace('"id" uuid NOT NULL PRIMARY KEY', '"id" uuid NOT NULL', 1)
            head, tail = sql.rsplit(")", 1)
            sql = f"{head}, PRIMARY KEY (tenant_id, id)){tail}"
        return sql, params

    def create_model(self, model: type[models.Model]) -> None:
        """CREATE TABLE and, for a tenant table, its policy."""
        super().create_model(model)
        if is_tenant_model(model):
            for sql in row_security_sql(model._meta.db_table):
                self.execute(sql)
        if is_record_model(model):
            for sql in slots_sql(model._meta.db_table):
                self.execute(sql)

    def add_field(self, model: type[models.Model], field: "models.Field[Any, Any]") -> None:
        """ALTER TABLE ADD COLUMN; Django inlines the foreign key, which must be composite for us."""
        if not self._is_tenant_link(model, field):
            super().add_field(model, field)
            return
        constrained = field.db_constraint  # type: ignore[attr-defined]
        field.db_constraint = False  # type: ignore[attr-defined]
        try:
            super().add_field(model, field)
        finally:
            field.db_constraint = constrained  # type: ignore[attr-defined]
        if constrained:
            self.deferred_sql.append(self._create_fk_sql(model, field, "_fk_%(to_table)s_%(to_column)s"))

    def _field_indexes_sql(self, model: type[models.Model], field: Any) -> list[Any]:
        if is_tenant_model(model) and isinstance(field, ForeignKey) and self._field_should_be_indexed(model, field):  # type: ignore[attr-defined]
            if is_record_model(model) and field.name in INDEXED_BY_RECORDS:
                return []
            tenant = model._meta.get_field("tenant_id")
            # A link that is empty is not looked for, and a row without it then costs nothing.
            condition = f"{self.quote_name(field.column)} IS NOT NULL" if field.null else None
            return [self._create_index_sql(model, fields=[tenant, field], condition=condition)]  # type: ignore[attr-defined]
        return super()._field_indexes_sql(model, field)  # type: ignore[misc,no-any-return]

    def _is_tenant_link(self, model: type[models.Model], field: Any) -> bool:
        return isinstance(field, ForeignKey) and is_tenant_model(model) and is_tenant_model(field.remote_field.model)

    def _create_fk_sql(self, model: type[models.Model], field: Any, suffix: str) -> Statement:
        if not self._is_tenant_link(model, field):
            return super()._create_fk_sql(model, field, suffix)  # type: ignore[misc,no-any-return]
        table = Table(model._meta.db_table, self.quote_name)
        name = self._fk_constraint_name(model, field, suffix)  # type: ignore[attr-defined]
        return Statement(
            self.sql_create_tenant_fk,
            table=table,
            name=name if isinstance(name, ForeignKeyName) else self.quote_name(str(name)),
            column=self.quote_name(field.column),
            to_table=Table(field.remote_field.model._meta.db_table, self.quote_name),
            to_column=self.quote_name(field.target_field.column),
            deferrable=self.connection.ops.deferrable_sql(),
        )
