"""What can be found of records."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class SearchEntry(models.Model):
    """What of one field of a record can be found: normalised text and its character n-grams.

    Read through the function `records_search` only, because array containment is not leakproof; its index is over the n-grams with the
    tenant inside (`records_keyed`).
    `owner_id` and `team_id` repeat the record's, so that visibility is decided inside the ranked query.
    """

    tenant_id = models.UUIDField()
    record_id = models.UUIDField()
    field = models.CharField(max_length=60)
    pk = models.CompositePrimaryKey("tenant_id", "record_id", "field")
    object = models.CharField(max_length=60)
    text = models.TextField()
    norm = models.TextField()
    grams = ArrayField(models.TextField())
    owner_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    share_mask = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "records_searchentry"
