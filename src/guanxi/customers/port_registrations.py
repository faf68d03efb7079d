"""What the customers' room contributes to lower rooms."""

from guanxi.customers.services.merging import CustomerMerge
from guanxi.records.merging import MERGE_RULES

MERGE_RULES.register("customers", CustomerMerge())
