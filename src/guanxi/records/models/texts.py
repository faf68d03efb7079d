"""What can be found inside long texts and documents."""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from guanxi.core.models import StoredFile, TenantModel


class TextEntry(models.Model):
    """A long text of a record and its words; as SearchEntry, read through a function only (`records_search_texts`).

    The text of a file stands under the file's own id and the field `$file`: who finds it is decided by the record on which it hangs.
    """

    tenant_id = models.UUIDField()
    record_id = models.UUIDField()
    field = models.CharField(max_length=60)
    pk = models.CompositePrimaryKey("tenant_id", "record_id", "field")
    object = models.CharField(max_length=60)
    body = models.TextField()
    words: "models.Field[Any, Any]" = SearchVectorField()
    owner_id = models.UUIDField(null=True)
    team_id = models.UUIDField(null=True)
    share_mask = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        managed = False
        db_table = "records_textentry"


class Document(TenantModel):
    """What became of taking the text out of a file; the text itself is a TextEntry."""

    class State(models.TextChoices):
        """Whether its words can be found."""

        READ = "read", pgettext_lazy("document", "Searchable")
        EMPTY = "empty", _("No text in it")
        ENCRYPTED = "encrypted", _("Protected by a password")
        BROKEN = "broken", _("Cannot be read")
        LARGE = "large", _("Too large to be searched")
        SLOW = "slow", _("Took too long to be read")
        OTHER = "other", _("Not a text document")

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices)
    characters = models.IntegerField(default=0)
    seconds = models.FloatField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "file"], name="records_document_once")]
