"""Tables of the sales room, one module per noun."""

from guanxi.sales.models.lead import Lead, LeadStatus
from guanxi.sales.models.opportunity import (
    ForecastCategory,
    Opportunity,
    OpportunityContact,
    OpportunityLine,
    OpportunityType,
    StageHistory,
)
from guanxi.sales.models.order import (
    Delivery,
    DeliveryState,
    DeliveryStatus,
    InvoicingState,
    Order,
    OrderLine,
    OrderStatus,
    Payment,
    PaymentMethod,
    PaymentPlan,
    PaymentPlanStatus,
    PaymentState,
)
from guanxi.sales.models.pipeline import Category, Pipeline, Reason, ReasonKind, Stage
from guanxi.sales.models.quote import Approval, DocumentLanguage, LineKind, Quote, QuoteLine, QuoteStatus
from guanxi.sales.models.target import SalesTarget

__all__ = [
    "Approval",
    "Category",
    "Delivery",
    "DeliveryState",
    "DeliveryStatus",
    "DocumentLanguage",
    "ForecastCategory",
    "InvoicingState",
    "Lead",
    "LeadStatus",
    "LineKind",
    "Opportunity",
    "OpportunityContact",
    "OpportunityLine",
    "OpportunityType",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Payment",
    "PaymentMethod",
    "PaymentPlan",
    "PaymentPlanStatus",
    "PaymentState",
    "Pipeline",
    "Quote",
    "QuoteLine",
    "QuoteStatus",
    "Reason",
    "ReasonKind",
    "SalesTarget",
    "Stage",
    "StageHistory",
]
