"""Rules of the house that the import contracts cannot see. Each message says what to do instead."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection

from guanxi.core.db.schema import OUTSIDE_ROW_SECURITY, is_record_model, is_tenant_model
from guanxi.core.models import TenantModel

SOURCE = Path(__file__).resolve().parent.parent / "src" / "guanxi"
FLOORS = [
    "core",
    "identity",
    "records",
    "messaging",
    "segments",
    "catalogue",
    "customers",
    "activity",
    "engagement",
    "sales",
    "analytics",
    "desk",
    "project",
]
HARD_LINES = 600
HARD_FUNCTION = 50
# Two tables are searched by functions that filter by tenant themselves; see records/migrations/0002_search.py and 0017_texts.py.
NOT_FORCED = {"records_searchentry", "records_textentry"}


def modules(*, tests: bool = False) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" in path.parts or (not tests and "tests" in path.parts):
            continue
        yield path, ast.parse(path.read_text())


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(SOURCE)}:{getattr(node, 'lineno', 0)}"


def test_no_import_inside_functions() -> None:
    found = [
        where(path, inner)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ]
    assert found == [], "Import at the top of the module; a cycle means that the cut is wrong."


def test_no_model_signals_and_no_get_model() -> None:
    banned = {"post_save", "pre_save", "post_delete", "pre_delete", "m2m_changed", "get_model"}
    found = [
        where(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id in banned)
        or (isinstance(node, ast.Attribute) and node.attr in banned)
    ]
    assert found == [], "Publish an event or call a service instead."


def test_only_services_publish() -> None:
    allowed = (
        "services",
        "changes.py",
        "bulk.py",
        "recycling.py",
        "reports/runs.py",
        "subscriptions/sending.py",
        "events.py",
    )
    found = [
        where(path, node)
        for path, tree in modules()
        if not any(part in str(path) for part in allowed)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "publish"
    ]
    assert found == [], "Only services publish events."


def test_services_know_no_http() -> None:
    found = [
        where(path, node)
        for path, tree in modules()
        if "services" in str(path.relative_to(SOURCE))
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("django.http")
    ]
    assert found == [], "A service takes an actor and values, never a request."


def test_handlers_alone_listen() -> None:
    found = [
        where(path, node)
        for path, tree in modules()
        if path.name not in ("handlers.py", "events.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for mark in node.decorator_list
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "on"
    ]
    assert found == [], "Listen to events in handlers.py."


def test_sizes() -> None:
    long_files = [str(path) for path, _ in modules(tests=True) if len(path.read_text().splitlines()) > HARD_LINES]
    assert long_files == [], "Split the file by noun."
    long_functions = [
        where(path, node)
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= HARD_FUNCTION
    ]
    assert long_functions == [], "Functions have at most fifty lines."


def test_relations_point_down_and_leave_no_trace() -> None:
    wrong = []
    for model in apps.get_models():
        room = model._meta.app_label
        if room not in FLOORS:
            continue
        for field in model._meta.local_fields:
            target = getattr(field.remote_field, "model", None) if field.is_relation else None
            if target is None or target._meta.app_label not in FLOORS or target._meta.app_label == room:
                continue
            if FLOORS.index(target._meta.app_label) > FLOORS.index(room):
                wrong.append(f"{model.__name__}.{field.name} points up")
            elif target._meta.app_label != "identity" and field.remote_field.related_name != "+":
                wrong.append(f"{model.__name__}.{field.name} lacks related_name='+'")
    assert wrong == []


def test_session_level_settings_are_banned() -> None:
    found = [
        str(path.relative_to(SOURCE))
        for path, _ in modules()
        if "set_config(" in path.read_text() and ", false)" in path.read_text()
    ]
    assert found == [], "A session-level setting travels with the pooled connection into another tenant's request."


def test_tenant_models_have_tenant_first_in_every_unique_constraint() -> None:
    wrong = [
        f"{model.__name__}.{constraint.name}"
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for constraint in model._meta.constraints
        if getattr(constraint, "fields", None) and constraint.fields[0] != "tenant_id"
    ]
    assert wrong == []
    unique_fields = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if issubclass(model, TenantModel)
        for field in model._meta.local_fields
        if field.unique and not field.primary_key
    ]
    assert unique_fields == [], "Unique per tenant: use a UniqueConstraint that begins with tenant_id."


@pytest.mark.django_db
def test_every_tenant_table_is_under_forced_row_security() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
                      (SELECT array_agg(a.attname ORDER BY k.n) FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, n)
                       JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
                       WHERE i.indrelid = c.oid AND i.indisprimary)
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
                 AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')"""
        )
        tables = {name: (enabled, forced, key) for name, enabled, forced, key in cursor.fetchall()}
    outside = OUTSIDE_ROW_SECURITY
    assert [name for name, row in tables.items() if not row[0] and name not in outside] == []
    assert [name for name, row in tables.items() if not row[1] and name not in outside | NOT_FORCED] == []
    assert [name for name, row in tables.items() if name not in outside and row[2][0] != "tenant_id"] == []
    registered = {model._meta.db_table for model in apps.get_models() if is_tenant_model(model)}
    assert registered - set(tables) == set()


@pytest.mark.django_db
def test_every_business_object_is_found_by_its_owner_and_team_through_one_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, a.attname, count(*) FILTER (WHERE i.indpred IS NULL),
                   count(*) FILTER (WHERE pg_get_expr(i.indpred, i.indrelid) = '(' || a.attname || ' IS NOT NULL)')
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname IN ('owner_id', 'team_id')
               JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id'
               LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indnkeyatts < 4
                   AND (i.indkey::text || ' ') LIKE t.attnum || ' ' || a.attnum || ' %%'
               WHERE c.relname = ANY(%s) GROUP BY c.relname, a.attname""",
            [[model._meta.db_table for model in apps.get_models() if is_record_model(model)]],
        )
        found = cursor.fetchall()
    assert len(found) > 20
    assert [row for row in found if row[2] < 1 or row[3] > 0] == []
