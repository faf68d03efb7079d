"""What the customers' room contributes to lower rooms."""

from guanxi.customers.extracts import extracts
from guanxi.customers.personal import personal_data
from guanxi.customers.reports import customer_reports
from guanxi.customers.services.merging import CustomerMerge
from guanxi.records.extracts import EXTRACTS
from guanxi.records.merging import MERGE_RULES
from guanxi.records.ports import REPORTS
from guanxi.records.privacy.declaring import PERSONAL_DATA

MERGE_RULES.register("customers", CustomerMerge())
REPORTS.register("customers", customer_reports)
PERSONAL_DATA.register("customers", personal_data)
EXTRACTS.register("customers", extracts)
