"""Tables of the analytical room: one file by noun."""

from guanxi.analytics.models.allocations import (
    Allocated,
    AllocationGoal,
    AllocationPlan,
    AllocationState,
    AllocationStep,
)
from guanxi.analytics.models.choices import Archetype, Basis, EventKind, Grouping, MeasureLevel, Outcome
from guanxi.analytics.models.clusters import Cluster, Clustering, ClusterMember
from guanxi.analytics.models.expected import ExpectedEvent
from guanxi.analytics.models.figures import Dimension, Figure, Grain
from guanxi.analytics.models.fits import CutPoints, ModelFit, Purpose, ScoreHistory
from guanxi.analytics.models.forecasts import ForecastPoint, ForecastSeries, Judgement, Plan, PlanCell
from guanxi.analytics.models.goals import Goal, GoalNote, Split
from guanxi.analytics.models.keeping import EarlyWarning, RetentionMeasure
from guanxi.analytics.models.kpis import Kpi
from guanxi.analytics.models.lifecycle import LifecycleChange
from guanxi.analytics.models.markets import Market
from guanxi.analytics.models.movements import CohortCell, CustomerMonth
from guanxi.analytics.models.offers import ActionChoice, Choice, CustomerUplift, OfferEffect, OfferRate
from guanxi.analytics.models.returns import ReturnCase, SwotEntry, SwotKind
from guanxi.analytics.models.runs import OPEN, Engine, Relationship, Run, RunCause, RunState, Settings
from guanxi.analytics.models.selling import NextProduct, ProductPair, ProductRule, SellingKind
from guanxi.analytics.models.serving import ServiceClass

__all__ = [
    "OPEN",
    "ActionChoice",
    "Allocated",
    "AllocationGoal",
    "AllocationPlan",
    "AllocationState",
    "AllocationStep",
    "Archetype",
    "Basis",
    "Choice",
    "Cluster",
    "ClusterMember",
    "Clustering",
    "CohortCell",
    "CustomerMonth",
    "CustomerUplift",
    "CutPoints",
    "Dimension",
    "EarlyWarning",
    "Engine",
    "EventKind",
    "ExpectedEvent",
    "Figure",
    "ForecastPoint",
    "ForecastSeries",
    "Goal",
    "GoalNote",
    "Grain",
    "Grouping",
    "Judgement",
    "Kpi",
    "LifecycleChange",
    "Market",
    "MeasureLevel",
    "ModelFit",
    "NextProduct",
    "OfferEffect",
    "OfferRate",
    "Outcome",
    "Plan",
    "PlanCell",
    "ProductPair",
    "ProductRule",
    "Purpose",
    "Relationship",
    "RetentionMeasure",
    "ReturnCase",
    "Run",
    "RunCause",
    "RunState",
    "ScoreHistory",
    "SellingKind",
    "ServiceClass",
    "Settings",
    "Split",
    "SwotEntry",
    "SwotKind",
]
