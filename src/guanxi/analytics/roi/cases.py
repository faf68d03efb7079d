"""The company's calculation, read and changed; who may look at it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage, require_view, sees_values
from guanxi.analytics.kpis.reading import branch, may_see
from guanxi.analytics.models import ReturnCase
from guanxi.analytics.roi.inputs import read_inputs
from guanxi.core.errors import Invalid, NotAllowed, Stale
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.permissions import scope_of

NEEDS = ("revenue", "margin", "won")
OBJECTS = ("analytics", "account", "order", "opportunity")
EARLIEST = date(1990, 1, 1)


def sees_return(actor: Actor) -> bool:
    """Whether the pages are open to the actor: they speak of the whole company, its revenue, margin and deals."""
    return (
        sees_values(actor)
        and all(may_see(actor, key) for key in NEEDS)
        and branch(actor, [scope_of(actor, name, "view") for name in OBJECTS]).whole
    )


def require_return(actor: Actor) -> None:
    """Raise `NotFound` or `NotAllowed` unless `sees_return`."""
    require_view(actor)
    if not sees_return(actor):
        raise NotAllowed(_("This page speaks of the whole company; your role shows a part of it."))


def case_of(actor: Actor) -> ReturnCase:
    """The company's calculation; one that was never saved where there is none."""
    require_return(actor)
    return ReturnCase.objects.first() or ReturnCase(tenant_id=current_tenant_id(), version=0)


def save_case(actor: Actor, values: Mapping[str, Any], *, version: int | None = None) -> ReturnCase:
    """Change some of the inputs and `started_on`. Raises `Invalid` with messages by field, `NotAllowed`, `Stale`."""
    require_return(actor)
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        found = ReturnCase.objects.select_for_update().first()
        row = found or ReturnCase(tenant_id=current_tenant_id(), version=0)
        if version is not None and version != row.version:
            raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=row.version, current={})
        given = dict(values)
        started = _day(given.pop("started_on")) if "started_on" in given else row.started_on
        kept = {**row.inputs, **read_inputs(given)}
        row.inputs = {key: value for key, value in kept.items() if value is not None}
        row.started_on = started
        row.changed_at = timezone.now()
        row.version += 1
        row.save(force_insert=found is None)
        note_access(
            actor, "return.saved", object_name="return-case", record_id=row.id, detail={"fields": sorted(values)}
        )
        return row


def _day(value: Any) -> date | None:
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        raise Invalid({"started_on": [_("Write the date as 2026-12-31.")]}) from None
    if not EARLIEST <= found <= timezone.now().date().replace(year=timezone.now().year + 1, day=1):
        raise Invalid({"started_on": [_("Name a day from 1990 to a year from now.")]})
    return found
