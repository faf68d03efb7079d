"""Fixed words of the analytical tables."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Archetype(models.TextChoices):
    """What a group of customers is like; a company renames its groups, the machine knows these."""

    DEMANDING = "demanding", _("Demanding")
    EXPERIENCED = "experienced", _("Experienced")
    THRIFTY = "thrifty", _("Thrifty")
    HESITANT = "hesitant", _("Hesitant")


class EventKind(models.TextChoices):
    """What is expected of a customer."""

    PURCHASE = "purchase", _("Purchase")
    RENEWAL = "renewal", _("Renewal")
    COMPLAINT = "complaint", _("Complaint")
    LAPSE = "lapse", _("Lapse")
    SERVICE = "service", _("Service visit")
    REFERRAL = "referral", _("Referral")


class Outcome(models.TextChoices):
    """What became of an expected event."""

    OPEN = "open", pgettext_lazy("expected", "Awaited")
    HAPPENED = "happened", _("Happened")
    MISSED = "missed", _("Did not happen")
