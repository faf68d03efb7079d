"""Service by value: level, channel, rhythm of contacts, depth of offers and what serving may cost, by grade."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage, require_view
from guanxi.analytics.models.serving import ServiceClass
from guanxi.analytics.queries.preferences import NO_TENANT, channels
from guanxi.core.errors import Invalid, NotFound, Stale
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.customers.models import Grade, Score
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.kept import Kept, settings_changed

FIELDS = ("level", "promise", "channel", "visit_days", "discount_limit", "cost_share")
WHOLE, NUMBERS = ("visit_days",), ("discount_limit", "cost_share")
_START: Mapping[str, dict[str, Any]] = {
    "A": {"level": "priority", "channel": "visit", "visit_days": 14, "discount_limit": 15.0, "cost_share": 25.0},
    "B": {"level": "preferred", "channel": "phone", "visit_days": 30, "discount_limit": 10.0, "cost_share": 30.0},
    "C": {"level": "standard", "channel": "mail", "visit_days": 90, "discount_limit": 5.0, "cost_share": 40.0},
    "D": {"level": "basic", "channel": "mail", "visit_days": 0, "discount_limit": 0.0, "cost_share": 50.0},
}
"""How customers are served until somebody decides otherwise."""


def _read() -> dict[str, ServiceClass]:
    rows = {row.grade: row for row in ServiceClass.objects.all()}
    tenant_id = current_tenant_id()
    return {
        grade: rows.get(grade) or ServiceClass(tenant_id=tenant_id, grade=grade, version=0, **start)
        for grade, start in _START.items()
    }


service_classes: Kept[dict[str, ServiceClass]] = Kept(
    _read, {grade: ServiceClass(tenant_id=NO_TENANT, grade=grade, **start) for grade, start in _START.items()}
)
"""Grade → class of the running tenant, A first; no statement while the settings stay the same."""


def class_of(actor: Actor, grade: str) -> ServiceClass:
    """The class of one grade. Raises `NotFound`."""
    require_view(actor)
    found = service_classes().get(grade)
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def save_class(actor: Actor, grade: str, values: Mapping[str, Any], *, version: int | None = None) -> ServiceClass:
    """Change how customers of a grade are served; their service level follows at once. Raises `Invalid`, `NotFound`, `Stale`."""
    require_manage(actor)
    if grade not in Grade.values:
        raise NotFound(_("It does not exist."))
    with tenant_tx(actor.tenant_id):
        found = ServiceClass.objects.select_for_update().filter(grade=grade).first()
        row = found or ServiceClass(tenant_id=current_tenant_id(), grade=grade, version=0, **_START[grade])
        if version is not None and version != row.version:
            raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=row.version, current={})
        _fill(row, values)
        row.version += 1
        row.save(force_insert=found is None)
        note_access(
            actor,
            "service.saved",
            object_name="service-class",
            record_id=row.id,
            detail={"grade": grade, "fields": sorted(values)},
        )
        settings_changed()
        keep_levels()
        return row


def keep_levels() -> int:
    """Write the service level of each scored customer by its grade; only what differs. Returns how many changed."""
    changed: int = Score.objects.filter(grade="").exclude(service="").update(service="")
    for grade, one in service_classes().items():
        changed += Score.objects.filter(grade=grade).exclude(service=one.level).update(service=one.level)
    return changed


def _fill(row: ServiceClass, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {name: [_("There is no such field.")] for name in values if name not in FIELDS}
    for name in FIELDS:
        if name not in values:
            continue
        value: Any = values[name]
        if name in WHOLE or name in NUMBERS:
            try:
                value = int(str(value)) if name in WHOLE else float(str(value))
            except (ValueError, OverflowError):
                errors[name] = [_("Write a number.")]
                continue
            if isinstance(values[name], bool) or value != value:
                errors[name] = [_("Write a number.")]
                continue
        else:
            value = str(value or "").replace("\x00", "").strip()
        setattr(row, name, value)
    if row.channel and row.channel not in dict(channels()):
        errors["channel"] = [_("Choose one of the list.")]
    try:
        row.clean_fields(exclude=("id", "tenant_id", *errors))
    except ValidationError as error:
        errors |= {name: list(map(str, texts)) for name, texts in error.message_dict.items()}
    if errors:
        raise Invalid(errors)
