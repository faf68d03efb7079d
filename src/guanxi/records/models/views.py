"""Lists as people left them, words on records, what was opened lately."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from guanxi.core.models import TenantModel
from guanxi.identity.models import Membership, Team


class SavedView(TenantModel):
    """A list as somebody left it: criteria, sort, columns and form (list, board, calendar); private, team or all.

    `options` say how its rows are drawn (see records.listing): group, density, colours.
    """

    object = models.CharField(max_length=60)
    name = models.CharField(_("Name"), max_length=120)
    owner = models.ForeignKey(Membership, null=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    audience = models.CharField(max_length=10, default="private")
    criteria = models.JSONField(default=dict)
    sort = models.CharField(max_length=80, blank=True)
    columns = ArrayField(models.CharField(max_length=80), default=list)
    form = models.CharField(max_length=10, default="list")
    options = models.JSONField(default=dict)
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


class RecentView(TenantModel):
    """A record that a member opened lately: recent first in search, "pick up again" on my day. `starred`: a favourite.

    A view of a list stands here too, as object "view", when it is a favourite.
    """

    member_id = models.UUIDField()
    object = models.CharField(max_length=60)
    record_id = models.UUIDField()
    at = models.DateTimeField(db_default=Now())
    starred = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "member_id", "object", "record_id"], name="records_recent_once"
            )
        ]
        indexes = [models.Index(fields=["tenant_id", "member_id", "-at"], name="records_recent_at")]
