"""Changes to many records."""

from django.db import models
from django.db.models.functions import Now

from guanxi.core.models import TenantModel


class Operation(TenantModel):
    """One change to many records, as it was ordered and what came of it; its id is the `batch_id` in their history.

    `params` says what to do, `selection` to which records (see records.operations). `position` is the last record dealt with,
    so that a dead worker's part is not done twice. `undoes` is the operation that this one takes back.
    """

    action = models.CharField(max_length=20)
    object = models.CharField(max_length=60)
    member_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    scopes = models.JSONField(null=True)
    via = models.CharField(max_length=20, default="web")
    params = models.JSONField(default=dict)
    selection = models.JSONField(default=dict)
    state = models.CharField(max_length=10, default="waiting")
    stop_wanted = models.BooleanField(default=False)
    total = models.IntegerField(default=0)
    done = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    position = models.UUIDField(null=True)
    undoes = models.UUIDField(null=True)
    undone_by = models.UUIDField(null=True)
    error = models.TextField(default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "-created_at", "-id"], name="records_operation_at"),
            models.Index(fields=["tenant_id", "member_id", "-created_at"], name="records_operation_member"),
        ]


class OperationItem(TenantModel):
    """A record that an operation has yet to deal with, or (with a `reason`) has left as it is."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="items", db_index=False)
    record_id = models.UUIDField()
    object = models.CharField(max_length=60)
    reason = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "operation", "record_id"], name="records_operationitem_once")
        ]
