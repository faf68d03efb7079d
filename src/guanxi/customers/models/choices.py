"""The closed lists of the customer base; words and order as in the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class AccountKind(models.TextChoices):
    """What sort of customer an account is."""

    BUSINESS = "business", _("Business")
    INDIVIDUAL = "individual", _("Individual")
    HOUSEHOLD = "household", _("Household")


class Relation(models.TextChoices):
    """How an account stands to us; several at once."""

    PROSPECT = "prospect", _("Prospect")
    CUSTOMER = "customer", _("Customer")
    FORMER_CUSTOMER = "former_customer", _("Former customer")
    SUPPLIER = "supplier", _("Supplier")
    DISTRIBUTOR = "distributor", _("Distributor")
    PARTNER = "partner", _("Partner")
    COMPETITOR = "competitor", _("Competitor")


class LifecycleStage(models.TextChoices):
    """Where a customer stands in its life with us."""

    ACQUISITION = "acquisition", _("Acquisition")
    GROWTH = "growth", _("Growth")
    MATURITY = "maturity", _("Maturity")
    DECLINE = "decline", _("Decline")
    DEPARTURE = "departure", _("Departure")


class CustomerGroup(models.TextChoices):
    """What the group of customers is like that buys as this one does; a company renames its groups, the machine knows these."""

    DEMANDING = "demanding", _("Demanding")
    EXPERIENCED = "experienced", _("Experienced")
    THRIFTY = "thrifty", _("Thrifty")
    HESITANT = "hesitant", _("Hesitant")


class Grade(models.TextChoices):
    """Importance of a customer."""

    A = "A", "A"
    B = "B", "B"
    C = "C", "C"
    D = "D", "D"


class ServiceLevel(models.TextChoices):
    """How a customer is served, by the class of its value."""

    PRIORITY = "priority", pgettext_lazy("service", "Priority")
    PREFERRED = "preferred", pgettext_lazy("service", "Preferred")
    STANDARD = "standard", pgettext_lazy("service", "Standard")
    BASIC = "basic", pgettext_lazy("service", "Basic")


class CreditRisk(models.TextChoices):
    """Result of the screening for credit, complaints and payment behaviour."""

    UNCHECKED = "unchecked", _("Not checked")
    LOW = "low", _("Low")
    WATCH = "watch", _("Watch")
    HIGH = "high", _("High")
    BLOCKED = "blocked", _("Blocked")


class Source(models.TextChoices):
    """Where we know a customer or lead from."""

    WEB_SITE = "web_site", _("Web site")
    PHONE = "phone", _("Phone")
    EMAIL = "email", _("E-mail")
    CHAT = "chat", _("Chat")
    COLD_CALL = "cold_call", _("Cold call")
    EXISTING_CUSTOMER = "existing_customer", _("Existing customer")
    EMPLOYEE = "employee", _("Employee")
    PARTNER = "partner", _("Partner")
    REFERRAL = "referral", _("Referral")
    PUBLIC_RELATIONS = "public_relations", _("Public relations")
    DIRECT_MAIL = "direct_mail", _("Direct mail")
    TRADE_SHOW = "trade_show", _("Trade show")
    CAMPAIGN = "campaign", _("Campaign")
    ADVERTISEMENT = "advertisement", _("Advertisement")
    PURCHASED_LIST = "purchased_list", _("Purchased list")
    SOCIAL = "social", _("Social")
    OTHER = "other", _("Other")


class ContactRole(models.TextChoices):
    """The part a contact plays at an account or in a deal."""

    DECISION_MAKER = "decision_maker", _("Decision maker")
    ECONOMIC_BUYER = "economic_buyer", _("Economic buyer")
    TECHNICAL_EVALUATOR = "technical_evaluator", _("Technical evaluator")
    EXECUTIVE_SPONSOR = "executive_sponsor", _("Executive sponsor")
    INFLUENCER = "influencer", _("Influencer")
    USER = "user", pgettext_lazy("contact role", "User")
    OTHER = "other", _("Other")


class Mood(models.TextChoices):
    """How a contact feels about us."""

    POSITIVE = "positive", _("Well disposed")
    NEUTRAL = "neutral", _("Neutral")
    NEGATIVE = "negative", _("Unhappy")


class Salutation(models.TextChoices):
    """Form of address."""

    MR = "mr", _("Mr")
    MS = "ms", _("Ms")
    DR = "dr", _("Dr")
    PROF = "prof", _("Prof")


class AddressKind(models.TextChoices):
    """What an address is for."""

    MAIN = "main", _("Main address")
    BILLING = "billing", _("Billing")
    SHIPPING = "shipping", _("Shipping")
    SITE = "site", _("Site")
    HOME = "home", _("Home")
    OTHER = "other", _("Other")


class PointKind(models.TextChoices):
    """A way to reach somebody."""

    PHONE = "phone", _("Phone")
    MOBILE = "mobile", _("Mobile")
    EMAIL = "email", _("E-mail")
    WECHAT = "wechat", _("WeChat")
    FAX = "fax", _("Fax")
    WEB = "web", _("Web site")


# The field of account and contact whose access a further way of each kind shares.
POINT_FIELDS = {
    PointKind.PHONE: "phone",
    PointKind.MOBILE: "phone",
    PointKind.EMAIL: "email",
    PointKind.WECHAT: "wechat",
    PointKind.FAX: "phone",
    PointKind.WEB: "website",
}


class IdentityKind(models.TextChoices):
    """What a person or company is recognised by."""

    EMAIL = "email", _("E-mail")
    PHONE = "phone", _("Phone")
    WECHAT = "wechat", _("WeChat")


class TeamRole(models.TextChoices):
    """The part a colleague plays in serving an account."""

    OWNER = "account_manager", _("Account manager")
    SALES = "sales", _("Sales")
    PRESALES = "presales", _("Pre-sales")
    SERVICE = "service", _("Service")
    FINANCE = "finance", _("Finance")
    MANAGEMENT = "management", _("Management")
    OTHER = "other", _("Other")


class RelationshipKind(models.TextChoices):
    """How two customers stand to each other, read from the first to the second."""

    SUBSIDIARY = "subsidiary_of", _("is a subsidiary of")
    CUSTOMER = "customer_of", _("is a customer of")
    SUPPLIER = "supplier_of", _("is a supplier of")
    PARTNER = "partner_of", _("is a partner of")
    COMPETITOR = "competitor_of", _("is a competitor of")
    REFERRED = "referred", _("referred")
    REPORTS_TO = "reports_to", _("reports to")
    COLLEAGUE = "colleague_of", _("is a colleague of")
    SPOUSE = "spouse_of", _("is married to")
    CHILD = "child_of", _("is a child of")
    RELATIVE = "relative_of", _("is a relative of")
    FRIEND = "friend_of", _("is a friend of")
    FORMER_EMPLOYEE = "former_employee_of", _("used to work for")


class ConsentPurpose(models.TextChoices):
    """What a customer is contacted for."""

    MARKETING = "marketing", _("Marketing")
    SERVICE = "service", _("Service")
    CONTRACT = "contract", _("Contract")
    SURVEY = "survey", _("Survey")


class ConsentChannel(models.TextChoices):
    """Channels for which consent is kept."""

    PHONE = "phone", _("Phone")
    MAIL = "mail", _("E-mail")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")
    LETTER = "letter", _("Letter")


class ConsentStatus(models.TextChoices):
    """What the customer said."""

    GRANTED = "granted", _("Granted")
    DENIED = "denied", _("Denied")
    WITHDRAWN = "withdrawn", _("Withdrawn")
