"""Groups of customers that a run found."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext

from guanxi.analytics.models.choices import Archetype, Basis
from guanxi.core.fields import MoneyField
from guanxi.core.models import TenantModel


class Clustering(TenantModel):
    """One grouping of all customers on a basis. `candidates`: for each number of groups that was tried its silhouette and stability. `drift`: agreement
    (adjusted Rand index) with the grouping before, None for the first; `moved`: share of those in both who are in another group now;
    `overlooked`: customers whom no group fits. Those before keep their figures, not their members."""

    basis = models.CharField(max_length=12, choices=Basis.choices, default=Basis.BEHAVIOUR, db_default=Basis.BEHAVIOUR)
    as_of = models.DateField()
    method = models.CharField(max_length=12)
    k = models.PositiveSmallIntegerField()
    silhouette = models.FloatField()
    stability = models.FloatField()
    features = ArrayField(models.CharField(max_length=120))
    scales = models.JSONField(default=dict)
    candidates = models.JSONField(default=list)
    drift = models.FloatField(null=True)
    moved = models.FloatField(null=True)
    overlooked = models.IntegerField(default=0)
    customers = models.IntegerField(default=0)
    in_use = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant_id", "basis"], condition=models.Q(in_use=True), name="analytics_clustering_used"
            )
        ]


class Cluster(TenantModel):
    """A group: its centre in plain units, what sets it apart, what it is like, what to do with it. `marks`: the features furthest from the average of all, the furthest
    first, as {feature, score (deviations)} with, of a category, {value, share, average}. `name` and `next_step` are a person's own words over those of the
    archetype; `segment_id` names the segment whose members it keeps."""

    clustering = models.ForeignKey(Clustering, on_delete=models.CASCADE, related_name="clusters", db_index=False)
    number = models.PositiveSmallIntegerField()
    archetype = models.CharField(max_length=12, choices=Archetype.choices, blank=True)
    name = models.CharField(max_length=60, blank=True)
    next_step = models.CharField(max_length=200, blank=True)
    size = models.IntegerField()
    value = MoneyField(null=True)
    centre = models.JSONField(default=dict)
    marks = models.JSONField(default=list)
    segment_id = models.UUIDField(null=True)

    @property
    def called(self) -> str:
        """Its own name, else that of its archetype, else its number; in the language of the page."""
        return (
            self.name or str(self.get_archetype_display()) or gettext("Group %(number)s") % {"number": self.number + 1}
        )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "clustering", "number"], name="analytics_cluster_once")
        ]


class ClusterMember(TenantModel):
    """A customer in a group; `distance` to its centre in deviations, `misfit` where that is far more than usual in the group."""

    cluster = models.ForeignKey(Cluster, on_delete=models.CASCADE, related_name="members", db_index=False)
    account = models.ForeignKey("customers.Account", on_delete=models.CASCADE, related_name="+", db_index=False)
    distance = models.FloatField()
    misfit = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant_id", "cluster", "account"], name="analytics_member_once")
        ]
        indexes = [models.Index(fields=["tenant_id", "account"], name="analytics_member_account")]
