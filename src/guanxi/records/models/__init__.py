"""The base of business objects, and the tables that serve them all, by noun."""

from guanxi.records.models.base import Record, record_label
from guanxi.records.models.demands import DuplicateRule, FieldRule, MatchKey, StageGate
from guanxi.records.models.fields import CustomField
from guanxi.records.models.holds import LegalHold
from guanxi.records.models.imports import Import, ImportChunk, ImportRow
from guanxi.records.models.keys import ExternalKey, IdempotencyKey
from guanxi.records.models.layouts import Layout
from guanxi.records.models.merging import DuplicatePair, DuplicateSearch, MergedRecord, MergePart
from guanxi.records.models.operations import Operation, OperationItem
from guanxi.records.models.own import OWN_TABLES, OwnObject, OwnRecord
from guanxi.records.models.privacy import Erasure, RetentionRule
from guanxi.records.models.report_runs import ReportRun
from guanxi.records.models.reports import Dashboard, Report, ReportFavourite
from guanxi.records.models.rules import ValidationRule
from guanxi.records.models.search import SearchEntry
from guanxi.records.models.subscriptions import ReportDelivery, ReportSubscription, SubscriptionRecipient
from guanxi.records.models.texts import Document, TextEntry
from guanxi.records.models.views import RecentView, SavedView, Tag

__all__ = [
    "OWN_TABLES",
    "CustomField",
    "Dashboard",
    "Document",
    "DuplicatePair",
    "DuplicateRule",
    "DuplicateSearch",
    "Erasure",
    "ExternalKey",
    "FieldRule",
    "IdempotencyKey",
    "Import",
    "ImportChunk",
    "ImportRow",
    "Layout",
    "LegalHold",
    "MatchKey",
    "MergePart",
    "MergedRecord",
    "Operation",
    "OperationItem",
    "OwnObject",
    "OwnRecord",
    "RecentView",
    "Record",
    "Report",
    "ReportDelivery",
    "ReportFavourite",
    "ReportRun",
    "ReportSubscription",
    "RetentionRule",
    "SavedView",
    "SearchEntry",
    "StageGate",
    "SubscriptionRecipient",
    "Tag",
    "TextEntry",
    "ValidationRule",
    "record_label",
]
