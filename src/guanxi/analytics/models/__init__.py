"""The tables of analytics, by noun."""

from guanxi.analytics.models.fits import CutPoints, ModelFit, Purpose, ScoreHistory
from guanxi.analytics.models.runs import OPEN, Engine, Relationship, Run, RunCause, RunState, Settings

__all__ = [
    "OPEN",
    "CutPoints",
    "Engine",
    "ModelFit",
    "Purpose",
    "Relationship",
    "Run",
    "RunCause",
    "RunState",
    "ScoreHistory",
    "Settings",
]
