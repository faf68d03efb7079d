"""Settings over the API: what administrators do on the settings pages, address by address."""

from collections.abc import Mapping

from guanxi.records.api.settings.company import CALENDARS, COMPANY, RATES
from guanxi.records.api.settings.data import CODES, EVENTS, JOBS, TAGS, VIEWS
from guanxi.records.api.settings.imports import IMPORTS
from guanxi.records.api.settings.own import PREFERENCES, TOKENS
from guanxi.records.api.settings.people import INVITATIONS, ROLES, TEAMS, USERS
from guanxi.records.api.settings.resources import Resource

RESOURCES: Mapping[str, Resource] = {
    one.name: one
    for one in (
        COMPANY, RATES, CALENDARS, USERS, INVITATIONS, TEAMS, ROLES, VIEWS, TAGS, CODES, PREFERENCES, TOKENS, EVENTS,
        JOBS, IMPORTS,
    )
}  # fmt: skip

__all__ = ["RESOURCES"]
