"""Tables of the ground floor: outbox, receipts, history of changes, access log, codes, exchange rates, files."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from guanxi.core.ids import new_id
from guanxi.core.managers import TenantManager
from guanxi.core.tenancy import current_tenant_id


class TenantModel(models.Model):
    """Base of every table whose rows belong to a tenant.

    In the database the primary key is (tenant_id, id) and row-level security is forced; see core.db.schema.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    tenant_id = models.UUIDField(default=current_tenant_id, editable=False)

    objects: Any = TenantManager()

    class Meta:
        abstract = True


class OutboxEvent(models.Model):
    """A published event on its way to its handlers. Outside row-level security, as workers serve all tenants."""

    id = models.UUIDField(primary_key=True, default=new_id)
    tenant_id = models.UUIDField()
    name = models.CharField(max_length=120)
    payload = models.JSONField()
    member_id = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=Now())
    attempts = models.SmallIntegerField(db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)
    parked_at = models.DateTimeField(null=True)
    error = models.TextField(db_default="")

    class Meta:
        db_table = "core_outbox_event"
        indexes = [
            models.Index(
                fields=["due_at", "id"],
                name="core_outbox_due",
                condition=models.Q(done_at__isnull=True, parked_at__isnull=True),
            ),
            models.Index(fields=["done_at"], name="core_outbox_done", condition=models.Q(done_at__isnull=False)),
        ]


class EventReceipt(TenantModel):
    """A handler has dealt with an event: a repeated delivery does nothing."""

    event_id = models.UUIDField()
    handler = models.CharField(max_length=200)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "event_id", "handler"], name="core_receipt_once")]


class Change(models.Model):
    """One change of one record: the history that people see and the audit that cannot be altered.

    Hash-partitioned by tenant with primary key (tenant_id, object, record_id, version); `at` is `clock_timestamp()` taken under the
    row lock. `batch_id` names the operation (mass edit, import, merge) that the change was part of, `behalf_id` the member on whose behalf
    `member_id` acted. Written by records.history
    only; the app role may not update or delete.
    """

    tenant_id = models.UUIDField()
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    version = models.IntegerField()
    pk = models.CompositePrimaryKey("tenant_id", "object", "record_id", "version")
    at = models.DateTimeField(db_default=Now())
    member_id = models.UUIDField(null=True)
    action = models.CharField(max_length=20)
    via = models.CharField(max_length=20)
    origin = models.CharField(max_length=80, default="")
    diff = models.JSONField()
    batch_id = models.UUIDField(null=True)
    behalf_id = models.UUIDField(null=True)

    objects = TenantManager()

    class Meta:
        managed = False
        db_table = "core_change"


class AccessEntry(TenantModel):
    """What changed no record but must be known: sign-ins, revealed fields, exports, downloads, settings."""

    at = models.DateTimeField(db_default=Now())
    member_id = models.UUIDField(null=True)
    action = models.CharField(max_length=40)
    object = models.CharField(max_length=60, default="")
    record_id = models.UUIDField(null=True)
    origin = models.CharField(max_length=80, default="")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "-at"], name="core_access_at")]


class CodePattern(TenantModel):
    """How codes of one object look for this tenant, and the counter behind them."""

    object = models.CharField(max_length=60)
    pattern = models.CharField(max_length=60)
    period = models.CharField(max_length=10, default="")
    next_number = models.BigIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "object"], name="core_code_object")]


class ExchangeRate(TenantModel):
    """Units of the company's currency for one unit of `currency`, valid from `day` until the next one."""

    currency = models.CharField(max_length=3)
    day = models.DateField()
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "currency", "day"], name="core_rate_day")]


class JobFailure(TenantModel):
    """Why a background job of the tenant failed last; the queue itself keeps no reasons."""

    job_id = models.BigIntegerField()
    error = models.TextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "job_id"], name="core_jobfailure_once")]


class StoredFile(TenantModel):
    """A file's facts; its bytes lie in the storage under a key of the tenant and are served only after a permission check."""

    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    storage_key = models.CharField(max_length=300)
    object = models.CharField(max_length=60, default="")
    record_id = models.UUIDField(null=True)
    tags = ArrayField(models.CharField(max_length=60), default=list)
    created_at = models.DateTimeField(db_default=Now())
    created_by_id = models.UUIDField(null=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "record_id"], name="core_file_record")]
