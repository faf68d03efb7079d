"""What a company demands of its records beyond their fields: rules of fields, gates before stages, rules against duplicates."""

from django.db import models

from guanxi.core.models import TenantModel


class FieldRule(TenantModel):
    """`fields` are required, read-only or (only then) visible on records that meet `criteria`."""

    object = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    effect = models.CharField(max_length=12)
    fields = models.JSONField(default=list)
    criteria = models.JSONField(default=dict)
    is_active = models.BooleanField(default=True)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "name"], name="records_fieldrule_object")]


class StageGate(TenantModel):
    """A record comes to `value` of `field` (a stage or status) only when each of `needs` is filled in."""

    object = models.CharField(max_length=60)
    field = models.CharField(max_length=80)
    value = models.CharField(max_length=80)
    needs = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "object", "field", "value"], name="records_gate_value")
        ]


class DuplicateRule(TenantModel):
    """Records of which all `matches` ({field, how}) agree are likely the same: `action` says whether saving warns or refuses."""

    object = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    matches = models.JSONField(default=list)
    action = models.CharField(max_length=8, default="warn")
    is_active = models.BooleanField(default=True)
    # Keys of records that were there before the rule are made by a job.
    is_ready = models.BooleanField(default=False)
    changed_in = models.BigIntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "name"], name="records_duprule_object")]


class MatchKey(TenantModel):
    """Under `key`, records that may be the same by `rule` are found; a record may have several."""

    rule = models.ForeignKey(DuplicateRule, on_delete=models.CASCADE, related_name="+")
    record_id = models.UUIDField()
    key = models.CharField(max_length=40)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "rule", "key"], name="records_matchkey_key"),
            models.Index(fields=["tenant_id", "record_id"], name="records_matchkey_record"),
        ]
