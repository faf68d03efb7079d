"""The ready reports of the sales room, and the lines of orders and quotes that reports may count."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.records.ports import ReadyDashboard, ReadyReport, ReportLines, RoomReports
from guanxi.records.registry import Field
from guanxi.records.reports.offering import count, derived, during, figure, met, ready
from guanxi.sales.limits import SUMS
from guanxi.sales.models import OrderLine, QuoteLine

WON, OPEN = met("category", "is", "won"), met("category", "is", "open")
LOST = met("category", "is", "lost")
DECIDED = met("category", "in", ["won", "lost"])
YEAR = during("closed_at", "this_year")
WON_FOLDER, PIPELINE_FOLDER, LOST_FOLDER = _("Sales won"), _("Pipeline and forecast"), _("Won and lost")
LEADS_FOLDER, QUOTES_FOLDER, ORDERS_FOLDER = _("Leads"), _("Quotes"), _("Orders and payments")
VALUE = figure("sum", "amount_company", key="value", label=_("Won"))
DEALS = count("deals", label=_("Deals won"))
PLACED = {"not": met("status", "in", ["draft", "cancelled"])}
ORDERED = during("order_date", "this_year")
NET = figure("sum", "net_company", key="net", label=_("Orders, net"))
SENT = met("sent_at", "not_empty")
DUE = met("status", "in", ["pending", "partly_paid", "overdue"])


def lines_of(name: str, object_name: str, model: Any, label: Any, record: Any) -> ReportLines:
    """The lines of a document; their amounts are shown to whom its sums are."""
    money: dict[str, Any] = {"kind": "money", "currency": f"{object_name}.currency"}
    return ReportLines(
        name, object_name, object_name, model, label,
        fields=(
            Field(object_name, record, kind="link", column=object_name, to=object_name),
            Field("product", _("Product"), kind="link", column="product", to="product"),
            Field("name", _("Name"), kind="text", column="name"), Field("sku", _("Article number"), kind="text", column="sku"),
            Field("quantity", _("Quantity"), kind="number", column="quantity"),
            Field("discount_percent", _("Discount (%)"), kind="percent", column="discount_percent"),
            Field("amount", _("Amount"), column="amount", **money), Field("list_price", _("List price"), column="list_price", **money),
        ),
        needs=dict.fromkeys(("amount", "list_price", "discount_percent"), SUMS[object_name]),
    )  # fmt: skip


LINES = (
    lines_of("order_line", "order", OrderLine, _("Order lines"), _("Order")),
    lines_of("quote_line", "quote", QuoteLine, _("Quote lines"), _("Quote")),
)

WON_REPORTS: tuple[ReadyReport, ...] = (
    ready("won-by-month", _("Sales by month"), _("Won business of this year by the month of the decision, beside the year before."), WON_FOLDER, "opportunity", VALUE, DEALS,
          filter=WON, period=YEAR, groups=["closed_at:month"], compare="year"),
    ready("won-by-person", _("Sales by person"), _("What each person won this year, with the average deal and the share of the whole."), WON_FOLDER, "opportunity", VALUE, DEALS,
          figure("average", "amount_company", label=_("Average deal")), derived("share", "value"), filter=WON, period=YEAR, groups=["owner"], compare="year"),
    ready("won-by-team", _("Sales by team"), _("What each team won this year."), WON_FOLDER, "opportunity", VALUE, DEALS, derived("share", "value"),
          filter=WON, period=YEAR, groups=["team"]),
    ready("won-by-region", _("Sales by region"), _("Won business of this year by the province or state of the customer."), WON_FOLDER, "opportunity", VALUE, DEALS, derived("share", "value"),
          filter=WON, period=YEAR, groups=["account.region"], limit=15),
    ready("won-by-industry", _("Sales by industry"), _("Won business of this year by the industry of the customer."), WON_FOLDER, "opportunity", VALUE, DEALS, derived("share", "value"),
          filter=WON, period=YEAR, groups=["account.industry"], limit=12),
    ready("won-by-channel", _("Sales by source"), _("Where the won business of this year came from."), WON_FOLDER, "opportunity", VALUE, DEALS, derived("share", "value"),
          filter=WON, period=YEAR, groups=["source"]),
    ready("won-by-quarter", _("Sales by fiscal quarter and type"), _("New business, renewals and upsells of the last two years by quarter of the fiscal year."), WON_FOLDER, "opportunity", VALUE, DEALS,
          filter=WON, period=during("closed_at", {"last": 24, "unit": "months"}), groups=["closed_at:fiscal_quarter"], pivot="type", chart="stacked"),
    ready("top-customers", _("Largest customers"), _("The twenty customers with the most won business this year; the rest together."), WON_FOLDER, "opportunity", VALUE, DEALS, derived("share", "value"),
          filter=WON, period=YEAR, groups=["account"], limit=20, chart="row"),
    ready("won-so-far", _("Sales so far this year"), _("Won business of this year month by month, added up."), WON_FOLDER, "opportunity", derived("running", "value", label=_("Won so far")), VALUE,
          filter=WON, period=YEAR, groups=["closed_at:month"], chart="area"),
)  # fmt: skip
PIPELINE_REPORTS: tuple[ReadyReport, ...] = (
    ready("pipeline-by-stage", _("Pipeline by stage"), _("Open opportunities by stage: amount, weighted by probability, and how many."), PIPELINE_FOLDER, "opportunity",
          figure("sum", "amount_company", key="value", label=_("Open amount")), figure("sum", "weighted", key="likely", label=_("Weighted")), count(), filter=OPEN, groups=["stage"], chart="row"),
    ready("pipeline-by-person", _("Pipeline by person and stage"), _("Open amount of each person, divided by stage."), PIPELINE_FOLDER, "opportunity",
          figure("sum", "amount_company", key="value", label=_("Open amount")), count(), filter=OPEN, groups=["owner"], pivot="stage", chart="stacked"),
    ready("pipeline-by-month", _("Expected closings by month"), _("Open opportunities by the month of their close date, in full and weighted."), PIPELINE_FOLDER, "opportunity",
          figure("sum", "amount_company", key="value", label=_("Open amount")), figure("sum", "weighted", key="likely", label=_("Weighted")), count(), filter=OPEN, groups=["close_date:month"], chart="bar"),
    ready("forecast", _("Forecast by category"), _("Open opportunities that close this quarter or the next, by forecast category."), PIPELINE_FOLDER, "opportunity",
          figure("sum", "amount_company", key="value", label=_("Open amount")), count(), filter=OPEN, period=during("close_date", {"next": 6, "unit": "months"}), groups=["close_date:month"], pivot="forecast_category", chart="stacked"),
    ready("without-next-step", _("Opportunities without a next step"), _("Open business that nobody has planned to move on, by person."), PIPELINE_FOLDER, "opportunity",
          count(), figure("sum", "amount_company", key="value", label=_("Open amount")), filter={"all": [OPEN, met("next_step", "empty")]}, groups=["owner"], chart="row"),
    ready("late-opportunities", _("Overdue opportunities"), _("Open business whose close date has passed, by person."), PIPELINE_FOLDER, "opportunity",
          count(), figure("sum", "amount_company", key="value", label=_("Open amount")), filter={"all": [OPEN, met("close_date", "lt", "$today")]}, groups=["owner"], chart="row"),
)  # fmt: skip
DECISION_REPORTS: tuple[ReadyReport, ...] = (
    ready("win-rate", _("Win rate by month"), _("Won business in per cent of what was decided in the month."), LOST_FOLDER, "opportunity", derived("ratio", "won", to="decided", label=_("Win rate")),
          count("won", where=WON, label=_("Won")), count("decided", label=_("Deals decided")), filter=DECIDED, period=during("closed_at", {"last": 12, "unit": "months"}), groups=["closed_at:month"], chart="line"),
    ready("win-rate-by-person", _("Win rate by person"), _("Won business of this year in per cent of what each person decided."), LOST_FOLDER, "opportunity", derived("ratio", "won", to="decided", label=_("Win rate")),
          count("won", where=WON, label=_("Won")), count("decided", label=_("Deals decided")), filter=DECIDED, period=YEAR, groups=["owner"], chart="row"),
    ready("win-rate-now", _("Win rate of the last 90 days"), _("Won business in per cent of what was decided in the last 90 days."), LOST_FOLDER, "opportunity", derived("ratio", "won", to="decided", label=_("Win rate")),
          count("won", where=WON, label=_("Won")), count("decided", label=_("Deals decided")), filter=DECIDED, period=during("closed_at", {"last": 90, "unit": "days"}), chart="gauge"),
    ready("lost-reasons", _("Why business was lost"), _("Lost opportunities of this year by reason: how many and what they were worth."), LOST_FOLDER, "opportunity",
          count(), figure("sum", "amount_company", key="value", label=_("Lost")), derived("share", "count"), filter=LOST, period=YEAR, groups=["reason"], chart="row"),
    ready("lost-to", _("Lost to whom"), _("Lost opportunities of this year by competitor."), LOST_FOLDER, "opportunity",
          count(), figure("sum", "amount_company", key="value", label=_("Lost")), filter={"all": [LOST, met("competitor", "not_empty")]}, period=YEAR, groups=["competitor"], chart="row"),
    ready("cycle-time", _("Length of the sales cycle"), _("Days from the first entry to the won deal, by month of the decision."), LOST_FOLDER, "opportunity",
          figure("median", "closed_at", since="created_at", label=_("Median")), figure("average", "closed_at", since="created_at", label=_("Average")), count(),
          filter=WON, period=during("closed_at", {"last": 12, "unit": "months"}), groups=["closed_at:month"], chart="line"),
)  # fmt: skip
LEAD_REPORTS: tuple[ReadyReport, ...] = (
    ready("lead-funnel", _("Leads by status"), _("How many leads of this year stand where."), LEADS_FOLDER, "lead", count(), derived("share", "count"), period=during("created_at", "this_year"), groups=["status"], chart="bar"),
    ready("leads-by-source", _("Leads by source"), _("Leads of this year by source, and how many of them became business."), LEADS_FOLDER, "lead", count(), count("converted", where=met("converted_at", "not_empty"), label=_("Converted")),
          derived("ratio", "converted", to="count", label=_("Conversion")), period=during("created_at", "this_year"), groups=["source"], chart="row"),
    ready("leads-by-month", _("New leads by month"), _("New leads of the last twelve months by source."), LEADS_FOLDER, "lead", count(), period=during("created_at", {"last": 12, "unit": "months"}), groups=["created_at:month"], pivot="source", chart="stacked"),
    ready("lead-time", _("Days until conversion"), _("Days from a new lead to its conversion, by person."), LEADS_FOLDER, "lead", figure("median", "converted_at", since="created_at", label=_("Median")), count(),
          filter=met("converted_at", "not_empty"), period=during("converted_at", {"last": 12, "unit": "months"}), groups=["owner"], chart="row"),
)  # fmt: skip
QUOTE_REPORTS: tuple[ReadyReport, ...] = (
    ready("quotes-by-status", _("Quotes by status"), _("Quotes of this year by status: how many and what they are worth."), QUOTES_FOLDER, "quote", count(), figure("sum", "net_company", key="net", label=_("Net")),
          period=during("quote_date", "this_year"), groups=["status"], chart="bar"),
    ready("quote-acceptance", _("Quotes sent and accepted"), _("Quotes by the month in which they were sent, and how many of them were accepted."), QUOTES_FOLDER, "quote", count("sent", label=_("Sent")),
          count("accepted", where=met("accepted_at", "not_empty"), label=_("Accepted")), derived("ratio", "accepted", to="sent", label=_("Acceptance")), filter=SENT,
          period=during("sent_at", {"last": 12, "unit": "months"}), groups=["sent_at:month"], chart="bar"),
    ready("discounts", _("Discounts by person"), _("Discount of the quotes of this year in per cent of their list price, by person."), QUOTES_FOLDER, "quote", derived("ratio", "discount", to="list", label=_("Discount")),
          figure("sum", "discount_total", key="discount", label=_("Given")), figure("sum", "list_total", key="list", label=_("List price")), count(), period=during("quote_date", "this_year"), groups=["owner"], chart="row"),
)  # fmt: skip
ORDER_REPORTS: tuple[ReadyReport, ...] = (
    ready("orders-by-month", _("Orders by month"), _("Net value of placed orders of this year beside the year before."), ORDERS_FOLDER, "order", NET, count(), filter=PLACED, period=ORDERED, groups=["order_date:month"], compare="year"),
    ready("orders-by-region", _("Orders by region"), _("Net value of placed orders of this year by the customer's province or state."), ORDERS_FOLDER, "order", NET, count(), derived("share", "net"),
          filter=PLACED, period=ORDERED, groups=["account.region"], limit=15, chart="row"),
    ready("orders-by-payment", _("Orders by payment"), _("Placed orders by what has been paid of them."), ORDERS_FOLDER, "order", NET, figure("sum", "paid_total", key="paid", label=_("Paid")), count(), filter=PLACED, groups=["payment_state"]),
    ready("product-sales", _("Sales by product"), _("Quantity and net value of the order lines of this year by product, the twenty largest first."), ORDERS_FOLDER, "order_line", figure("sum", "amount", key="net", label=_("Net")),
          figure("sum", "quantity", key="quantity", label=_("Quantity")), derived("share", "net"), filter=PLACED, period=during("order.order_date", "this_year"), groups=["product"], limit=20, chart="row"),
    ready("category-sales", _("Sales by product family"), _("Net value of the order lines of the last four quarters by family of the product."), ORDERS_FOLDER, "order_line", figure("sum", "amount", key="net", label=_("Net")),
          filter=PLACED, period=during("order.order_date", {"last": 12, "unit": "months"}), groups=["order.order_date:quarter"], pivot="product.family", chart="stacked"),
    ready("payments-due", _("Payments due"), _("What customers still have to pay, by the month in which it is due."), ORDERS_FOLDER, "payment_plan", figure("sum", "amount", key="due", label=_("Due")),
          figure("sum", "paid_amount", key="paid", label=_("Paid of it")), count(), filter=DUE, groups=["due_on:month"], chart="bar"),
    ready("payments-received", _("Payments received"), _("Money that came in during the last twelve months, by way of payment."), ORDERS_FOLDER, "payment", figure("sum", "amount", key="value", label=_("Received")),
          period=during("received_on", {"last": 12, "unit": "months"}), groups=["received_on:month"], pivot="method", chart="stacked"),
)  # fmt: skip
REPORTS_OF_SALES = (*WON_REPORTS, *PIPELINE_REPORTS, *DECISION_REPORTS, *LEAD_REPORTS, *QUOTE_REPORTS, *ORDER_REPORTS)
MANAGERS = ReadyDashboard(
    "sales-management", _("Sales management"),
    (("won-by-month", 8), ("win-rate-now", 4), ("pipeline-by-stage", 6), ("forecast", 6), ("won-by-person", 6), ("lost-reasons", 6),
     ("won-by-region", 6), ("won-by-quarter", 6), ("activity-by-person", 6), ("interactions-by-channel", 6), ("payments-due", 6), ("product-sales", 6)),
    roles=("admin", "manager"), filters=("account.region", "account.industry", "account.grade", "account.$segment"),
)  # fmt: skip
OWN = ReadyDashboard(
    "my-sales", _("My sales"),
    (("won-so-far", 6), ("pipeline-by-stage", 6), ("win-rate-now", 4), ("pipeline-by-month", 8), ("lost-reasons", 6), ("overdue-tasks", 6)),
    filters=("account.region", "account.industry", "account.grade"),
)  # fmt: skip


def sales_reports() -> RoomReports:
    """What the room adds to the reports."""
    return RoomReports(LINES, REPORTS_OF_SALES, (MANAGERS, OWN))
