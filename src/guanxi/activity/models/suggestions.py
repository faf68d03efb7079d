"""What staff propose, and what became of it."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.identity.models import Membership
from guanxi.records.models import Record


class SuggestionStatus(models.TextChoices):
    """Where a suggestion stands."""

    NEW = "new", pgettext_lazy("suggestion", "New")
    ACCEPTED = "accepted", pgettext_lazy("suggestion", "Accepted")
    DECLINED = "declined", pgettext_lazy("suggestion", "Declined")
    DONE = "done", pgettext_lazy("suggestion", "Carried out")


class Suggestion(Record):
    """A proposal of a colleague (the owner) to the person who decides."""

    subject = models.CharField(_("Subject"), max_length=200)
    body = models.TextField(_("What should be better, and how"), blank=True)
    decider = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Who decides")
    )
    status = models.CharField(
        _("Status"), max_length=10, choices=SuggestionStatus.choices, default=SuggestionStatus.NEW
    )
    answer = models.TextField(_("Answer"), blank=True)
    decided_at = models.DateTimeField(_("Decided"), null=True, blank=True)

    def __str__(self) -> str:
        return self.subject

    class Meta(Record.Meta):
        verbose_name = _("Suggestion")
