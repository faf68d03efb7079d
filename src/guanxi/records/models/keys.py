"""Keys under which others know records and writes."""

from django.db import models
from django.db.models.functions import Now

from guanxi.core.models import TenantModel


class ExternalKey(TenantModel):
    """The key of a record in another system, one per source and key."""

    source = models.CharField(max_length=60)
    key = models.CharField(max_length=200)
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "source", "object", "key"], name="records_external_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "record_id"], name="records_external_record")]


class IdempotencyKey(TenantModel):
    """The answer to a write that carried an Idempotency-Key, kept 24 hours."""

    actor_id = models.UUIDField()
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.SmallIntegerField(default=0)
    answer = models.JSONField(null=True)
    object = models.CharField(max_length=60, default="")
    record_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "actor_id", "key"], name="records_idempotency_once")
        ]
