"""The ready reports of the customers' room."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.ports import ReadyDashboard, ReadyReport, RoomReports
from guanxi.records.reports.offering import count, derived, during, figure, met, ready

FOLDER = _("Customers")
CUSTOMER = met("relations", "contains", "customer")
READY: tuple[ReadyReport, ...] = (
    ready("customers-by-industry", _("Customers by industry"), _("Accounts that are customers, by industry."), FOLDER, "account", count(), derived("share", "count"), filter=CUSTOMER, groups=["industry"], limit=15, chart="row"),
    ready("customers-by-region", _("Customers by region"), _("Accounts that are customers, by province or state."), FOLDER, "account", count(), derived("share", "count"), filter=CUSTOMER, groups=["region"], limit=20, chart="row"),
    ready("customers-by-size", _("Customers by size"), _("Accounts that are customers, by the number of their employees."), FOLDER, "account", count(), derived("share", "count"), filter=CUSTOMER,
          groups=[{"field": "employees", "bands": ["10", "50", "250", "1000"]}], chart="bar"),
    ready("customers-by-stage", _("Customers by lifecycle stage"), _("Accounts by the stage of their life as customers, and their grades."), FOLDER, "account", count(), groups=["lifecycle_stage"], pivot="grade", chart="stacked"),
    ready("new-customers", _("New customers by month"), _("Accounts by the month since which they are customers, beside the year before."), FOLDER, "account", count(), period=during("customer_since", "this_year"),
          groups=["customer_since:month"], compare="year"),
    ready("customers-by-source", _("Customers by source"), _("Where customers came from."), FOLDER, "account", count(), derived("share", "count"), filter=CUSTOMER, groups=["source"], chart="row"),
    ready("customers-neglected", _("Customers without contact for 90 days"), _("Customers that nobody has spoken to for 90 days, by person."), FOLDER, "account", count(),
          filter={"all": [CUSTOMER, {"not": met("last_contact_at", "within", {"last": 90, "unit": "days"})}]}, groups=["owner"], chart="row"),
    ready("credit-risk", _("Customers by credit risk"), _("Accounts that are customers by what is known of their credit."), FOLDER, "account", count(), figure("sum", "annual_revenue", key="revenue", label=_("Their annual revenue")),
          filter=CUSTOMER, groups=["credit_risk"], chart="bar"),
)  # fmt: skip
DASHBOARD = ReadyDashboard(
    "customer-base", _("Customer base"),
    (("new-customers", 8), ("customers-by-size", 4), ("customers-by-stage", 6), ("customers-by-industry", 6), ("customers-by-region", 6), ("customers-by-source", 6),
     ("customers-neglected", 6), ("interactions-by-channel", 6)),
    filters=("account.region", "account.industry", "account.grade", "account.$segment"),
)  # fmt: skip


def customer_reports() -> RoomReports:
    """What the room adds to the reports."""
    return RoomReports(ready=READY, dashboards=(DASHBOARD,))
