"""What identity asks of rooms above it, in the same transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest

from guanxi.core.ports import Port
from guanxi.identity.actor import Actor


class SetUpTenant(Protocol):
    """Adds what a new tenant needs of one room: pipelines, taxes, reasons, templates."""

    def __call__(self, actor: Actor, *, language: str) -> None:
        """Called once, inside the transaction that makes the tenant; `actor` is the system, `language` the tenant's."""


class SendMail(Protocol):
    """Sends one mail from a template by way of the tenant's mail settings."""

    def __call__(self, tenant_id: UUID, *, to: str, template: str, context: Mapping[str, Any], language: str) -> None:
        """Queue the mail inside the running transaction. `template` is a key such as "invitation"; values are plain."""


@dataclass(frozen=True)
class GuardedField:
    """A field whose access a role may restrict."""

    name: str
    label: str
    maskable: bool


@dataclass(frozen=True)
class GuardedObject:
    """An object that roles grant actions on, in its order on the screen."""

    name: str
    label: str
    room: str
    fields: tuple[GuardedField, ...]


class ListGuardedObjects(Protocol):
    """Tells which objects and fields exist, for the screen of roles."""

    def __call__(self) -> Iterable[GuardedObject]:
        """All objects with labels in the active language; inside the tenant's transaction."""


class DescribeShell(Protocol):
    """Tells what the workspace around a settings page shows: side bar, switcher, menus."""

    def __call__(self, request: HttpRequest) -> Mapping[str, Any]:
        """The variables of core/layout/shell.html.jinja for the actor of `request`."""


@dataclass(frozen=True)
class SettingsPage:
    """One entry of the settings menu. `group` is me, company, people, sales, messages or data."""

    label: Any
    icon: str
    url: str
    group: str = "company"
    admins_only: bool = True


class ListSettingsPages(Protocol):
    """Adds pages of a room to the settings menu."""

    def __call__(self, actor: Actor) -> Iterable[SettingsPage]:
        """The room's pages for this actor; called on each settings page: no query."""


class ConditionOfRule(Protocol):
    """Turns the criteria of a sharing rule into a condition on the rows of its object."""

    def __call__(self, queryset: Any, object_name: str, criteria: Mapping[str, Any]) -> tuple[Any, Q]:
        """The query set with what the condition needs, and the condition; one that holds for nothing when the criteria are void."""


NEW_TENANT: Port[SetUpTenant] = Port("new_tenant")
MAIL: Port[SendMail] = Port("mail")
GUARDED_OBJECTS: Port[ListGuardedObjects] = Port("guarded_objects")
SHELL: Port[DescribeShell] = Port("shell")
SETTINGS_PAGES: Port[ListSettingsPages] = Port("settings_pages")
RULE_CONDITION: Port[ConditionOfRule] = Port("rule_condition")
