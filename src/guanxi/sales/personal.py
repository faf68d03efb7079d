"""What the tables of sales hold about customers. The books keep their figures, links and states."""

from collections.abc import Mapping
from uuid import UUID

from guanxi.customers.models import Account
from guanxi.customers.personal import INDIVIDUAL, NONE
from guanxi.records.privacy.declaring import (
    Ids,
    RoomPersonalData,
    Subject,
    Table,
    empty,
    impersonal,
    named,
    scrubbed,
)
from guanxi.sales.models import (
    Delivery,
    Lead,
    Opportunity,
    OpportunityContact,
    OpportunityLine,
    Order,
    OrderLine,
    Payment,
    PaymentPlan,
    Pipeline,
    Quote,
    QuoteLine,
    Reason,
    SalesTarget,
    Stage,
    StageHistory,
)

NAMES = ("name", "name_zh")
# With an individual it is the person's own business; a contact's business is the company's for which it works.
OWN, NEAR = ("account",), ("account", "contact")
OF_ORDER = ("order__account",)
NEAR_ORDER = ("order__account", "order__contact")
LINE = ("kind", "sku", *NAMES, "unit", "unit_zh")
TABLES = (
    impersonal(Pipeline, *NAMES),
    impersonal(Stage, *NAMES, "category"),
    impersonal(Reason, *NAMES, "kind"),
    Table(
        Lead,
        touches=NEAR,
        columns=named("name")
        | empty(
            "company_name", "job_title", "email", "email_norm", "phone", "phone_e164", "wechat", "website", "street", "city", "region",
            "interest", "notes",
        ),
        plain=("industry", "country", "source", "status", "currency"),
    ),
    Table(
        Opportunity,
        about=OWN,
        touches=(*NEAR, "lead"),
        columns=named("name") | empty("reason_note", "next_step", "description"),
        plain=("category", "currency", "type", "forecast_category", "close_date", "source"),
    ),
    impersonal(OpportunityContact, "role"),
    impersonal(OpportunityLine),
    impersonal(StageHistory),
    Table(
        Quote,
        about=OWN,
        touches=NEAR,
        columns=named("name") | empty("approval_note", "decline_note", "delivery_terms") | scrubbed("payment_terms", "warranty", "terms"),
        plain=("currency", "number", "status", "approval", "quote_date", "valid_until", "document_language"),
    ),
    Table(
        QuoteLine,
        about=("quote__account",),
        touches=("quote__account", "quote__contact"),
        columns=scrubbed("description"),
        plain=LINE,
    ),
    Table(
        Order,
        about=OWN,
        touches=NEAR,
        columns=named("name") | empty("customer_reference", "cancel_note", "description", "delivery_terms") | scrubbed("payment_terms"),
        plain=("currency", "status", "held_status", "order_date", "delivery_date", "delivery_state", "payment_state", "invoicing_state"),
    ),
    Table(OrderLine, about=OF_ORDER, touches=NEAR_ORDER, columns=scrubbed("description"), plain=LINE),
    Table(
        Delivery,
        about=OF_ORDER,
        touches=NEAR_ORDER,
        columns=empty("tracking", "note"),
        plain=("status", "planned_on", "delivered_on", "carrier"),
    ),
    Table(PaymentPlan, about=OF_ORDER, touches=NEAR_ORDER, columns=scrubbed("name"), plain=("due_on", "currency", "status")),
    Table(
        Payment,
        about=OF_ORDER,
        touches=NEAR_ORDER,
        columns=empty("reference", "note"),
        plain=("currency", "received_on", "method"),
    ),
    impersonal(SalesTarget, "month", "currency"),
)  # fmt: skip


def same_person(ids: Ids) -> Mapping[str, frozenset[UUID]]:
    """What a lead became, and the leads that a contact or an individual account came from."""
    leads = Lead.objects.filter(id__in=ids.get("lead", NONE))
    homes = Account.objects.filter(INDIVIDUAL, id__in=leads.values("account_id")).values_list("id", flat=True)
    contacts = leads.exclude(contact=None).values_list("contact_id", flat=True)
    accounts = Account.objects.filter(INDIVIDUAL, id__in=ids.get("account", NONE)).values("id")
    back = Lead.objects.filter(contact_id__in=ids.get("contact", NONE)) | Lead.objects.filter(account_id__in=accounts)
    return {
        "account": frozenset(homes),
        "contact": frozenset(contacts),
        "lead": frozenset(back.values_list("id", flat=True)),
    }


def personal_data() -> RoomPersonalData:
    """Leads are persons; orders, quotes and payments of a person stay with the pseudonym."""
    reach = ("email", "email_norm", "phone", "phone_e164", "wechat")
    return RoomPersonalData(
        subjects=(Subject("lead", names=("name",), reach=reach),), tables=TABLES, same=same_person
    )  # fmt: skip
