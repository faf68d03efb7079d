"""The base of business objects, and the tables that serve them all."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import StoredFile, TenantModel
from guanxi.core.ui.formats import is_chinese
from guanxi.identity.models import Membership, Team


class Record(TenantModel):
    """Abstract base of every business object.

    `version` is the optimistic lock, `deleted_at` the recycle bin, `custom` the truth of custom fields; their typed
    slots are database columns (records.slots). Changed only through records.changes.

    books      rows that belong to the books: they stay in the recycle bin for ever
    goes_with  links to what a row is about: it goes for good with that, or loses the link while it is about something else
    """

    books: ClassVar[models.Q | None] = None
    goes_with: ClassVar[tuple[str, ...]] = ()

    code = models.CharField(_("Code"), max_length=40, blank=True, db_default="")
    owner = models.ForeignKey(
        Membership, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Owner")
    )
    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Team")
    )
    created_at = models.DateTimeField(_("Created"), db_default=Now(), editable=False)
    created_by_id = models.UUIDField(null=True, editable=False)
    updated_at = models.DateTimeField(_("Updated"), db_default=Now(), editable=False)
    updated_by_id = models.UUIDField(null=True, editable=False)
    version = models.IntegerField(default=1, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)
    custom = models.JSONField(default=dict, editable=False)
    share_mask = models.BigIntegerField(default=0, editable=False)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True, verbose_name=_("Tags"))

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "code"], name="%(app_label)s_%(class)s_code", condition=~models.Q(code="")
            )
        ]
        indexes = [
            models.Index(fields=["tenant_id", "-updated_at", "id"], name="%(class)s_updated"),
            models.Index(fields=["tenant_id", "owner", "id"], name="%(class)s_owner"),
            models.Index(fields=["tenant_id", "team", "id"], name="%(class)s_team"),
        ]


class CustomField(TenantModel):
    """A field that the tenant added to an object; `slot` names its typed column or is empty.

    `options` holds what only some kinds have: required, default, choices, to (the object of a link), help in both languages.
    A removed field (`deleted_at`) keeps its name, its slot and its values until it is purged.
    """

    object = models.CharField(max_length=60)
    name = models.SlugField(max_length=60)
    label_en = models.CharField(max_length=120)
    label_zh = models.CharField(max_length=120, blank=True)
    kind = models.CharField(max_length=20)
    slot = models.CharField(max_length=4, blank=True)
    options = models.JSONField(default=dict)
    position = models.IntegerField(default=0)
    version = models.IntegerField(default=1)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "object", "name"], name="records_customfield_name"),
            models.UniqueConstraint(
                fields=["tenant_id", "object", "slot"], name="records_customfield_slot", condition=~models.Q(slot="")
            ),
        ]


class SavedView(TenantModel):
    """A list as somebody left it: criteria, sort, columns and form (list, board, calendar); private, team or all."""

    object = models.CharField(max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    owner = models.ForeignKey(Membership, null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=10, default="private")
    criteria = models.JSONField(default=dict)
    sort = models.CharField(max_length=80, blank=True)
    columns = ArrayField(models.CharField(max_length=80), default=list)
    form = models.CharField(max_length=10, default="list")
    pinned = models.BooleanField(default=False)
    position = models.IntegerField(default=0)
    version = models.IntegerField(default=1)

    class Meta:
        indexes = [models.Index(fields=["tenant_id", "object", "position"], name="records_view_object")]


class Tag(TenantModel):
    """A word that may be put on records; the records carry the words themselves."""

    name = models.CharField(_("Name"), max_length=60)
    colour = models.CharField(max_length=20, default="grey")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant_id", "name"], name="records_tag_name")]


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


class SearchEntry(models.Model):
    """What of one field of a record can be found: normalised text and its character n-grams.

    Read through the function `records_search` (search.sql) only, because array containment is not leakproof.
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


class RecentView(TenantModel):
    """A record that a member opened lately: recent first in search, "pick up again" on my day."""

    member_id = models.UUIDField()
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "member_id", "object", "record_id"], name="records_recent_once"
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "member_id", "-at"], name="records_recent_at")]


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


def record_label(record: Any) -> str:
    """How a record is called in links: its name or title (to a Chinese reader the Chinese one), else its code."""
    chinese: str = getattr(record, "name_zh", "") if is_chinese() else ""
    if chinese:
        return chinese
    label: str = getattr(record, "name", "") or getattr(record, "subject", "") or record.code
    return str(label)
