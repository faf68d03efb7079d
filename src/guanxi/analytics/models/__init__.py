"""Tables of the analytical room: one file by noun."""

from guanxi.analytics.models.choices import Archetype, EventKind, Outcome
from guanxi.analytics.models.clusters import Cluster, Clustering, ClusterMember
from guanxi.analytics.models.expected import ExpectedEvent
from guanxi.analytics.models.fits import CutPoints, ModelFit, Purpose, ScoreHistory
from guanxi.analytics.models.lifecycle import LifecycleChange
from guanxi.analytics.models.movements import CohortCell, CustomerMonth
from guanxi.analytics.models.runs import OPEN, Engine, Relationship, Run, RunCause, RunState, Settings

__all__ = [
    "OPEN",
    "Archetype",
    "Cluster",
    "ClusterMember",
    "Clustering",
    "CohortCell",
    "CustomerMonth",
    "CutPoints",
    "Engine",
    "EventKind",
    "ExpectedEvent",
    "LifecycleChange",
    "ModelFit",
    "Outcome",
    "Purpose",
    "Relationship",
    "Run",
    "RunCause",
    "RunState",
    "ScoreHistory",
    "Settings",
]
