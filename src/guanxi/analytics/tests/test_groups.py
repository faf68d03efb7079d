"""Groups of customers: found by how they buy, named by what they are like, going on from run to run, usable as segments."""

from datetime import timedelta

import numpy as np
import pytest

from guanxi.analytics.models import Cluster, Clustering, ClusterMember
from guanxi.analytics.services.groups import name_group
from guanxi.analytics.tests.factories import account, order
from guanxi.analytics.tests.test_running import DAY, computed
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.ids import new_id
from guanxi.customers.models import Score
from guanxi.identity.actor import Actor
from guanxi.records.lists import ListQuery, count_records
from guanxi.records.tests.test_views import sign_in
from guanxi.segments.models import Segment, SegmentMember


def two_kinds(actor: Actor, each: int = 30) -> None:
    """Those who buy often and lately, and those who bought once or twice long ago."""
    dice = np.random.default_rng(5)
    for number in range(each):
        often, seldom = account(actor, f"Often {number}"), account(actor, f"Seldom {number}")
        for step in range(12):
            order(
                often,
                (DAY - timedelta(days=30 * step + int(dice.integers(0, 9)))).isoformat(),
                str(800 + int(dice.integers(0, 90))),
            )
        for step in range(2):
            order(
                seldom,
                (DAY - timedelta(days=500 + 60 * step + int(dice.integers(0, 20)))).isoformat(),
                str(60 + int(dice.integers(0, 9))),
            )


def test_groups_are_found_named_kept_and_used(actor: Actor, rep_actor: Actor) -> None:
    two_kinds(actor)
    computed(actor)
    made = Clustering.objects.get(in_use=True)
    assert (made.k, made.customers, made.drift) == (2, 60, None)
    assert made.stability > 0.9 and made.silhouette > 0.5
    assert [row["k"] for row in made.candidates] == [2, 3, 4, 5]
    sizes = {one.archetype: one.size for one in made.clusters.all()}
    assert sizes == {"experienced": 30, "hesitant": 30}
    assert ClusterMember.objects.count() == 60
    hesitant = made.clusters.get(archetype="hesitant")
    members = set(hesitant.members.values_list("account__name", flat=True))
    assert members == {f"Seldom {number}" for number in range(30)}
    wanted = ListQuery(object="account", criteria={"field": "score_segment", "op": "is", "value": "hesitant"})
    assert count_records(actor, wanted) == (30, True)
    assert Score.objects.filter(segment="experienced").count() == 30

    name_group(actor, hesitant.id, " Sleeping ", "Call them")
    for wrong in ({"name": "x" * 61, "next_step": ""}, {"name": "", "next_step": "x" * 201}):
        with pytest.raises(Invalid):
            name_group(actor, hesitant.id, **wrong)
    with pytest.raises(NotAllowed):
        name_group(rep_actor, hesitant.id, "Mine", "")
    client = sign_in(actor)
    page = client.get("/value/groups").text
    assert "Sleeping" in page and "silent for long" in page and "Experienced" in page
    assert client.post(f"/value/groups/{hesitant.id}/segment").status_code in (204, 302)
    segment = Segment.objects.get()
    assert (segment.name, SegmentMember.objects.filter(segment=segment).count()) == ("Sleeping", 30)
    assert client.post(f"/value/groups/{new_id()}/segment").status_code == 404

    computed(actor, DAY + timedelta(days=1))
    again = Clustering.objects.get(in_use=True)
    assert again.id != made.id and again.drift == pytest.approx(1)
    kept = again.clusters.get(archetype="hesitant")
    assert (kept.name, kept.next_step, kept.segment_id) == ("Sleeping", "Call them", segment.id)
    assert Cluster.objects.exclude(clustering=again).exclude(clustering=made).count() == 0


def test_too_few_customers_are_no_groups(actor: Actor) -> None:
    order(account(actor, "One"), "2026-06-01")
    computed(actor)
    assert Clustering.objects.count() == 0
    assert "No groups yet" in sign_in(actor).get("/value/groups").text
