"""What the analytical tables hold about customers: conclusions about accounts go when these go."""

from django.utils.translation import gettext_lazy as _

from guanxi.analytics.models import (
    ActionChoice,
    Allocated,
    AllocationPlan,
    Cluster,
    Clustering,
    ClusterMember,
    CohortCell,
    CustomerMonth,
    CustomerUplift,
    CutPoints,
    EarlyWarning,
    ExpectedEvent,
    Figure,
    ForecastPoint,
    ForecastSeries,
    Goal,
    GoalNote,
    Judgement,
    Kpi,
    LifecycleChange,
    Market,
    ModelFit,
    NextProduct,
    OfferEffect,
    OfferRate,
    Plan,
    PlanCell,
    ProductPair,
    ProductRule,
    RetentionMeasure,
    ReturnCase,
    Run,
    ScoreHistory,
    Settings,
    SwotEntry,
)
from guanxi.analytics.models.returns import Training
from guanxi.analytics.models.serving import ServiceClass
from guanxi.records.privacy.declaring import RoomPersonalData, Table, impersonal, scrubbed

TABLES = (
    impersonal(Run, "as_of", "state", "cause", "step", "steps", "error", "engine", "created_at", "started_at", "beat_at", "finished_at"),
    impersonal(Settings, "grouping", "group_bases", "relationship", "candidates", "channel_costs", "rfm_weights", "rfm_cuts", "grade_shares", "engine", "spark_master"),
    impersonal(ModelFit, "as_of", "purpose", "model", "asked", "parameters", "standard_errors", "warnings", "evaluation", "at"),
    impersonal(OfferRate, "channel", "grade", "as_of"), impersonal(OfferEffect, "as_of"),
    Table(ActionChoice, about=("account",), plain=("channel", "choice", "until", "at"), goes=True, label=_("Actions put off")),
    impersonal(
        AllocationPlan, "name", "goal", "first", "last", "offers", "channels", "state", "problem", "result", "created_at", "computed_at", "applied_at",
    ),
    Table(Allocated, about=("account",), plain=("channel", "step", "note"), goes=True, label=_("Places in plans of offers")),
    impersonal(ProductRule, "given", "as_of"),
    impersonal(ProductPair, "as_of"),
    Table(CustomerUplift, about=("account",), plain=("as_of",), goes=True, label=_("What asking changes")),
    Table(NextProduct, about=("account",), plain=("kind", "as_of"), goes=True, label=_("Products likely to be taken next")),
    impersonal(Market, "industry"),
    impersonal(CutPoints, "as_of", "recency", "frequency", "monetary", "weights", "migration", "before_on", "at"),
    Table(ScoreHistory, about=("account",), plain=("as_of", "grade", "stage"), goes=True, label=_("Scores of earlier months")),
    impersonal(CustomerMonth, "month", "region", "as_of"),
    impersonal(CohortCell, "born_on"),
    Table(
        LifecycleChange, about=("account",), plain=("changed_on", "before", "after", "reason", "figures"), goes=True,
        label=_("Changes of stage"),
    ),
    impersonal(Clustering, "basis", "as_of", "method", "features", "scales", "candidates"),
    Table(Cluster, columns=scrubbed("name", "next_step"), plain=("archetype", "centre", "marks", "segment_id"), anywhere=True),
    Table(ClusterMember, about=("account",), goes=True, label=_("Groups of customers")),
    Table(
        ExpectedEvent, about=("account",), plain=("kind", "expected_on", "low_on", "high_on", "as_of", "outcome", "happened_on"),
        goes=True, label=_("Expected events"),
    ),
    Table(
        EarlyWarning, about=("account",), plain=("as_of", "reasons", "owner_id", "task_id", "recovered_on"), goes=True, label=_("Early warnings"),
    ),
    impersonal(RetentionMeasure, "stage", "level", "name_en", "name_zh", "offer_id"),
    impersonal(Figure, "kpi", "dimension", "grain", "since", "member", "as_of"),
    impersonal(Kpi, "key", "name_en", "name_zh", "about_en", "about_zh", "formula", "report", "unit", "uses"),
    impersonal(Goal, "kpi", "name", "first", "after", "split"), impersonal(GoalNote, "text", "changes"),
    impersonal(ForecastSeries, "dimension", "member", "as_of", "method", "accuracy"), impersonal(ForecastPoint, "dimension", "member", "since", "as_of"),
    impersonal(Judgement, "since", "note"), impersonal(Plan, "name", "dimension", "first", "after"), impersonal(PlanCell, "member", "since"),
    impersonal(ReturnCase, "inputs", "started_on"), impersonal(SwotEntry, "kind", "text", "kpi", "signal", "state"),
    impersonal(Training, "title", "done_on"), impersonal(ServiceClass, "grade", "level", "promise", "channel"),
)  # fmt: skip


def personal_data() -> RoomPersonalData:
    """What was concluded about an account goes with it."""
    return RoomPersonalData(tables=TABLES)
