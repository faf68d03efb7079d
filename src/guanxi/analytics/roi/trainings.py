"""Who had which training: a plain list."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.models.returns import Training
from guanxi.analytics.queries.preferences import company_today
from guanxi.analytics.roi.cases import require_return
from guanxi.core.errors import Invalid, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.models import Membership

LONGEST = 120
MOST = 500


def trainings(actor: Actor) -> list[Training]:
    """All trainings, the latest first."""
    _require(actor)
    return list(Training.objects.select_related("member").order_by("-done_on", "title", "id")[:MOST])


def training_of(actor: Actor, key: UUID) -> Training:
    """One training. Raises `NotFound`."""
    _require(actor)
    found: Training | None = Training.objects.select_related("member").filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def add_training(actor: Actor, values: Mapping[str, Any]) -> list[Training]:
    """Write down a training (`title`, `done_on`) of one person or several (`members`). Raises `Invalid`."""
    _require(actor)
    title = str(values.get("title") or "").replace("\x00", "").strip()
    errors: dict[str, list[str]] = {}
    if not title or len(title) > LONGEST:
        errors["title"] = [_("Write between 1 and %(count)d characters.") % {"count": LONGEST}]
    day = _day(values.get("done_on"), errors)
    with tenant_tx(actor.tenant_id):
        people = _people(values.get("members") or [], errors)
        if errors or day is None:
            raise Invalid(errors)
        made = Training.objects.bulk_create([Training(member=one, title=title, done_on=day) for one in people])
        note_access(actor, "training.added", detail={"title": title, "people": len(made)})
        return list(made)


def delete_training(actor: Actor, key: UUID, version: int | None = None) -> None:
    """Forget a training."""
    with tenant_tx(actor.tenant_id):
        one = training_of(actor, key)
        note_access(actor, "training.removed", record_id=one.id, detail={"title": one.title})
        one.delete()


def _require(actor: Actor) -> None:
    require_return(actor)
    require_manage(actor)


def _day(value: Any, errors: dict[str, list[str]]) -> date | None:
    try:
        found = date.fromisoformat(str(value or ""))
    except ValueError:
        errors["done_on"] = [_("Write the date as 2026-12-31.")]
        return None
    if not date(1990, 1, 1) <= found <= company_today():
        errors["done_on"] = [_("A training lies in the past.")]
    return found


def _people(keys: Any, errors: dict[str, list[str]]) -> list[Membership]:
    try:
        wanted = {UUID(str(key)) for key in keys}
    except ValueError:
        wanted = set()
    found = list(Membership.objects.filter(id__in=wanted))
    if not wanted or len(found) != len(wanted):
        errors["members"] = [_("Choose at least one person of the list.")]
    return found
