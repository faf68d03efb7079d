"""The base of business objects."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
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


def record_label(record: Any) -> str:
    """How a record is called in links: its name or title (to a Chinese reader the Chinese one), else its code."""
    chinese: str = getattr(record, "name_zh", "") if is_chinese() else ""
    if chinese:
        return chinese
    label: str = getattr(record, "name", "") or getattr(record, "subject", "") or record.code
    return str(label)
