"""The closed lists of engagement; words and order as in the glossary."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OfferKind(models.TextChoices):
    """Why something is offered."""

    CROSS_SELL = "cross_sell", _("Cross-sell")
    UP_SELL = "up_sell", _("Up-sell")
    ADD_ON = "add_on", _("Add-on")
    RENEWAL = "renewal", _("Renewal")
    RETENTION = "retention", _("Retention")
    SERVICE = "service", _("Service")
    INFORMATION = "information", _("Information")


class Offered(models.TextChoices):
    """What is offered: something from the catalogue, or a measure that costs us something."""

    PRODUCT = "product", _("Product")
    SERVICE = "service", _("Service")
    MEASURE = "measure", _("Measure")


class OfferStatus(models.TextChoices):
    """Only what is active is proposed."""

    DRAFT = "draft", pgettext_lazy("offer status", "Draft")
    ACTIVE = "active", pgettext_lazy("offer status", "Active")
    PAUSED = "paused", pgettext_lazy("offer status", "Paused")
    ENDED = "ended", pgettext_lazy("offer status", "Ended")


class LeadsTo(models.TextChoices):
    """What is made when a customer accepts; rooms above make what they know how to (ports.ACCEPTED), else it is a task."""

    TASK = "task", _("Task")
    OPPORTUNITY = "opportunity", _("Opportunity")
    QUOTE = "quote", _("Quote")


class OfferChannel(models.TextChoices):
    """On what way an offer is proposed."""

    PHONE = "phone", _("Phone")
    MAIL = "mail", _("E-mail")
    SMS = "sms", _("Text message")
    WECHAT = "wechat", _("WeChat")
    LETTER = "letter", _("Letter")
    VISIT = "visit", _("Visit")
    MEETING = "meeting", _("Meeting")
    WEB = "web", _("Web site")


class ResponseState(models.TextChoices):
    """What came of a proposal. Open: proposed and later."""

    PROPOSED = "proposed", pgettext_lazy("response", "Proposed")
    ACCEPTED = "accepted", pgettext_lazy("response", "Accepted")
    DECLINED = "declined", pgettext_lazy("response", "Declined")
    LATER = "later", pgettext_lazy("response", "Later")
    NONE = "none", pgettext_lazy("response", "No response")
    CONVERTED = "converted", pgettext_lazy("response", "Converted")


OPEN_RESPONSES = (ResponseState.PROPOSED, ResponseState.LATER)
TAKEN_UP = (ResponseState.ACCEPTED, ResponseState.CONVERTED)


class DeclineReason(models.TextChoices):
    """Why a customer said no."""

    PRICE = "price", _("Too expensive")
    NO_NEED = "no_need", _("No need")
    TIMING = "timing", _("Wrong time")
    COMPETITOR = "competitor", _("Buys elsewhere")
    HAS_IT = "has_it", _("Has it already")
    UNSUITABLE = "unsuitable", _("Does not suit")
    OTHER = "other", _("Other")


class Purpose(models.TextChoices):
    """What a questionnaire is for."""

    SATISFACTION = "satisfaction", _("Satisfaction")
    CSAT = "csat", _("CSAT")
    NPS = "nps", _("NPS")
    CES = "ces", _("CES")
    QUALIFICATION = "qualification", _("Qualification")
    SCRIPT = "script", _("Call script")
    FREE = "free", _("Other")


class QuestionnaireStatus(models.TextChoices):
    """Only what is open takes answers."""

    DRAFT = "draft", pgettext_lazy("questionnaire", "Draft")
    OPEN = "open", pgettext_lazy("questionnaire", "Open")
    CLOSED = "closed", pgettext_lazy("questionnaire", "Closed")


class AnswerChannel(models.TextChoices):
    """On what way an answer came."""

    LINK = "link", _("Link")
    PHONE = "phone", _("Phone")
    VISIT = "visit", _("Visit")
    LETTER = "letter", _("Letter")
    IMPORT = "import", _("Upload")
