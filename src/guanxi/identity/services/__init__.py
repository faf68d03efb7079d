"""Commands of identity, split by noun. Import them from here."""

from guanxi.identity.services.members import create_user
from guanxi.identity.services.tenants import create_tenant
from guanxi.identity.services.tokens import create_token

__all__ = ["create_tenant", "create_token", "create_user"]
