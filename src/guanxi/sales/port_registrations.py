"""What the sales room contributes to lower rooms."""

from guanxi.identity.ports import NEW_TENANT
from guanxi.sales.services.pipelines import set_up_tenant

NEW_TENANT.register("sales", set_up_tenant)
