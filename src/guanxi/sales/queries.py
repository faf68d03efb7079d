"""Reads of the sales room: pipelines and stages, sums over the pipeline, what was won, targets, what needs attention."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.catalogue.models import PriceBook
from guanxi.catalogue.queries import default_price_book, is_valid
from guanxi.core.errors import Invalid, NotFound
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records
from guanxi.records.registry import BoardColumn, Choice
from guanxi.sales.models import (
    Category,
    Lead,
    LeadStatus,
    Opportunity,
    Pipeline,
    Quote,
    Reason,
    SalesTarget,
    Stage,
)
from guanxi.sales.models.lead import CLAIMABLE

ZERO = Decimal(0)
USUAL_DAYS = 21


def language_now() -> str:
    """The active language's code."""
    return get_language() or "en"


# Pipelines, stages and reasons


def pipelines() -> list[Pipeline]:
    """Active pipelines, the default one first."""
    return list(Pipeline.objects.filter(deleted_at=None, is_active=True).order_by("-is_default", "position", "id"))


def default_pipeline() -> Pipeline:
    """The tenant's default pipeline, or its first. Raises `Invalid` when there is none."""
    found = pipelines()
    if not found:
        raise Invalid({"pipeline": [_("There is no pipeline yet. Set one up in the settings.")]})
    return found[0]


def stages(pipeline_id: UUID | None = None) -> list[Stage]:
    """Stages in order; of the default pipeline when none is given."""
    chosen = pipeline_id or default_pipeline().id
    return list(Stage.objects.filter(pipeline_id=chosen, deleted_at=None).order_by("position", "id"))


def first_stage(pipeline: Pipeline) -> Stage:
    """The first open stage of a pipeline. Raises `Invalid` when it has none."""
    stage: Stage | None = (
        Stage.objects.filter(pipeline=pipeline, category=Category.OPEN, deleted_at=None)
        .order_by("position", "id")
        .first()
    )
    if stage is None:
        raise Invalid({"pipeline": [_("This pipeline has no open stage.")]})
    return stage


def closing_stage(pipeline_id: UUID, category: str) -> Stage:
    """The first won or lost stage of a pipeline. Raises `Invalid` when it has none."""
    stage: Stage | None = (
        Stage.objects.filter(pipeline_id=pipeline_id, category=category, deleted_at=None).order_by("position").first()
    )
    if stage is None:
        raise Invalid({"stage": [_("This pipeline has no stage for that.")]})
    return stage


def stage_of(stage_id: Any) -> Stage:
    """A living stage by its key, whatever form the key has. Raises `NotFound`."""
    try:
        key = stage_id if isinstance(stage_id, UUID) else UUID(str(getattr(stage_id, "id", stage_id)))
    except ValueError:
        key = None
    stage: Stage | None = Stage.objects.filter(id=key, deleted_at=None).first() if key else None
    if stage is None:
        raise NotFound(_("There is no such stage."))
    return stage


def reasons(kind: str) -> list[Reason]:
    """Active reasons of a kind in order."""
    return list(Reason.objects.filter(kind=kind, is_active=True, deleted_at=None).order_by("position", "id"))


def stage_choices() -> tuple[Choice, ...]:
    """All stages of active pipelines as choices."""
    language = language_now()
    rows = Stage.objects.filter(deleted_at=None, pipeline__is_active=True).order_by("pipeline__position", "position")
    tones = {Category.WON: "jade", Category.LOST: "grey"}
    return tuple(Choice(str(row.id), row.name_in(language), tones.get(row.category, "indigo")) for row in rows)


def price_book_for(account: Any, currency: str, day: date) -> PriceBook | None:
    """The customer's own price book where it holds on the day in this currency, else the company's default of the currency."""
    own: PriceBook | None = account.price_book if account is not None else None
    if own is not None and own.currency == currency and is_valid(own, day):
        return own
    return default_price_book(currency)


def place_choices() -> tuple[Choice, ...]:
    """All stages, with the name of their pipeline where there are several."""
    found = stage_choices()
    rows = Stage.objects.filter(deleted_at=None, pipeline__is_active=True).select_related("pipeline")
    names = {str(row.id): row.pipeline.name_in(language_now()) for row in rows}
    if len(set(names.values())) < 2:
        return found
    return tuple(replace(choice, label=f"{names[choice.value]} · {choice.label}") for choice in found)


def reason_choices(*kinds: str) -> tuple[Choice, ...]:
    """Active reasons of these kinds as choices."""
    language = language_now()
    return tuple(Choice(str(row.id), row.name_in(language)) for kind in kinds for row in reasons(kind))


def board_columns(scope: Any = None) -> list[BoardColumn]:
    """Columns of the board: the stages of the pipeline whose key is `scope`, by default the default one."""
    language = language_now()
    return [
        BoardColumn(
            str(stage.id),
            stage.name_in(language),
            stage.category,
            stage.probability,
            stage.usual_days or USUAL_DAYS,
        )
        for stage in stages(_pipeline_id(scope))
    ]


def board_scopes() -> list[tuple[str, str]]:
    """Key and name of each pipeline that has a board, the default one first."""
    language = language_now()
    return [(str(pipeline.id), pipeline.name_in(language)) for pipeline in pipelines()]


def _pipeline_id(scope: Any) -> UUID | None:
    try:
        return UUID(str(scope)) if scope else None
    except ValueError:
        return None


# Figures for my day, the team overview and the board's head


@dataclass(frozen=True)
class StageSum:
    """Open opportunities of one stage, in the company's currency."""

    stage: Stage
    count: int
    amount: Decimal
    weighted: Decimal


def in_scope(
    actor: Actor, object_name: str, *, members: Iterable[UUID] | None = None, teams: Iterable[UUID] | None = None
) -> "QuerySet[Any, Any]":
    """What the actor may see of an object, narrowed to owners and teams when given."""
    queryset = visible_records(actor, object_name)
    if members is not None:
        queryset = queryset.filter(owner_id__in=list(members))
    if teams is not None:
        queryset = queryset.filter(team_id__in=list(teams))
    return queryset


def pipeline_sums(actor: Actor, pipeline_id: UUID | None = None, **who: Any) -> list[StageSum]:
    """Count, amount and weighted amount of the open opportunities per open stage; `who` as in `in_scope`."""
    open_stages = [stage for stage in stages(pipeline_id) if stage.category == Category.OPEN]
    rows = (
        in_scope(actor, "opportunity", **who)
        .filter(stage_id__in=[stage.id for stage in open_stages])
        .order_by()
        .values("stage_id")
        .annotate(count=Count("id"), amount=Sum("amount_company"), weighted_sum=Sum("weighted"))
    )
    found = {row["stage_id"]: row for row in rows}
    return [
        StageSum(stage, row.get("count", 0), row.get("amount") or ZERO, row.get("weighted_sum") or ZERO)
        for stage in open_stages
        for row in [found.get(stage.id, {})]
    ]


def won_total(actor: Actor, first: date, after: date, **who: Any) -> Decimal:
    """What was won from `first` to before `after`, in the company's currency and the actor's time zone."""
    return _closed(actor, Category.WON, first, after, **who).aggregate(sum=Sum("amount_company"))["sum"] or ZERO


def lost_total(actor: Actor, first: date, after: date, **who: Any) -> Decimal:
    """What was lost in the time; see `won_total`."""
    return _closed(actor, Category.LOST, first, after, **who).aggregate(sum=Sum("amount_company"))["sum"] or ZERO


def _closed(actor: Actor, category: str, first: date, after: date, **who: Any) -> "QuerySet[Any, Any]":
    zone = ZoneInfo(actor.time_zone)
    begin, end = (datetime.combine(day, time(), zone) for day in (first, after))
    return in_scope(actor, "opportunity", **who).filter(category=category, closed_at__gte=begin, closed_at__lt=end)


def forecast(actor: Actor, first: date, after: date, **who: Any) -> dict[str, Decimal]:
    """Open amounts expected to close in the time, by forecast category (omitted, pipeline, best_case, commit)."""
    rows = (
        in_scope(actor, "opportunity", **who)
        .filter(category=Category.OPEN, close_date__gte=first, close_date__lt=after)
        .order_by()
        .values("forecast_category")
        .annotate(amount=Sum("amount_company"))
    )
    return {row["forecast_category"]: row["amount"] or ZERO for row in rows}


def target_total(
    first: date, after: date, *, members: Iterable[UUID] | None = None, teams: Iterable[UUID] | None = None
) -> Decimal:
    """Sum of the monthly targets of people or teams whose months begin in the time; of all people when neither is given."""
    rows = SalesTarget.objects.filter(deleted_at=None, month__gte=first, month__lt=after)
    if members is not None:
        rows = rows.filter(member_id__in=list(members))
    elif teams is not None:
        rows = rows.filter(for_team_id__in=list(teams))
    else:
        rows = rows.filter(member__isnull=False)
    return rows.aggregate(sum=Sum("amount"))["sum"] or ZERO


def closing_soon(actor: Actor, days: int = 14, **who: Any) -> "QuerySet[Any, Any]":
    """Open opportunities whose close date lies within `days` or is past, soonest first."""
    last = timezone.localdate() + timedelta(days=days)
    return (
        in_scope(actor, "opportunity", **who)
        .filter(category=Category.OPEN, close_date__lte=last)
        .select_related("account", "stage")
        .order_by("close_date", "id")
    )


def without_next_step(actor: Actor, **who: Any) -> "QuerySet[Any, Any]":
    """Open opportunities for which nothing is planned."""
    return in_scope(actor, "opportunity", **who).filter(category=Category.OPEN).filter(NO_NEXT_STEP)


NO_NEXT_STEP = Q(next_step="") | Q(next_step_at=None)


def is_stuck(item: Opportunity, stage: Stage, now: datetime | None = None) -> str:
    """Why an open opportunity needs attention: "late", "slow", "no_step", or "" when it does not.

    late     the close date is past
    slow     longer in its stage than usual
    no_step  no next step is planned
    """
    moment = now or timezone.now()
    if item.category != Category.OPEN:
        return ""
    if item.close_date and item.close_date < timezone.localdate(moment):
        return "late"
    if item.stage_since and (moment - item.stage_since).days > (stage.usual_days or USUAL_DAYS):
        return "slow"
    return "" if item.next_step and item.next_step_at else "no_step"


def quotes_waiting(actor: Actor, days: int = 7, **who: Any) -> "QuerySet[Any, Any]":
    """Quotes sent more than `days` ago without an answer, oldest first."""
    before = timezone.now() - timedelta(days=days)
    return in_scope(actor, "quote", **who).filter(status__in=("sent", "viewed"), sent_at__lt=before).order_by("sent_at")


def quotes_to_approve(actor: Actor) -> "QuerySet[Any, Any]":
    """Quotes in review that the actor may edit but does not own."""
    return visible_records(actor, "quote", "edit").filter(status="in_review").exclude(owner_id=actor.member_id)


def pool_leads(actor: Actor) -> "QuerySet[Any, Any]":
    """Leads without owner that the actor may claim: of no team, or of one of the actor's teams or teams below."""
    found: QuerySet[Any, Any] = Lead.objects.filter(pool_condition(actor))
    return found.order_by("-score", "-created_at", "id")


def pool_condition(actor: Actor) -> Q:
    """Which leads lie in the pool that is open to the actor."""
    base = Q(owner=None, deleted_at=None, status__in=[LeadStatus(status) for status in CLAIMABLE])
    if actor.is_admin:
        return base
    return base & (Q(team=None) | Q(team_id__in=actor.below_team_ids))


# Versions of a quote


def versions_of(actor: Actor, quote: Quote) -> "QuerySet[Any, Any]":
    """All versions of a quote that the actor may see, newest first."""
    return visible_records(actor, "quote").filter(number=quote.number).order_by("-revision")


def latest_revision(number: str) -> int:
    """The highest version number that carries a quote number."""
    return Quote.objects.filter(number=number).order_by("-revision").values_list("revision", flat=True).first() or 0
