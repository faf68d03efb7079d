"""Files on their way into records."""

from django.db import models
from django.db.models.functions import Now

from guanxi.core.models import StoredFile, TenantModel


class Import(TenantModel):
    """A file on its way into records: what becomes of its columns, how far it is, what came of it.

    Its id is the `batch_id` in the history of what it changed. `mapping` is a list of rules (records.imports.rules), `options` holds
    the form of the file and the policies. `size` is how many rows one chunk has; the figures stand in the chunks until the end.
    """

    object = models.CharField(max_length=60)
    file = models.ForeignKey(StoredFile, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=255, default="")
    sha256 = models.CharField(max_length=64, default="")
    via = models.CharField(max_length=20, default="web")
    heads = models.CharField(max_length=64, default="")
    mapping = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    status = models.CharField(max_length=20, default="uploaded")
    stop_wanted = models.BooleanField(default=False)
    error = models.TextField(default="")
    size = models.IntegerField(default=1000)
    total = models.IntegerField(default=0)
    read = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    followed = models.UUIDField(null=True)
    followed_at = models.DateTimeField(null=True)
    member_id = models.UUIDField(null=True)
    user_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["tenant_id", "object", "-created_at"], name="records_import_at"),
            models.Index(fields=["tenant_id", "object", "heads"], name="records_import_heads"),
        ]


class ImportChunk(TenantModel):
    """Rows of an import that are stored, in the transaction that stored them: what is here is never done twice."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="chunks", db_index=False)
    first = models.IntegerField()
    read = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    skipped = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "of", "first"], name="records_importchunk_once")]


class ImportRow(TenantModel):
    """A row of an import that was refused, as it stood in the file."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="rows", db_index=False)
    number = models.IntegerField(default=0)
    cells = models.JSONField(default=list)
    reason = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "of", "number", "id"], name="records_importrow_of")]
