"""Records that were merged, and those that may be the same."""

from django.db import models
from django.db.models.functions import Now

from guanxi.core.models import TenantModel
from guanxi.records.models.operations import Operation


class MergedRecord(TenantModel):
    """A record that was merged into another of its object: its code, name and address lead there."""

    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    survivor_id = models.UUIDField()
    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40, blank=True)
    name = models.TextField(blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "record_id"], name="records_merged_once")]
        indexes = [
            models.Index(fields=["tenant_id", "survivor_id"], name="records_merged_survivor"),
            models.Index(fields=["tenant_id", "code"], name="records_merged_code"),
        ]


class MergePart(TenantModel):
    """What a merge moved besides the fields, one row for each kind of thing, so that it can be moved back exactly."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="parts")
    part = models.CharField(max_length=120)
    moved = models.JSONField(default=list)


class DuplicateSearch(TenantModel):
    """A search for records of one object that are likely the same, by a job; `least` is the score from which pairs are shown."""

    object = models.CharField(max_length=60)
    member_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, default="waiting")
    records = models.IntegerField(default=0)
    pairs = models.IntegerField(default=0)
    taught = models.IntegerField(default=0)
    least = models.FloatField(default=0.8)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "-created_at"], name="records_dupsearch_at")]


class DuplicatePair(TenantModel):
    """Two records that may be the same (the lower id first), how likely that is, and what people decided: open, same, different, later."""

    object = models.CharField(max_length=60)
    left_id = models.UUIDField()
    right_id = models.UUIDField()
    score = models.FloatField()
    state = models.CharField(max_length=10, default="open")
    decided_by_id = models.UUIDField(null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "object", "left_id", "right_id"], name="records_duplicatepair_once"
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "object", "state", "-score", "id"], name="records_duplicatepair_score")
        ]
