"""What the catalogue contributes to lower rooms."""

from guanxi.catalogue.services import set_up_tenant
from guanxi.identity.ports import NEW_TENANT

NEW_TENANT.register("catalogue", set_up_tenant)
