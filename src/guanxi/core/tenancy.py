"""Which tenant a piece of work belongs to, told to the database in one place.

Row-level security compares each row with the setting `app.tenant`; it is set for the transaction only,
because a session-level setting would travel with the pooled connection into another tenant's request.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from psycopg.pq import ExecStatus, TransactionStatus

from guanxi.core.db.asking import Asking

_current: ContextVar[UUID | None] = ContextVar("guanxi_tenant", default=None)
_settings: ContextVar[int | None] = ContextVar("guanxi_settings", default=None)
# What a transaction that changed the settings works with: nothing that is kept between transactions, only what it read since.
CHANGED = -1
_read_since: ContextVar[dict[Any, Any]] = ContextVar("guanxi_read_since")


class NoTenant(RuntimeError):
    """Tenant data was touched outside `tenant_tx`: a programming error."""


def current_tenant_id() -> UUID:
    """The tenant of the running transaction; raises `NoTenant` outside one."""
    tenant_id = _current.get()
    if tenant_id is None:
        raise NoTenant("No tenant is set: open tenant_tx(tenant_id) first.")
    return tenant_id


def tenant_or_none() -> UUID | None:
    """The tenant of the running transaction, or None outside one."""
    return _current.get()


def settings_version() -> int | None:
    """The version of the tenant's settings as the running transaction knows it: None before anybody read it, `CHANGED` after a change."""
    return _settings.get()


def note_settings_version(version: int) -> None:
    """Tell the running transaction the version of the tenant's settings, so that what is kept of them in memory may be used."""
    if version == CHANGED:
        _read_since.set({})
    if _settings.get() != CHANGED:
        _settings.set(version)


def read_since_change() -> dict[Any, Any]:
    """What the running transaction read of the settings since it changed them last, by reader."""
    return _read_since.get()


@contextmanager
def tenant_tx(
    tenant_id: UUID, *, using: str = DEFAULT_DB_ALIAS, savepoint: bool = True, asking: Asking | None = None
) -> Iterator[None]:
    """One transaction in the name of a tenant; serves HTTP, jobs, events and the command line.

    Nesting for the same tenant opens a savepoint; with `savepoint=False` none, and a failure then takes all of the outer
    work back. Nesting for another tenant is refused with `NoTenant`, since the outer work would go on under the inner
    tenant's rows. `asking` is a question that travels with the beginning of the transaction.
    """
    outer = _current.get()
    if outer is not None and outer != tenant_id:
        raise NoTenant("A transaction of another tenant is open.")
    token = _current.set(tenant_id)
    settings = _settings.set(None) if outer is None else None
    try:
        with transaction.atomic(using=using, savepoint=savepoint):
            if outer is None or using != DEFAULT_DB_ALIAS:
                _begin(using, tenant_id, asking)
            yield
    except BaseException:
        # A savepoint may have taken changes of the settings back.
        if _settings.get() == CHANGED:
            _read_since.set({})
        raise
    finally:
        _current.reset(token)
        if settings is not None:
            _settings.reset(settings)
        if outer is None or using != DEFAULT_DB_ALIAS:
            _forget(using, outer)


def _begin(using: str, tenant_id: UUID, asking: Asking | None) -> None:
    """Tell the database the tenant; where nothing has been sent in the transaction yet, together with its BEGIN."""
    connection = connections[using]
    connection.ensure_connection()
    raw = connection.connection.pgconn
    if (
        raw.transaction_status == TransactionStatus.IDLE
        and not connection.get_autocommit()
        and not raw.pipeline_status
        and isinstance(tenant_id, UUID)
    ):
        beginning = f"BEGIN; SELECT set_config('app.tenant', '{tenant_id}', true)"
        if asking is not None and asking.begin(connection.connection, beginning):
            return
        result = raw.exec_(beginning.encode())
        if result.status == ExecStatus.TUPLES_OK:
            return
    # The slow way also says what is wrong.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(tenant_id)])


def _forget(using: str, outer: UUID | None) -> None:
    """A setting made inside a larger transaction outlives the savepoint: what follows must not run as this tenant."""
    connection = connections[using]
    if connection.in_atomic_block and not connection.needs_rollback:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.tenant', %s, true)", [str(outer) if outer else ""])
