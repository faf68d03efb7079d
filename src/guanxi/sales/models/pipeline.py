"""Pipelines, their stages, and the reasons that closed leads and opportunities carry."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.catalogue.models import BilingualName
from guanxi.records.models import Record


class Category(models.TextChoices):
    """What a stage means to the machine, whatever a tenant calls it."""

    OPEN = "open", pgettext_lazy("category", "Open")
    WON = "won", _("Won")
    LOST = "lost", _("Lost")


class Pipeline(BilingualName, Record):
    """An ordered way from the first contact to the sale."""

    is_default = models.BooleanField(_("Default"), default=False)
    is_active = models.BooleanField(_("Active"), default=True)
    position = models.PositiveIntegerField(_("Position"), default=0)

    class Meta(Record.Meta):
        verbose_name = _("Pipeline")


class Stage(BilingualName, Record):
    """A step of a pipeline; `usual_days` is how long an opportunity normally stays in it."""

    pipeline = models.ForeignKey(Pipeline, on_delete=models.CASCADE, related_name="stages", verbose_name=_("Pipeline"))
    category = models.CharField(_("Category"), max_length=10, choices=Category.choices, default=Category.OPEN)
    probability = models.PositiveSmallIntegerField(_("Probability (%)"), default=0, validators=[MaxValueValidator(100)])
    position = models.PositiveIntegerField(_("Position"), default=0)
    usual_days = models.PositiveIntegerField(_("Usual days"), null=True, blank=True)

    class Meta(Record.Meta):
        verbose_name = _("Stage")
        indexes = [
            *Record.Meta.indexes,
            models.Index(fields=["tenant_id", "pipeline", "position"], name="sales_stage_position"),
        ]


class ReasonKind(models.TextChoices):
    """What a reason explains."""

    WON = "won", _("Won")
    LOST = "lost", _("Lost")
    UNQUALIFIED = "unqualified", _("Unqualified")


class Reason(BilingualName, Record):
    """Why an opportunity was won or lost, or a lead is unqualified."""

    kind = models.CharField(_("Kind"), max_length=12, choices=ReasonKind.choices)
    position = models.PositiveIntegerField(_("Position"), default=0)
    is_active = models.BooleanField(_("Active"), default=True)

    class Meta(Record.Meta):
        verbose_name = _("Reason")
