"""Row-level security as the run-time role: no tenant, no rows; another tenant's rows do not exist."""

from typing import Any, cast
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from guanxi.core.db.operations import ForEachTenant
from guanxi.core.db.schema import OUTSIDE_ROW_SECURITY
from guanxi.core.ids import new_id
from guanxi.core.tenancy import NoTenant, current_tenant_id, tenant_tx
from guanxi.identity.models import Company, Membership, Role, Team, Tenant, User
from guanxi.identity.queries import memberships_of

# Read before a tenant is known, or by workers of all tenants. A new name here needs a reason in the decision records.
WITHOUT_TENANT = frozenset({"core_outbox_event"})
# Protected from the run-time role, not from the owner: the owner's function records_search filters by tenant itself.
NOT_FORCED = frozenset({"records_searchentry", "records_textentry"})


def rows(sql: str, parameters: list[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or [])
        found: list[Any] = cursor.fetchall()
    return found


def test_we_are_the_run_time_role(db: None) -> None:
    [(name, super_user, bypasses)] = rows(
        "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    )
    assert (super_user, bypasses) == (False, False)
    assert rows("SELECT 1 FROM pg_tables WHERE tableowner = %s", [name]) == []


def test_without_a_tenant_there_are_no_rows(tenant: Tenant) -> None:
    for table in ("identity_company", "identity_role", "identity_team", "identity_membership", "core_accessentry"):
        assert rows(f'SELECT count(*) FROM "{table}"') == [(0,)], table
    with pytest.raises(NoTenant):
        current_tenant_id()
    with pytest.raises(NoTenant):
        list(Role.objects.all())


def test_nothing_is_inserted_without_a_tenant(tenant: Tenant) -> None:
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        rows(
            "INSERT INTO identity_team (id, tenant_id, name, version) VALUES (%s, %s, 'x', 1) RETURNING id",
            [new_id(), tenant.id],
        )


def test_rows_of_another_tenant_are_neither_seen_nor_changed(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        assert rows("SELECT DISTINCT tenant_id FROM identity_role") == [(tenant.id,)]
        assert rows("SELECT 1 FROM identity_company WHERE tenant_id = %s", [other_tenant.id]) == []
        changed = rows("UPDATE identity_team SET name = 'ours' WHERE tenant_id = %s RETURNING 1", [other_tenant.id])
        deleted = rows("DELETE FROM identity_team WHERE tenant_id = %s RETURNING 1", [other_tenant.id])
        assert (changed, deleted) == ([], [])
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows(
                "INSERT INTO identity_team (id, tenant_id, name, version) VALUES (%s, %s, 'x', 1) RETURNING id",
                [new_id(), other_tenant.id],
            )
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            rows("UPDATE identity_team SET tenant_id = %s RETURNING 1", [other_tenant.id])
    with tenant_tx(other_tenant.id):
        assert list(Team.objects.values_list("name", flat=True)) == ["Company"]


def test_a_transaction_belongs_to_one_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_tx(tenant.id):
        with pytest.raises(NoTenant), tenant_tx(other_tenant.id):
            pass
        with tenant_tx(tenant.id):
            assert current_tenant_id() == tenant.id


@pytest.mark.django_db(transaction=True)
def test_the_setting_ends_with_the_transaction(transactional_db: None) -> None:
    with tenant_tx(new_id()):
        assert rows("SELECT current_setting('app.tenant', true)") != [("",)]
    assert rows("SELECT coalesce(current_setting('app.tenant', true), '')") == [("",)]


def test_a_foreign_key_cannot_point_into_another_tenant(tenant: Tenant, other_tenant: Tenant) -> None:
    with tenant_tx(other_tenant.id):
        theirs: UUID = Team.objects.get().id
    with tenant_tx(tenant.id), pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.update(team_id=theirs)
        rows("SET CONSTRAINTS ALL IMMEDIATE; SELECT 1")


def test_the_switcher_sees_own_memberships_only(tenant: Tenant, other_tenant: Tenant) -> None:
    ada = User.objects.get(email="admin@polaris.example")
    assert [row["tenant_id"] for row in memberships_of(ada.id)] == [tenant.id]
    with transaction.atomic():
        rows("SELECT set_config('app.user', %s, true)", [str(ada.id)])
        assert rows("SELECT DISTINCT user_id FROM identity_membership") == [(ada.id,)]
        assert rows("UPDATE identity_membership SET name = 'x' RETURNING 1") == []
        assert rows("SELECT count(*) FROM identity_role") == [(0,)]
        rows("SELECT set_config('app.user', '', true)")
    assert rows("SELECT count(*) FROM identity_membership") == [(0,)]


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_a_data_migration_changes_rows_of_all_tenants(
    transactional_db: None, tenant: Tenant, other_tenant: Tenant
) -> None:
    def step(apps: Any, editor: Any) -> None:
        editor.execute("UPDATE identity_company SET phone = '12'")

    owner = connections["owner"]
    with owner.cursor() as cursor:
        # Under forced row security even the owner changes nothing without a tenant, and no error tells so.
        cursor.execute("UPDATE identity_company SET phone = '1'")
        assert cursor.rowcount == 0
    with owner.schema_editor() as editor:
        ForEachTenant(step).code(cast(Any, None), editor)
    for each in (tenant, other_tenant):
        with tenant_tx(each.id):
            assert Company.objects.get().phone == "12"


def test_every_table_with_tenants_is_protected(db: None) -> None:
    assert OUTSIDE_ROW_SECURITY == WITHOUT_TENANT
    found = rows(
        """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                  (SELECT array_agg(a.attname::text ORDER BY k.position)
                   FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(column_number, position)
                   JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.column_number
                   WHERE i.indrelid = c.oid AND i.indisprimary)
           FROM pg_class c
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
             AND EXISTS (SELECT 1 FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'tenant_id' AND t.attnum > 0)
           ORDER BY c.relname"""
    )
    tables = {row[0]: row[1:] for row in found}
    assert {"identity_membership", "core_change", "core_storedfile"} <= set(tables)
    weak = {
        name: facts
        for name, facts in tables.items()
        if name not in WITHOUT_TENANT
        and (facts[:2] != (True, name not in NOT_FORCED) or (facts[2] or [""])[0] != "tenant_id")
    }
    assert weak == {}


def test_partitions_are_protected_too(db: None) -> None:
    open_to_all = rows(
        """SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
           AND has_table_privilege(current_user, oid, 'SELECT')"""
    )
    assert open_to_all == []


@pytest.mark.parametrize("table", ["core_change", "core_accessentry"])
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_history_is_append_only(db: None, table: str, right: str) -> None:
    assert rows("SELECT has_table_privilege(current_user, %s, %s)", [table, right]) == [(False,)]
