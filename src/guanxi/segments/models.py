"""Segments, who is in them, who came and went, how large they were."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.records.models import Record


class Kept(models.TextChoices):
    """How a segment's members are known."""

    CRITERIA = "criteria", _("By criteria")
    HAND = "hand", _("By hand")


class Segment(Record):
    """A list of records of one object: all that meet `criteria`, or those that people chose.

    What follows from the criteria is kept beside them: `uses` are the segments they name, `reads` the other objects that they look
    at, `timed` says that they hold or not by the day.
    """

    name = models.CharField(_("Name"), max_length=120)
    description = models.TextField(_("Description"), blank=True)
    object = models.CharField(_("Records"), max_length=60)
    kept = models.CharField(_("Kept"), max_length=10, choices=Kept.choices, default=Kept.CRITERIA)
    criteria = models.JSONField(_("Criteria"), default=dict, blank=True)
    uses = ArrayField(models.UUIDField(), default=list, editable=False)
    reads = ArrayField(models.CharField(max_length=60), default=list, editable=False)
    timed = models.BooleanField(default=False, editable=False)

    class Meta(Record.Meta):
        verbose_name = _("Segment")

    def __str__(self) -> str:
        return self.name


class SegmentState(TenantModel):
    """What the last count of a segment found; locked while its members are brought up to date."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    size = models.IntegerField(default=0)
    filled = models.BooleanField(default=False)
    counted_at = models.DateTimeField(null=True)
    error = models.TextField(default="", blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "segment"], name="segments_state_once")]


class SegmentMember(TenantModel):
    """A record in a segment: chosen by hand, or found by the last count. `batch_id` names the operation that added it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    joined_at = models.DateTimeField(db_default=Now())
    batch_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "segment", "record_id"], name="segments_member_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "record_id"], name="segments_member_record")]


class SegmentMove(TenantModel):
    """A record that joined or left, when, and by whom: None for what the criteria say by themselves."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    joined = models.BooleanField()
    at = models.DateTimeField(db_default=Now())
    member_id = models.UUIDField(null=True)
    batch_id = models.UUIDField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "segment", "-at"], name="segments_move_at"),
            models.Index(
                fields=["tenant_id", "batch_id"], name="segments_move_batch", condition=models.Q(batch_id__isnull=False)
            ),
        ]


class SegmentSize(TenantModel):
    """How large a segment was at the end of a day, and how many joined and left on it."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    size = models.IntegerField()
    joined = models.IntegerField(default=0)
    left = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "segment", "day"], name="segments_size_day")]
