"""Fixed words of the analytical tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.customers.models import CustomerGroup

Archetype = CustomerGroup


class Basis(models.TextChoices):
    """What customers are grouped by."""

    BEHAVIOUR = "behaviour", _("Behaviour")
    VALUE = "value", _("Value")
    NEEDS = "needs", _("Needs")
    DEMOGRAPHICS = "demographics", _("Demographics")


class Grouping(models.TextChoices):
    """How groups are found."""

    AUTO = "auto", _("By the features: k-medoids where categories count, else k-means")
    MEANS = "k-means", _("k-means (averages)")
    MEDOIDS = "k-medoids", _("k-medoids (typical customers)")


class EventKind(models.TextChoices):
    """What is expected of a customer."""

    PURCHASE = "purchase", _("Purchase")
    RENEWAL = "renewal", _("Renewal")
    COMPLAINT = "complaint", _("Complaint")
    LAPSE = "lapse", _("Lapse")
    SERVICE = "service", _("Service visit")
    REFERRAL = "referral", _("Referral")
    CONTACT = "contact", _("Contact with us")


class Outcome(models.TextChoices):
    """What became of an expected event."""

    OPEN = "open", pgettext_lazy("expected", "Awaited")
    HAPPENED = "happened", _("Happened")
    MISSED = "missed", _("Did not happen")


class MeasureLevel(models.TextChoices):
    """How deep a measure binds a customer (Berry & Parasuraman 1991)."""

    FINANCIAL = "financial", _("Financial")
    SOCIAL = "social", pgettext_lazy("measure", "Social")
    STRUCTURAL = "structural", _("Structural")
