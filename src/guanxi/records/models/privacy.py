"""What is kept how long, and persons whose data were erased."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.models import TenantModel


class RetentionRule(TenantModel):
    """Records of an object that meet `criteria` are dealt with when `date_field` is more than `days` in the past."""

    class Action(models.TextChoices):
        """What is done with them."""

        BIN = "bin", _("Move into the recycle bin")
        PURGE = "purge", _("Remove for good")
        ERASE = "erase", _("Erase the person’s data")

    name = models.CharField(_("Name"), max_length=120)
    object = models.CharField(_("Object"), max_length=60)
    criteria = models.JSONField(default=dict)
    date_field = models.CharField(_("Age by"), max_length=60)
    days = models.PositiveIntegerField(_("Older than (days)"))
    action = models.CharField(_("What happens"), max_length=10, choices=Action.choices, default=Action.BIN)
    is_active = models.BooleanField(_("In force"), default=False)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    last_run_at = models.DateTimeField(null=True)
    last_done = models.IntegerField(default=0)
    last_held = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="records_retention_name")]


class Erasure(TenantModel):
    """The erasure of a person's data: who asked for it, why, who carried it out, and what it came to.

    Holds nothing of the person but the code of the record. While it is `running`, the database lets its history be changed.
    """

    class Basis(models.TextChoices):
        """By what right."""

        GDPR = "gdpr", _("Request of the person (GDPR, art. 17)")
        PIPL = "pipl", _("Request of the person (PIPL, art. 47)")
        CONSENT = "consent", _("Consent was withdrawn")
        RETENTION = "retention", _("Kept long enough")
        OTHER = "other", pgettext_lazy("basis of an erasure", "Other")

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", _("Waits for a second person")
        RUNNING = "running", _("Running")
        DONE = "done", pgettext_lazy("erasure", "Done")
        REFUSED = "refused", pgettext_lazy("erasure", "Refused")

    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    code = models.CharField(max_length=40, blank=True)
    pseudonym = models.CharField(max_length=60, blank=True)
    basis = models.CharField(_("Basis"), max_length=10, choices=Basis.choices)
    reference = models.CharField(_("Reference"), max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by_id = models.UUIDField(null=True)
    asked_at = models.DateTimeField(db_default=Now())
    done_by_id = models.UUIDField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "record_id"],
                name="records_erasure_open",
                condition=models.Q(state__in=("asked", "running")),
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "-asked_at", "-id"], name="records_erasure_at")]
