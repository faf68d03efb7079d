"""Settings over the API: what administrators do on the settings pages, address by address."""

from guanxi.records.api.settings.access_log import ACCESS_LOG
from guanxi.records.api.settings.company import CALENDARS, COMPANY, RATES
from guanxi.records.api.settings.configuration import COMPARISONS, CONFIGURATION_API
from guanxi.records.api.settings.data import CODES, EVENTS, JOBS, TAGS, VIEWS
from guanxi.records.api.settings.demands import DUPLICATE_RULES_API, FIELD_RULES_API, GATES_API
from guanxi.records.api.settings.duplicates import PAIRS, SEARCHES
from guanxi.records.api.settings.favourites import FAVOURITES
from guanxi.records.api.settings.holds import HOLDS
from guanxi.records.api.settings.imports import IMPORTS
from guanxi.records.api.settings.layouts import LAYOUTS
from guanxi.records.api.settings.objects import OBJECTS
from guanxi.records.api.settings.own import PREFERENCES, TOKENS
from guanxi.records.api.settings.people import INVITATIONS, ROLES, TEAMS, USERS
from guanxi.records.api.settings.privacy import ERASURES, PERSON_REPORTS, RETENTION
from guanxi.records.api.settings.report_runs import REPORT_RUNS
from guanxi.records.api.settings.reports import DASHBOARDS, REPORTS
from guanxi.records.api.settings.resources import Resource
from guanxi.records.api.settings.rules import VALIDATION_RULES
from guanxi.records.api.settings.sharing import SHARING_RULES
from guanxi.records.api.settings.standing_in import DELEGATIONS
from guanxi.records.api.settings.subscriptions import REPORT_SUBSCRIPTIONS

RESOURCES: dict[str, Resource] = {
    one.name: one
    for one in (
        COMPANY, RATES, CALENDARS, USERS, INVITATIONS, TEAMS, ROLES, VIEWS, TAGS, CODES, PREFERENCES, TOKENS, OBJECTS, EVENTS,
        SHARING_RULES, DELEGATIONS, ACCESS_LOG, HOLDS, JOBS, IMPORTS, REPORTS, DASHBOARDS, REPORT_RUNS, REPORT_SUBSCRIPTIONS, SEARCHES, PAIRS, FAVOURITES,
        VALIDATION_RULES, RETENTION, ERASURES, PERSON_REPORTS, FIELD_RULES_API, GATES_API, DUPLICATE_RULES_API, LAYOUTS,
        CONFIGURATION_API, COMPARISONS,
    )
}  # fmt: skip


def offer(resource: Resource) -> None:
    """Add what a room above serves in this way; each room does so in its api.py when the process starts."""
    RESOURCES[resource.name] = resource


__all__ = ["RESOURCES", "offer"]
