"""Groups of customers as an actor sees them: on a basis, with what sets them apart, who fits none, and how groupings changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from guanxi.analytics.models import Basis, Cluster, Clustering, ClusterMember
from guanxi.analytics.queries.portfolio import scored_accounts
from guanxi.analytics.words import FEATURES
from guanxi.engagement.results import attribute_words, visible_answers
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable
from guanxi.records import registry
from guanxi.records.queries import linked_labels

ZERO = Decimal(0)
MUCH = 1.0
"""So many deviations from the average are much."""
HISTORY = 12


@dataclass(frozen=True)
class Group:
    """A group of customers within the actor's sight."""

    cluster: Cluster
    customers: int
    value: Decimal
    share: float


@dataclass(frozen=True)
class Said:
    """What sets a group apart, in words: `way` up or down for a number, "" for a category; much: far from the average."""

    text: str
    way: str
    much: bool


@dataclass(frozen=True)
class Overlooked:
    """Customers whom no group describes, the most valuable first; share: of the value of all that the actor sees."""

    accounts: Any
    customers: int
    value: Decimal
    share: float


@dataclass(frozen=True)
class Risk:
    """One measure of how far a grouping can be trusted. verdict: good, doubtful, poor."""

    key: str
    figure: float
    verdict: str


def bases_in_use() -> list[str]:
    """The bases that customers are grouped by now, in their order."""
    found = set(Clustering.objects.filter(in_use=True).values_list("basis", flat=True))
    return [one for one in Basis.values if one in found]


def groups_in_use(
    actor: Actor, region: str = "", basis: str = Basis.BEHAVIOUR
) -> tuple[Clustering | None, list[Group]]:
    """The grouping in use on a basis and its groups, the most valuable first."""
    clustering = Clustering.objects.filter(in_use=True, basis=basis).first()
    if clustering is None:
        return None, []
    inside = scored_accounts(actor, region).values("id")
    members = ClusterMember.objects.filter(cluster__clustering=clustering, account_id__in=inside).values("cluster_id")
    summed = {
        row["cluster_id"]: row for row in members.annotate(customers=Count("id"), worth=Sum("account__scores__value"))
    }
    rows = [(one, summed[one.id]) for one in clustering.clusters.all() if one.id in summed]
    whole = sum((row["worth"] or ZERO for _one, row in rows), ZERO)
    found = [
        Group(one, row["customers"], row["worth"] or ZERO, float((row["worth"] or ZERO) / whole) if whole > 0 else 0.0)
        for one, row in rows
    ]
    return clustering, sorted(found, key=lambda one: -one.value)


def members_of(actor: Actor, cluster: Cluster, region: str = "") -> Any:
    """The accounts of a group within the actor's sight, the most valuable first."""
    inside = scored_accounts(actor, region).filter(id__in=cluster.members.values("account_id"))
    return inside.order_by("-scores__value", "id")


def overlooked(actor: Actor, clustering: Clustering, region: str = "") -> Overlooked:
    """Whom measures for groups would overlook: they are far from the middle of every group."""
    seen = scored_accounts(actor, region)
    far = ClusterMember.objects.filter(cluster__clustering=clustering, misfit=True)
    accounts = seen.filter(id__in=far.values("account_id")).order_by("-scores__value", "id")
    own = accounts.aggregate(customers=Count("id"), worth=Sum("scores__value"))
    held = ClusterMember.objects.filter(cluster__clustering=clustering).values("account_id")
    whole = seen.filter(id__in=held).aggregate(worth=Sum("scores__value"))["worth"] or ZERO
    worth = own["worth"] or ZERO
    return Overlooked(accounts, own["customers"], worth, float(worth / whole) if whole > 0 else 0.0)


def history(basis: str) -> list[Clustering]:
    """The groupings of a basis, the newest first."""
    return list(Clustering.objects.filter(basis=basis).order_by("-as_of")[:HISTORY])


_MORE_IS_BETTER = {"stability": (0.75, 0.5), "silhouette": (0.5, 0.25), "drift": (0.75, 0.5)}
_LESS_IS_BETTER = {"misfits": (0.05, 0.15), "overlooked": (0.05, 0.15)}


def risks(clustering: Clustering, missed: Overlooked) -> list[Risk]:
    """How far the grouping can be trusted, measure by measure."""
    figures = {
        "stability": clustering.stability,
        "silhouette": clustering.silhouette,
        "misfits": clustering.overlooked / max(clustering.customers, 1),
        "overlooked": missed.share,
        "drift": clustering.drift,
    }
    return [Risk(key, figure, _verdict(key, figure)) for key, figure in figures.items() if figure is not None]


def _verdict(key: str, figure: float) -> str:
    if key in _MORE_IS_BETTER:
        good, doubtful = _MORE_IS_BETTER[key]
        return "good" if figure >= good else "doubtful" if figure >= doubtful else "poor"
    good, doubtful = _LESS_IS_BETTER[key]
    return "good" if figure <= good else "doubtful" if figure <= doubtful else "poor"


class Describing:
    """What sets groups apart in the words of the actor's language; names of families and attributes are read once."""

    def __init__(self, actor: Actor, clusters: list[Cluster]) -> None:
        self._actor = actor
        named = {mark["feature"] for one in clusters for mark in one.marks}
        families = {UUID(name.partition(":")[2]) for name in named if name.startswith("family:")}
        self._families: Mapping[UUID, str] = linked_labels(actor, "product_family", families)
        asked = any(name.startswith("importance:") for name in named)
        self._attributes = attribute_words(visible_answers(actor), get_language() or "en") if asked else {}

    def of(self, cluster: Cluster) -> list[Said]:
        """The furthest from the average first; without what the actor may not read."""
        found = (self._said(mark) for mark in cluster.marks)
        return [one for one in found if one is not None]

    def _said(self, mark: Mapping[str, Any]) -> Said | None:
        name, up, much = mark["feature"], mark["score"] > 0, abs(mark["score"]) >= MUCH
        kind, _colon, key = name.partition(":")
        if "value" in mark:
            return self._category(mark, much)
        if kind == "family":
            text = _("buys more %(what)s") if up else _("buys less %(what)s")
            return Said(text % {"what": self._families.get(UUID(key), _("of another family"))}, _way(up), much)
        if kind == "importance":
            text = _("%(what)s matters more than to others") if up else _("%(what)s matters less than to others")
            return Said(text % {"what": self._attributes.get(key, key)}, _way(up), much)
        words = FEATURES.get(name)
        return Said(str(words[0 if up else 1]), _way(up), much) if words else None

    def _category(self, mark: Mapping[str, Any], much: bool) -> Said | None:
        account = registry.get("account")
        item = account.by_name.get(mark["feature"])
        if item is None or not matchable(self._actor, "account", item.name):
            return None
        value = next((str(one.label) for one in item.choices if one.value == mark["value"]), mark["value"])
        told = {
            "what": item.label,
            "value": value,
            "share": f"{mark['share']:.0%}",
            "average": f"{mark['average']:.0%}",
        }
        return Said(_("%(what)s %(value)s: %(share)s, of all %(average)s") % told, "", much)


def _way(up: bool) -> str:
    return "up" if up else "down"
