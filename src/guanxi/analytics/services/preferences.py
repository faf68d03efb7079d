"""Changing how the value of customers is computed."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from guanxi.analytics.access import require_manage
from guanxi.analytics.models import Basis, Settings
from guanxi.analytics.queries.preferences import channels
from guanxi.analytics.words import CANDIDATES
from guanxi.core.audit import log_access
from guanxi.core.errors import Invalid, Stale
from guanxi.core.money import MAX_AMOUNT
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.kept import settings_changed

FIELDS = (
    "relationship", "candidates", "period_days", "horizon_months", "discount_rate", "margin_rate", "minute_cost", "channel_costs", "rfm_bins",
    "rfm_weights", "rfm_cuts", "grade_shares", "churn_days", "warnings", "warn_from", "warn_value", "warn_per_week", "warn_due_days", "grouping", "group_bases", "nightly", "engine", "spark_master",
)  # fmt: skip
MEASURES = ("recency", "frequency", "monetary")


def change_preferences(actor: Actor, values: Mapping[str, Any], *, version: int | None = None) -> Settings:
    """Change some of FIELDS; the next run computes by them. Raises NotAllowed, Invalid with messages by field, Stale for another version."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        found = Settings.objects.select_for_update().first()
        row = found or Settings(id=actor.tenant_id, tenant_id=current_tenant_id())
        if version is not None and row.version != version:
            raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=row.version, current={})
        errors = {name: [_("There is no such field.")] for name in values if name not in FIELDS}
        if errors:
            raise Invalid(errors)
        for name, value in values.items():
            setattr(row, name, value)
        _check(row)
        row.version += 1
        row.save(force_insert=found is None)
        log_access(
            "settings",
            member_id=actor.doing_id,
            origin=actor.origin,
            object_name="value-settings",
            record_id=row.id,
            detail={"fields": sorted(values)},
        )
        settings_changed()
        return row


def _check(row: Settings) -> None:
    try:
        row.minute_cost = Decimal(str(row.minute_cost))
        row.warn_value = None if row.warn_value is None else Decimal(str(row.warn_value))
        row.clean_fields(
            exclude=(
                "id",
                "tenant_id",
                "rfm_weights",
                "rfm_cuts",
                "channel_costs",
                "grade_shares",
                "candidates",
                "group_bases",
            )
        )
    except InvalidOperation:
        raise Invalid({"minute_cost": [_("Write a number.")]}) from None
    except ValidationError as error:
        raise Invalid({name: list(map(str, texts)) for name, texts in error.message_dict.items()}) from None
    wrong = {
        "candidates": not set(row.candidates) <= set(CANDIDATES),
        "group_bases": not set(row.group_bases) <= set(Basis.values),
        "rfm_weights": bool(row.rfm_weights) and not _numbers(row.rfm_weights, 3, positive_sum=True),
        "grade_shares": bool(row.grade_shares) and not (_numbers(row.grade_shares, 3) and sum(row.grade_shares) <= 1),
        "channel_costs": not _costs(row.channel_costs),
        "rfm_cuts": not _cuts(row.rfm_cuts, row.rfm_bins),
        "minute_cost": row.minute_cost < 0,
        "warn_value": row.warn_value is not None
        and not (row.warn_value.is_finite() and 0 <= row.warn_value <= MAX_AMOUNT),
        "spark_master": bool(row.spark_master)
        and not row.spark_master.startswith(("local", "spark://", "k8s://", "yarn")),
    }
    messages = {
        "candidates": _("Choose models of the list."),
        "group_bases": _("Choose bases of the list."),
        "rfm_weights": _("Write three numbers, none below 0 and not all 0."),
        "grade_shares": _("Write three shares that are not more than 100 % together."),
        "warn_value": _("Write a number, not below 0."),
        "channel_costs": _("Write a cost, not below 0, for each channel."),
        "rfm_cuts": _("Write one cut point fewer than scores, from the lowest score to the highest."),
        "minute_cost": _("This cannot be below 0."),
        "spark_master": _("Write an address such as spark://host:7077, or leave it empty."),
    }
    errors = {name: [messages[name]] for name, is_wrong in wrong.items() if is_wrong}
    if errors:
        raise Invalid(errors)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _numbers(values: Any, count: int, *, positive_sum: bool = False) -> bool:
    known = isinstance(values, list) and len(values) == count and all(_number(one) and one >= 0 for one in values)
    return known and (sum(values) > 0 or not positive_sum)


def _costs(values: Any) -> bool:
    known = dict(channels())
    return isinstance(values, dict) and all(
        key in known and _number(cost) and cost >= 0 for key, cost in values.items()
    )


def _cuts(values: Any, bins: int) -> bool:
    if not isinstance(values, dict) or not set(values) <= set(MEASURES):
        return False
    for name, cuts in values.items():
        if not (isinstance(cuts, list) and len(cuts) == bins - 1 and all(_number(cut) for cut in cuts)):
            return False
        # Of days since the last purchase fewer are better.
        if cuts != sorted(cuts, reverse=name == "recency"):
            return False
    return True
