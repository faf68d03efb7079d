"""Commands of identity, split by noun. Import them from here."""

from guanxi.identity.services.background import retry_event, retry_failed_job
from guanxi.identity.services.calendars import delete_calendar, save_calendar
from guanxi.identity.services.company import change_company, set_logo, upload_logo
from guanxi.identity.services.invitations import (
    accept_invitation,
    invite_person,
    open_invitation,
    resend_invitation,
    revoke_invitation,
)
from guanxi.identity.services.members import (
    change_member,
    create_user,
    deactivate_member,
    reactivate_member,
    set_further_teams,
)
from guanxi.identity.services.profile import change_preferences, change_profile, remember_tenant
from guanxi.identity.services.rates import delete_rate, save_rate
from guanxi.identity.services.roles import change_role, create_role, delete_role
from guanxi.identity.services.teams import change_team, create_team, delete_team
from guanxi.identity.services.tenants import create_tenant, free_slug, tenant_by_slug
from guanxi.identity.services.tokens import create_token, revoke_token

__all__ = [
    "accept_invitation",
    "change_company",
    "change_member",
    "change_preferences",
    "change_profile",
    "change_role",
    "change_team",
    "create_role",
    "create_team",
    "create_tenant",
    "create_token",
    "create_user",
    "deactivate_member",
    "delete_calendar",
    "delete_rate",
    "delete_role",
    "delete_team",
    "free_slug",
    "invite_person",
    "open_invitation",
    "reactivate_member",
    "remember_tenant",
    "resend_invitation",
    "retry_event",
    "retry_failed_job",
    "revoke_invitation",
    "revoke_token",
    "save_calendar",
    "save_rate",
    "set_further_teams",
    "set_logo",
    "tenant_by_slug",
    "upload_logo",
]
