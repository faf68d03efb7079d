"""How the company computes the value of its customers, kept in memory by version of the settings."""

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from guanxi.analytics.models import Run, RunState, Settings
from guanxi.core.tenancy import current_tenant_id
from guanxi.identity.kept import Kept
from guanxi.identity.models import Company
from guanxi.records import registry

NO_TENANT = UUID(int=0)


def _read() -> Settings:
    return Settings.objects.first() or Settings(tenant_id=current_tenant_id())


preferences: Kept[Settings] = Kept(_read, Settings(tenant_id=NO_TENANT))
"""The settings of the running tenant; those that hold from the start where nobody has changed any."""


def company_today() -> date:
    """Today where the company is."""
    zone = Company.objects.values_list("time_zone", flat=True).first() or "UTC"
    return timezone.now().astimezone(ZoneInfo(zone)).date()


def last_done() -> Run | None:
    """The last run that came to its end."""
    found: Run | None = Run.objects.filter(state=RunState.DONE).order_by("-as_of", "-created_at").first()
    return found


def channels() -> list[tuple[str, str]]:
    """The channels of contacts that may cost something: key and label."""
    known = registry.get("interaction").by_name["channel"].choices
    return [(one.value, str(one.label)) for one in known if one.value not in ("system", "note")]
