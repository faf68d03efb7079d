"""The KPIs that every company has: what each is, how it is computed, from where, and what the reader needs to see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise
ALL, REGION, FAMILY, CHANNEL, TEAM, OWNER = "all", "region", "family", "channel", "team", "owner"
SALES = (ALL, REGION, FAMILY, TEAM, OWNER)
PEOPLE = (ALL, REGION, TEAM, OWNER)
TOUCHES = (ALL, REGION, CHANNEL, TEAM, OWNER)


@dataclass(frozen=True)
class Opens:
    """The list behind a figure: records of `object` whose `day` lies in the period and that meet `where`; `by` names the field of a dimension."""

    object: str
    day: str
    where: tuple[tuple[str, str, Any], ...] = ()
    by: tuple[tuple[str, str], ...] = ((REGION, "account.region"), (TEAM, "team"), (OWNER, "owner"))


ORDERS = Opens("order", "order_date", (("status", "not_in", ["draft", "cancelled"]),))
WON = Opens("opportunity", "closed_at", (("category", "is", "won"),))
DECIDED = Opens("opportunity", "closed_at", (("category", "in", ["won", "lost"]),))
OPEN = Opens("opportunity", "", (("category", "is", "open"),))
CONTACTS = Opens(
    "interaction", "at", (), ((REGION, "account.region"), (CHANNEL, "channel"), (TEAM, "team"), (OWNER, "owner"))
)


@dataclass(frozen=True)
class Standard:
    """One KPI.

    formula   in words
    unit      money, percent, number, days, points
    rising    True when more is better, False when less is, None when neither
    needs     fields that the reader must see plainly: (object, field)
    by        the dimensions it has
    state     what was at the end of the period, so that a quarter is its last month, never a sum
    live      pages may count it from the records of this moment
    """

    key: str
    label: Text
    formula: Text
    about: Text
    unit: str
    source: Text
    needs: tuple[tuple[str, str], ...]
    by: tuple[str, ...] = SALES
    rising: bool | None = True
    state: bool = False
    live: bool = False
    opens: Opens | None = ORDERS


_ORDER_LINES, _DEALS, _TOUCHED = _("Order lines"), _("Moves of opportunities"), _("Contacts with customers")
_NET = (("order", "net_company"),)
_MARGIN = (*_NET, ("order", "margin"))
_AMOUNT = (("opportunity", "amount_company"),)
_PLACED = (("order", "status"),)
_CLOSED = (("opportunity", "category"),)
_TOUCH = (("interaction", "channel"),)

STANDARD: Mapping[str, Standard] = {
    one.key: one
    for one in (
        Standard("revenue", _("Revenue"), _("Sum of the order lines, net, in the company's currency"),
                 _("What customers ordered in the period. Drafts and cancelled orders do not count."), "money", _ORDER_LINES, _NET, live=True),
        Standard("margin", _("Margin"), _("Revenue less the cost of what was sold"),
                 _("What is left of the revenue after the cost of the goods. Lines whose cost nobody knows are left out."), "money", _ORDER_LINES, _MARGIN),
        Standard("margin_rate", _("Margin rate"), _("Margin ÷ revenue of the lines whose cost is known"),
                 _("How much of each unit of revenue stays. It falls when prices give way or costs rise."), "percent", _ORDER_LINES, _MARGIN),
        Standard("orders", _("Orders"), _("Number of orders"), _("How often customers ordered."), "number", _ORDER_LINES, _PLACED, live=True),
        Standard("average_order", _("Average order"), _("Revenue ÷ orders"), _("What one order is worth on average."), "money", _ORDER_LINES, _NET),
        Standard("discount", _("Discount"), _("Discounts ÷ list price of what was sold"),
                 _("How much of the list price was given away."), "percent", _ORDER_LINES, _NET, rising=False),
        Standard("active_customers", _("Active customers"), _("Customers with an order in the period"),
                 _("How many different customers ordered. A customer counts once, however often it ordered."), "number", _ORDER_LINES, _PLACED, opens=None),
        Standard("new_customers", _("New customers"), _("Customers whose first order lies in the period"),
                 _("Who ordered for the first time ever."), "number", _ORDER_LINES, _PLACED, PEOPLE, opens=None),
        Standard("lost_customers", _("Lost customers"), _("Customers whose last order was twelve months before a day of the period"),
                 _("Who let twelve months pass without an order: counted on the day on which the year was over."), "number", _ORDER_LINES, _PLACED, PEOPLE, rising=False, opens=None),
        Standard("retention", _("Retention rate"), _("Of the customers of the year before last, those who ordered in the last twelve months"),
                 _("Looks back from the end of the period: who ordered 13 to 24 months ago, and how many of them ordered again since."), "percent", _ORDER_LINES, _PLACED, PEOPLE, state=True, opens=None),
        Standard("won", _("Won business"), _("Sum of the opportunities won"), _("What was decided for us in the period, at the amount of the day of winning."),
                 "money", _DEALS, _AMOUNT, PEOPLE, live=True, opens=WON),
        Standard("won_count", _("Deals won"), _("Number of opportunities won"), _("How many decisions went for us."), "number", _DEALS, _CLOSED, PEOPLE, live=True, opens=WON),
        Standard("win_rate", _("Win rate"), _("Won ÷ (won + lost), by number"), _("Of what was decided, the share that was won."), "percent", _DEALS, _CLOSED, PEOPLE, opens=DECIDED),
        Standard("sales_cycle", _("Sales cycle"), _("Mean days from the first stage to winning"), _("How long a deal takes that is won in the end."),
                 "days", _DEALS, _CLOSED, PEOPLE, rising=False, opens=WON),
        Standard("open_pipeline", _("Open pipeline"), _("Sum of the opportunities that are open at the end of the period"),
                 _("What could still be won, at full amount."), "money", _DEALS, _AMOUNT, PEOPLE, state=True, opens=OPEN),
        Standard("coverage", _("Pipeline coverage"), _("Open pipeline ÷ won business of the last three months"),
                 _("How many quarters of winning the open business holds. Three is a usual demand when one deal of three is won."), "number", _DEALS, _AMOUNT, PEOPLE, state=True, opens=OPEN),
        Standard("contacts", _("Contacts"), _("Contacts with customers on all channels, in both directions"),
                 _("Calls, visits, mails and messages that were recorded. Notes and entries of the system do not count."), "number", _TOUCHED, _TOUCH, TOUCHES, rising=None, live=True, opens=CONTACTS),
        Standard("contacts_per_customer", _("Contacts per customer"), _("Contacts ÷ customers contacted"),
                 _("How often a customer hears from us, among those who heard from us."), "number", _TOUCHED, _TOUCH, TOUCHES, rising=None, opens=CONTACTS),
        Standard("cost_per_contact", _("Cost per contact"), _("Cost of the contacts ÷ their number, where a cost is known"),
                 _("What one contact costs. Shifting from visits to mail lowers it."), "money", _TOUCHED, (("interaction", "cost"),), TOUCHES, rising=False, opens=CONTACTS),
        Standard("response_rate", _("Response rate"), _("Offers answered ÷ offers made"), _("Of what was offered, the share that customers answered at all, yes or no."),
                 "percent", _("Offers and responses"), (("offer", "response"),), (ALL, REGION, CHANNEL), opens=None),
        Standard("csat", _("Satisfied customers (CSAT)"), _("Answers with 4 or 5 of 5 ÷ answers"), _("The share of answers from customers who are satisfied or very satisfied."),
                 "percent", _("Answers to questionnaires"), (("account", "grade"),), (ALL, REGION), opens=None),
        Standard("nps", _("Recommendation (NPS)"), _("Promoters (9 or 10) − detractors (0 to 6), in points"),
                 _("Whether more customers would recommend us than would advise against us; from −100 to +100."), "points", _("Answers to questionnaires"), (("account", "grade"),), (ALL, REGION), opens=None),
        Standard("forecast_accuracy", _("Forecast accuracy"), _("100 % − |forecast − revenue| ÷ revenue, one month ahead"),
                 _("How near the forecast of a month before came. Measured on what was forecast then, not on what is known today."), "percent", _("Sales forecast"), _NET, state=True, opens=None),
    )
}  # fmt: skip
UNITS = ("money", "percent", "number", "days", "points")
