"""What may be done for customers of each stage: three levels of measures with cost and effect. Without rows of its own a company has the delivered ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.analytics.access import require_manage, require_view
from guanxi.analytics.models import MeasureLevel, OfferEffect, RetentionMeasure
from guanxi.core.errors import Invalid, NotFound, Stale
from guanxi.core.money import MAX_AMOUNT
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import LifecycleStage
from guanxi.engagement.queries import offers_known
from guanxi.identity.actor import Actor
from guanxi.identity.audit import note_access
from guanxi.identity.kept import Kept, settings_changed

# stage, level, words; the first of a stage is suggested. Costs and effects are the company's to say.
DELIVERED = (
    (LifecycleStage.ACQUISITION, MeasureLevel.SOCIAL, gettext_lazy("Call after the first order: did all arrive, what comes next?")),
    (LifecycleStage.ACQUISITION, MeasureLevel.FINANCIAL, gettext_lazy("Better terms for the second order within 60 days")),
    (LifecycleStage.GROWTH, MeasureLevel.STRUCTURAL, gettext_lazy("Propose the product family that similar customers took next")),
    (LifecycleStage.GROWTH, MeasureLevel.SOCIAL, gettext_lazy("Introduce a second contact person on both sides")),
    (LifecycleStage.MATURITY, MeasureLevel.STRUCTURAL, gettext_lazy("Agree on a frame contract or shared ordering")),
    (LifecycleStage.MATURITY, MeasureLevel.SOCIAL, gettext_lazy("Visit once a quarter with a review of the year")),
    (LifecycleStage.MATURITY, MeasureLevel.FINANCIAL, gettext_lazy("Bonus on the turnover of the year")),
    (LifecycleStage.DECLINE, MeasureLevel.SOCIAL, gettext_lazy("Call within three days and ask what changed")),
    (LifecycleStage.DECLINE, MeasureLevel.FINANCIAL, gettext_lazy("Offer limited in time on what they used to order")),
    (LifecycleStage.DECLINE, MeasureLevel.STRUCTURAL, gettext_lazy("Service contract or help with stock and ordering")),
    (LifecycleStage.DEPARTURE, MeasureLevel.SOCIAL, gettext_lazy("Ask why they left, without selling")),
    (LifecycleStage.DEPARTURE, MeasureLevel.FINANCIAL, gettext_lazy("Offer to come back, once, if the value pays for it")),
)  # fmt: skip
FIELDS = ("stage", "level", "name_en", "name_zh", "cost", "effect", "offer_id", "position", "active")


@dataclass(frozen=True)
class Measured:
    """What an offer's control group says: points more of those it was proposed to bought, with the ends of the interval."""

    effect: float
    low: float
    high: float
    customers: int


def _read() -> dict[str, str]:
    """stage → id of the first measure in use; "" where the company has measures but none for the stage."""
    rows = list(RetentionMeasure.objects.order_by("position", "id"))
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        if row.active:
            found.setdefault(row.stage, (row.name_en, row.name_zh))
    return {"": "own"} | {stage: "\x00".join(names) for stage, names in found.items()} if rows else {}


_kept: Kept[dict[str, str]] = Kept(_read, {})


def suggestion(stage: str) -> str:
    """What to do with a customer in a stage, in the language of the page; no statement once it was read."""
    known = _kept()
    if known:
        english, _sign, chinese = known.get(stage, "\x00").partition("\x00")
        return RetentionMeasure(name_en=english, name_zh=chinese).name
    return next((str(words) for at, _level, words in DELIVERED if at == stage), "")


def measures() -> list[RetentionMeasure]:
    """All measures by stage and place; the delivered ones, which have no version, where the company has none."""
    rows = list(RetentionMeasure.objects.order_by("position", "id"))
    if not rows:
        rows = [
            RetentionMeasure(stage=stage, level=level, name_en=str(words), name_zh=str(words), position=10 * (at + 1), version=0)
            for at, (stage, level, words) in enumerate(DELIVERED)
        ]  # fmt: skip
    order = list(LifecycleStage.values)
    return sorted(rows, key=lambda row: (order.index(row.stage), row.position, str(row.id)))


def measured(rows: Sequence[RetentionMeasure]) -> dict[UUID, Measured]:
    """The measured effect of the measures that an offer with a control group stands for."""
    offers = {row.offer_id for row in rows if row.offer_id}
    known = OfferEffect.objects.filter(offer_id__in=offers) if offers else ()
    by_offer = {one.offer_id: Measured(100 * one.effect, 100 * one.low, 100 * one.high, one.proposed) for one in known}
    return {row.id: by_offer[row.offer_id] for row in rows if row.offer_id in by_offer}


def get_measure(actor: Actor, key: UUID) -> RetentionMeasure:
    """One measure of the company. Raises `NotFound`."""
    require_view(actor)
    found: RetentionMeasure | None = RetentionMeasure.objects.filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def save_measure(
    actor: Actor, values: Mapping[str, Any], key: UUID | None = None, *, version: int | None = None
) -> RetentionMeasure:
    """Make or change a measure. Raises `Invalid`, `NotAllowed`, `NotFound`, `Stale`."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        row = _locked(key) if key else RetentionMeasure(tenant_id=actor.tenant_id)
        if key and version is not None and version != row.version:
            raise Stale(_("Somebody saved this record while you were editing."), version=row.version, current={})
        _take(row, values)
        row.version += 1 if key else 0
        row.save(force_insert=key is None)
        _noted(actor, "measure.saved", row.id)
        return row


def delete_measure(actor: Actor, key: UUID) -> None:
    """Remove a measure. Raises `NotAllowed`, `NotFound`."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        _locked(key).delete()
        _noted(actor, "measure.deleted", key)


def adopt_delivered(actor: Actor, names: Mapping[str, Sequence[str]]) -> int:
    """Make the delivered measures the company's own, to change them; `names` by language, in their order. Nothing where it has some."""
    require_manage(actor)
    with tenant_tx(actor.tenant_id):
        if RetentionMeasure.objects.exists():
            return 0
        rows = [
            RetentionMeasure(stage=stage, level=level, name_en=english, name_zh=chinese, position=10 * (at + 1))
            for at, ((stage, level, _words), english, chinese) in enumerate(zip(DELIVERED, names["en"], names["zh"], strict=True))
        ]  # fmt: skip
        RetentionMeasure.objects.bulk_create(rows)
        _noted(actor, "measure.saved", None)
        return len(rows)


def _noted(actor: Actor, action: str, key: UUID | None) -> None:
    note_access(actor, action, object_name="retention-measure", record_id=key, detail={})
    settings_changed()


def _locked(key: UUID) -> RetentionMeasure:
    found: RetentionMeasure | None = RetentionMeasure.objects.select_for_update().filter(id=key).first()
    if found is None:
        raise NotFound(_("It does not exist."))
    return found


def _take(row: RetentionMeasure, values: Mapping[str, Any]) -> None:
    errors: dict[str, list[str]] = {name: [_("There is no such field.")] for name in values if name not in FIELDS}
    for name, allowed in (("stage", LifecycleStage.values), ("level", MeasureLevel.values)):
        setattr(row, name, values.get(name, getattr(row, name)))
        if getattr(row, name) not in allowed:
            errors[name] = [_("Choose one of the list.")]
    for name in ("name_en", "name_zh"):
        text = values.get(name, getattr(row, name))
        if not isinstance(text, str) or len(text) > 120 or "\x00" in text:
            errors[name] = [_("Write at most 120 characters.")]
        else:
            setattr(row, name, text.strip())
    if not errors and not (row.name_en or row.name_zh):
        errors["name_en"] = [_("Give it a name.")]
    row.cost = _number(values, "cost", row.cost, MAX_AMOUNT, errors) or Decimal(0)
    effect = _number(values, "effect", row.effect, Decimal(100), errors)
    row.effect = None if effect is None else float(effect)
    row.position = int(_number(values, "position", row.position, Decimal(30_000), errors) or 0)
    row.active = bool(values.get("active", row.active))
    row.offer_id = _offer(values.get("offer_id", row.offer_id), errors)
    if errors:
        raise Invalid(errors)


def _number(
    values: Mapping[str, Any], name: str, before: Any, most: Decimal, errors: dict[str, list[str]]
) -> Decimal | None:
    given = values.get(name, before)
    if given in (None, ""):
        return None
    try:
        found = Decimal(str(given))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= most:
        errors[name] = [
            _("Write a number, not below 0.")
            if name == "cost"
            else _("Write a number from 0 to %(most)s.") % {"most": most}
        ]
        return None
    return found


def _offer(given: Any, errors: dict[str, list[str]]) -> UUID | None:
    if not given:
        return None
    try:
        found = UUID(str(given))
    except ValueError:
        found = None
    if found is None or found not in offers_known():
        errors["offer_id"] = [_("Choose one of the list.")]
        return None
    return found
