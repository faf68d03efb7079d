"""The sums that quotes and orders have in common, as the record engine sees them."""

from guanxi.records.registry import Field
from guanxi.sales.rules import TOTALS

TOTAL_FIELDS = (
    *(Field(name, command=True, currency="currency") for name in TOTALS if name != "margin_percent"),
    Field("margin_percent", kind="percent", command=True, filterable=False, sortable=False),
    Field("net_company", readonly=True),
)
