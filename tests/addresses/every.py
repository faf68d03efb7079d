"""Every address of the URL conf, filled with the keys of rows of one company.

A new address with a place that nobody here knows how to fill raises `Uncovered`: the contract tests then fail until it is told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from guanxi.analytics.models import AllocationPlan, Cluster, Goal, Market, ModelFit, Plan, RetentionMeasure, Run
from guanxi.analytics.models.returns import SwotEntry, Training
from guanxi.catalogue.models import Product
from guanxi.core.ids import new_id
from guanxi.core.models import ExchangeRate, OutboxEvent, StoredFile
from guanxi.core.tenancy import current_tenant_id, tenant_tx
from guanxi.customers.models import Account, Address, ContactPoint, Relationship
from guanxi.identity.actor import Actor
from guanxi.identity.models import (
    ApiToken,
    BusinessCalendar,
    Delegation,
    Invitation,
    Membership,
    Role,
    SharingRule,
    Team,
)
from guanxi.messaging.models import Message, SystemMail
from guanxi.records import registry
from guanxi.records.models import (
    CustomField,
    Dashboard,
    DuplicatePair,
    DuplicateRule,
    Erasure,
    ExternalKey,
    FieldRule,
    Import,
    Layout,
    LegalHold,
    Operation,
    OwnObject,
    Report,
    ReportRun,
    ReportSubscription,
    RetentionRule,
    SavedView,
    StageGate,
    Tag,
    ValidationRule,
)
from guanxi.records.own_objects.services import create_object
from guanxi.records.registry import ObjectType
from tests.api.calling import make

# The API has contract tests of its own (tests/api), over every object and operation.
ELSEWHERE = ("api/",)
PLACE = re.compile(r"<(?:(\w+):)?(\w+)>|\(\?P<(\w+)>((?:[^()]|\([^()]*\))*)\)")
ROWS: dict[str, type[models.Model]] = {
    "analytics.goal": Goal, "analytics.goal_edit": Goal, "analytics.goal_split": Goal, "analytics.goal_delete": Goal, "analytics.goal_say": Goal,
    "analytics.plan": Plan,
    **{f"analytics.allocation{what}": AllocationPlan for what in ("", "_edit", "_compute", "_apply", "_end", "_copy", "_segment", "_export", "_delete")},
    "records.field": CustomField, "records.field_move": CustomField, "records.field_delete": CustomField,
    "records.field_restore": CustomField, "records.field_purge": CustomField,
    "records.hold_end": LegalHold,
    "records.retention": RetentionRule, "records.retention_conditions": RetentionRule, "records.retention_delete": RetentionRule,
    "records.erasure": Erasure, "records.erasure_agree": Erasure, "records.erasure_refuse": Erasure,
    "records.sharing_rule": SharingRule, "records.sharing_conditions": SharingRule, "records.sharing_delete": SharingRule,
    "records.object": OwnObject, "records.object_delete": OwnObject, "records.object_restore": OwnObject, "records.object_purge": OwnObject,
    "records.operation": Operation, "records.operation_cancel": Operation, "records.operation_undo": Operation,
    "records.review_decision": DuplicatePair,
    "records.report": Report, "records.report_result": Report, "records.report_export": Report, "records.report_edit": Report,
    "records.report_favourite": Report, "records.report_delete": Report, "records.dashboard": Dashboard,
    "records.report_run": ReportRun, "records.report_run_cancel": ReportRun, "records.report_run_export": ReportRun, "records.report_run_delete": ReportRun,
    "records.subscription": ReportSubscription, "records.subscription_active": ReportSubscription, "records.subscription_stop": ReportSubscription,
    "records.subscription_send": ReportSubscription, "records.subscription_delete": ReportSubscription,
    "records.dashboard_edit": Dashboard, "records.dashboard_delete": Dashboard, "records.dashboard_export": Dashboard, "records.dashboard_filter": Dashboard,
    "core.file": StoredFile, "records.tag_delete": Tag, "records.view_change": SavedView, "records.view_delete": SavedView,
    "records.view_pin": SavedView, "records.view_star": SavedView, "records.import_columns": Import, "records.import_result": Import, "records.import_errors": Import,
    "records.import_pause": Import, "records.import_resume": Import, "records.import_undo": Import,
    "customers.address_remove": Address, "customers.point_remove": ContactPoint, "customers.relationship_remove": Relationship,
    "messaging.message": Message, "messaging.message_html": Message, "messaging.retry": Message,
    "messaging.system_message": SystemMail, "messaging.system_message_html": SystemMail,
    "identity.end_token": ApiToken, "identity.calendar": BusinessCalendar, "identity.delete_calendar": BusinessCalendar,
    "identity.user": Membership, "identity.user_access": Membership, "identity.invitation_action": Invitation,
    "identity.sign_in_as": Membership, "identity.delegation_end": Delegation,
    "identity.team": Team, "identity.delete_team": Team, "identity.role": Role, "identity.delete_role": Role,
    "records.rule": ValidationRule, "records.rule_delete": ValidationRule,
    "records.field_rule": FieldRule, "records.field_rule_conditions": FieldRule, "records.field_rule_delete": FieldRule,
    "records.layout_reset": Layout,
    "records.stage_gate": StageGate, "records.gate_delete": StageGate,
    "records.duplicate_rule": DuplicateRule, "records.duplicate_rule_delete": DuplicateRule,
    "analytics.group": Cluster, "analytics.group_name": Cluster, "analytics.group_segment": Cluster,
    "analytics.training_delete": Training, "analytics.swot_edit": SwotEntry, "analytics.swot_move": SwotEntry, "analytics.swot_delete": SwotEntry,
    "analytics.how": Account, "analytics.action": Account, "analytics.expected_of": Account,
    "analytics.bought_together": Product,
    "analytics.measure": RetentionMeasure, "analytics.measure_delete": RetentionMeasure,
    "analytics.run": Run, "analytics.market": Market, "analytics.model": ModelFit, "analytics.market_delete": Market,
    "identity.rate": ExchangeRate, "identity.delete_rate": ExchangeRate, "identity.retry_event": OutboxEvent,
}  # fmt: skip
# Rows that are named only beside the record that they belong to.
WITHIN: tuple[type[models.Model], ...] = (ExternalKey,)
COUNTED = {"object": "account", "measures": [{"key": "count", "kind": "count"}], "groups": [{"field": "name"}]}
# Rows that every company has from the start.
EXISTING = (Membership, Role, Team, BusinessCalendar, OwnObject)
BY_PLACE = {
    "pair": "records_duplicatepair",
    "file_id": "core_storedfile",
    "contact_id": "customers_contact",
    "member_id": "identity_membership",
    "plan_id": "analytics_plan",
    "key_id": "records_externalkey",
}
WORDS = {
    "token": ["gx_nonsense"], "action": ["assign", "edit", "tag", "delete", "restore", "add_to_segment"], "object": ["account", "nothing"], "number": ["1"], "pk": ["1"],
    "uidb36": ["1"], "listing": ["at-risk", "nothing"], "kpi": ["revenue", "nothing"], "grade": ["A", "nothing"],
}  # fmt: skip
BLOCKS = ["people", "addresses", "consent", "places", "relationships", "team", "traits", "hierarchy", "nothing"]


class Uncovered(Exception):
    """An address that the contract does not know how to fill."""


@dataclass(frozen=True)
class Address_:
    """One address: its name in the URL conf, the route there, and the path of this company."""

    name: str
    route: str
    path: str


class Company:
    """One row of everything in a company, by table."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.keys: dict[str, Any] = {}
        with tenant_tx(actor.tenant_id):
            create_object(
                actor, {"label_en": "Vehicle", "statuses": [{"label_en": "Free"}], "dated": True, "priced": True}
            )
            for kind in registry.objects():
                self.keys[table(kind.model)] = make(actor, kind).id
            for model in dict.fromkeys((*ROWS.values(), *WITHIN)):
                existing = model._base_manager.first() if model in EXISTING else None
                self.keys[table(model)] = (existing or any_row(model, self)).pk

    def key(self, model: type[models.Model]) -> Any:
        """The key of the company's row in a table."""
        return self.keys[table(model)]


def table(model: type[models.Model]) -> str:
    """The name of a model's table."""
    return model._meta.db_table


def any_row(model: type[models.Model], company: Company) -> Any:
    """A row of any model, with the least that its table demands."""
    own = {
        "membership_id": company.actor.member_id,
        "member_id": company.actor.member_id,
        "created_by_id": company.actor.member_id,
        "account_id": company.keys.get("customers_account"),
        "from_account_id": company.keys.get("customers_account"),
        "to_contact_id": company.keys.get("customers_contact"),
    }
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.attname in own:
            values[field.attname] = own[field.attname]
        elif field.name == "tenant_id":
            values[field.name] = current_tenant_id()
        elif field.name == "owner_id" or (
            not field.has_default() and not field.null and not has_database_default(field)
        ):
            values[field.attname] = a_value(field, company)
    if model is CustomField:
        values |= {"object": "account", "kind": "text", "name": "own_text"}
    if model is ExternalKey:
        values |= {"object": "account", "record_id": company.keys["customers_account"]}
    if model in (FieldRule, StageGate, DuplicateRule, Layout):
        values |= {"object": "account"}
    if model is SharingRule:
        values |= {"object": "account", "principal_kind": "member", "is_active": False}
    if model is Report:
        values |= {"owner_id": company.actor.member_id, "definition": COUNTED}
    if model is ReportSubscription:
        values |= {
            "owner_id": company.actor.member_id,
            "key": "new-customers",
            "forms": ["pdf"],
            "rhythm": "daily",
            "at": "08:00",
        }
    if model is ReportRun:
        values |= {"member_id": company.actor.member_id, "definition": COUNTED, "digest": "x"}
    if model is Dashboard:
        values |= {"owner_id": company.actor.member_id, "tiles": [{"report": "new-customers", "width": 6}]}
    if model is DuplicatePair:
        values |= {"object": "account", "score": 0.9}
    if model is Goal:
        values |= {"kpi": "revenue", "after": values["first"] + timedelta(days=90)}
    if model is RetentionRule:
        values |= {"object": "account", "date_field": "updated_at", "days": 365}
    if model is Erasure:
        values |= {"object": "contact", "record_id": company.keys["customers_contact"], "state": "done"}
    if model is Operation:
        values |= {"object": "account", "action": "edit", "done": 1}
    return model._base_manager.create(**values)


def has_database_default(field: Any) -> bool:
    """True where the database fills the column by itself."""
    return getattr(field, "db_default", models.NOT_PROVIDED) is not models.NOT_PROVIDED or field.generated


def a_value(field: Any, company: Company) -> Any:
    """A value that fits a column."""
    if isinstance(field, models.ForeignKey):
        known = company.keys.get(table(field.related_model))
        found = known or field.related_model._base_manager.values_list("pk", flat=True).first()
        return found or any_row(field.related_model, company).pk
    if field.choices:
        return field.choices[0][0]
    kinds: tuple[tuple[Any, Any], ...] = (
        (models.UUIDField, company.actor.member_id), (models.DateTimeField, timezone.now()), (models.DateField, timezone.localdate()),
        (models.BooleanField, False), (ArrayField, ["text@row.example"]), (models.JSONField, {}), (models.IntegerField, 1), (models.DecimalField, 1), (models.FloatField, 1.0),
        (models.EmailField, "secret@row.example"),
    )  # fmt: skip
    for kind, value in kinds:
        if isinstance(field, kind):
            return value
    return f"Text-{new_id().hex[-8:]}"[: getattr(field, "max_length", None) or 40]


def leaves(patterns: Any = None, prefix: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every entry of the URL conf."""
    for entry in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from leaves(entry.url_patterns, route)
        elif isinstance(entry, URLPattern):
            yield entry.name or "", route.replace("^", "").replace("$", "")


def addresses(company: Company, *, kinds: list[ObjectType] | None = None) -> Iterator[Address_]:
    """Every address of the company; those of the generic screens for each of `kinds` (default: all objects)."""
    for name, route in leaves():
        if route.startswith(ELSEWHERE):
            continue
        generic = "plural" in [place for place, *_ in places(route)]
        for kind in (kinds or registry.objects()) if generic else [None]:
            for path in filled(name, route, kind, company):
                yield Address_(name, route, path)


def places(route: str) -> list[tuple[str, str, str]]:
    """(name, converter or pattern, text) of each place in a route."""
    return [(m[2] or m[3], m[1] or m[4] or "str", m[0]) for m in PLACE.finditer(route)]


def filled(name: str, route: str, kind: ObjectType | None, company: Company) -> Iterator[str]:
    """The route with its places filled, once for each combination of words."""
    found = places(route)
    of_customers = any(how == "customers" for _place, how, _text in found)
    if kind is not None and of_customers and kind.name not in ("account", "contact"):
        return
    choices = [words(name, route, place, how, kind, company) for place, how, _text in found]
    for chosen in product(*choices):
        path = route
        for (_place, _how, text), word in zip(found, chosen, strict=True):
            path = path.replace(text, str(word), 1)
        yield "/" + path.replace("\\", "")


def words(name: str, route: str, place: str, how: str, kind: ObjectType | None, company: Company) -> list[Any]:
    """What may stand at one place of a route. Raises Uncovered."""
    if place == "plural" and kind is not None:
        return [kind.plural]
    if place in BY_PLACE:
        return [company.keys.get(BY_PLACE[place]) or company.actor.member_id]
    if place in ("id", "key") and name in ROWS:
        return [company.key(ROWS[name])]
    first = registry.by_plural(route.partition("/")[0])
    if place == "id" and (kind or first):
        return [company.keys[table((kind or first).model)]]  # type: ignore[union-attr]
    if name == "activity.open":
        return [company.keys["activity_task"]]
    if name == "activity.move":
        return [f"event:{company.keys['activity_calendarevent']}", company.keys["activity_calendarevent"]]
    if name == "records.command" and kind is not None:
        return [command.key for command in kind.commands] or ["nothing"]
    if name == "records.lookup":
        return [one.name for one in registry.objects()] + ["user", "team", "nothing"]
    if place == "name" and name == "customers.block":
        return BLOCKS
    if place == "name" and kind is not None:
        return [next((item.name for item in kind.fields if item.writable), "name"), "nothing"]
    if place in WORDS:
        return WORDS[place]
    if place == "key" and (route.startswith("auth/") or name == "records.board_form"):
        return ["won"]
    raise Uncovered(f"{name} ({route}): say in tests/addresses/every.py what stands at <{place}>.")


def as_uuid(text: str) -> UUID | None:
    """A key in a text, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None
