"""Groups of customers: found by how they buy, named by what they are like, going on from run to run, usable as segments."""

from contextvars import copy_context
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from guanxi.analytics.compute import runner
from guanxi.analytics.compute.bases import Features, _spread
from guanxi.analytics.compute.grouped import marks
from guanxi.analytics.compute.grouping import group
from guanxi.analytics.compute.runner import STEPS
from guanxi.analytics.models import Clustering, ClusterMember, RunCause
from guanxi.analytics.services.groups import keep_group, name_group
from guanxi.analytics.services.preferences import change_preferences
from guanxi.analytics.services.runs import plan_run
from guanxi.analytics.tests.factories import account, order
from guanxi.analytics.tests.test_keeping import Api
from guanxi.analytics.tests.test_running import DAY, computed
from guanxi.core import tenancy
from guanxi.core.errors import Invalid, NotAllowed
from guanxi.core.ids import new_id
from guanxi.customers.models import Account, Score
from guanxi.identity.actor import Actor
from guanxi.records.lists import ListQuery, count_records
from guanxi.records.tests.test_views import sign_in
from guanxi.segments.models import Segment, SegmentMember
from guanxi.segments.services import add_members, remove_members

ONLY = tuple(step for step in STEPS if step.key in ("extract", "frames", "rfm", "models", "value", "clusters"))


def two_kinds(actor: Actor, each: int = 30) -> None:
    """Those who buy often and lately, and those who bought once or twice long ago."""
    dice = np.random.default_rng(5)
    for number in range(each):
        often, seldom = (
            account(actor, f"{kind} {number}", region=region, industry=industry)
            for kind, region, industry in (("Often", "Shanghai", "Medical"), ("Seldom", "Henan", "Textiles"))
        )
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
    computed(actor, steps=ONLY)
    made = Clustering.objects.get(in_use=True, basis="behaviour")
    assert (made.k, made.customers, made.drift) == (2, 60, None)
    assert made.stability > 0.9 and made.silhouette > 0.5
    assert [row["k"] for row in made.candidates] == [2, 3, 4, 5]
    sizes = {one.archetype: one.size for one in made.clusters.all()}
    assert sizes == {"experienced": 30, "hesitant": 30}
    assert ClusterMember.objects.filter(cluster__clustering=made).count() == 60
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
    assert "Risk of a poor segmentation" in page and "Who would be overlooked" in page
    assert "Seldom 3" in client.get(f"/value/groups/{hesitant.id}/").text
    assert client.get(f"/value/groups/{new_id()}/").status_code == 404
    assert client.post(f"/value/groups/{hesitant.id}/segment").status_code in (204, 302)
    segment = Segment.objects.get()
    assert (segment.name, SegmentMember.objects.filter(segment=segment).count()) == ("Sleeping", 30)
    assert client.post(f"/value/groups/{new_id()}/segment").status_code == 404

    # Somebody takes one out of the segment and puts another one in: the next run leaves that alone, and lets who has come and gone follow the group.
    gone, other = Account.objects.get(name="Seldom 0"), Account.objects.get(name="Often 0")
    remove_members(actor, segment.id, [gone.id])
    add_members(actor, segment.id, [other.id])
    waking = Account.objects.get(name="Seldom 1")
    for step in range(12):
        order(waking, (DAY - timedelta(days=30 * step)).isoformat(), "850")

    computed(actor, DAY + timedelta(days=1), steps=ONLY)
    again = Clustering.objects.get(in_use=True, basis="behaviour")
    assert again.id != made.id and again.moved == pytest.approx(1 / 60)
    assert again.drift is not None and 0.9 < again.drift < 1
    members = set(SegmentMember.objects.filter(segment=segment).values_list("record_id", flat=True))
    assert len(members) == 29 and other.id in members and not {gone.id, waking.id} & members
    assert not ClusterMember.objects.filter(cluster__clustering=made).exists()
    kept = again.clusters.get(archetype="hesitant")
    assert (kept.name, kept.next_step, kept.segment_id) == ("Sleeping", "Call them", segment.id)
    assert "In another group than before" in client.get("/value/groups").text


def test_too_few_customers_are_no_groups(actor: Actor) -> None:
    order(account(actor, "One"), "2026-06-01")
    computed(actor, steps=ONLY)
    assert Clustering.objects.count() == 0
    assert "No groups yet" in sign_in(actor).get("/value/groups").text


def test_each_basis_is_a_grouping_of_its_own(actor: Actor, rep_actor: Actor) -> None:
    """By where they are and what they do, by medoids; each group says what sets it apart, over page and API."""
    two_kinds(actor)
    # What an account was like on a day is known from when it was made on.
    Account.objects.update(created_at=datetime(2024, 1, 1, tzinfo=UTC))
    change_preferences(actor, {"group_bases": ["behaviour", "demographics"]})
    with pytest.raises(Invalid):
        change_preferences(actor, {"group_bases": ["stars"]})
    with pytest.raises(Invalid):
        change_preferences(actor, {"grouping": "guess"})
    planned = plan_run(RunCause.COMMAND, as_of=DAY)

    def alone() -> None:
        """The process of analytics has no tenant but in the transactions that its steps open."""
        tenancy._current.set(None)
        assert runner.run(actor.tenant_id, planned.id, steps=ONLY)
        with tenancy.tenant_tx(actor.tenant_id):
            _demographics_are_told(actor, rep_actor)

    copy_context().run(alone)


def _demographics_are_told(actor: Actor, rep_actor: Actor) -> None:
    found = {one.basis: one for one in Clustering.objects.filter(in_use=True)}
    assert {key: one.method for key, one in found.items()} == {"behaviour": "k-means", "demographics": "k-medoids"}
    placed = found["demographics"]
    assert (placed.k, placed.features, placed.stability) == (2, ["region", "industry"], 1.0)
    told = {one.centre["region"]: {mark["value"] for mark in one.marks} for one in placed.clusters.all()}
    assert told == {"Shanghai": {"Shanghai", "Medical"}, "Henan": {"Henan", "Textiles"}}

    client = sign_in(actor)
    page = client.get("/value/groups?basis=demographics").text
    assert "Province or state Shanghai: 100%, of all 50%" in page and "Every customer fits a group" in page
    assert client.get("/value/groups?basis=stars").status_code == 200
    assert client.post("/value/groups/overlooked/segment", {"basis": "needs"}).status_code == 404
    kept = keep_group(actor, placed.clusters.all()[0].id)
    assert SegmentMember.objects.filter(segment=kept).count() == 30
    blind = replace(rep_actor, grants={"account": {"view": "all"}})
    with pytest.raises(NotAllowed):
        keep_group(blind, placed.clusters.all()[0].id)
    assert Segment.objects.count() == 1

    api = Api(actor)
    groups = api.get("/value-groups?basis=demographics").json["data"]
    assert {one["basis"] for one in groups} == {"demographics"} and {one["customers"] for one in groups} == {30}
    assert api.get("/value-groups?basis=stars").status == 422
    assert [one["method"] for one in api.get("/value-groupings?basis=demographics").json["data"]] == ["k-medoids"]
    members = api.get(f"/value-group-members?group={groups[0]['id']}").json["data"]
    assert len(members) == 30 and api.get("/value-group-members?basis=demographics&misfit=true").json["data"] == []
    assert api.get("/value-group-members?group=x").status == 422


def test_features_by_hand() -> None:
    """What is rare is one category, what all share tells nothing; marks are the furthest from the average first."""
    size = 60
    numbers = {"spending": np.repeat([1.0, 5.0], 30), "silence": np.tile([1.0, 2.0], 30)}
    found = Features([str(row) for row in range(size)], numbers, {"region": ["East"] * 40 + ["West"] * 19 + ["Moon"]})
    assert found.codes("region")[0] == ["East", "West"] and found.codes("region")[1][-1] == 2
    assert found.points().shape == (size, 5) and found.table().numbers.max() == 1
    said = marks(found, np.arange(30, 60))
    assert [(one["feature"], one.get("value")) for one in said] == [("spending", None), ("region", "West")]
    assert said[0]["score"] == 1.0 and (said[1]["share"], said[1]["average"]) == (0.6333, 0.3167)
    for method in ("k-means", "k-medoids"):
        made = group(found, method)
        assert made is not None and made.method == method and len(made.labels) == size
    assert group(Features(["1"] * 60, {}), "auto") is None
    assert group(Features(["1"] * 60, {"spending": np.ones(60)}), "auto") is None


def test_needs_are_what_matters_and_what_is_bought(actor: Actor) -> None:
    """Shares of families in what was bought, and how important attributes are said to be, beside the other ones."""
    two_kinds(actor, 1)
    planned = plan_run(RunCause.COMMAND, as_of=DAY)
    runner.run(actor.tenant_id, planned.id, steps=ONLY)
    keys = [str(one.id) for one in Account.objects.order_by("id")]
    answers = pa.table(
        {
            "account": [keys[0], keys[0], keys[1]],
            "attribute": ["price", "speed", "price"],
            "importance": [5.0, 3.0, 4.0],
        }
    )
    place = {key: at for at, key in enumerate(keys)}
    names, found = _spread(place, answers, "attribute", "importance")
    assert names == ["price", "speed"]
    assert np.nan_to_num(found, nan=-1).tolist() == [[5.0, 3.0], [4.0, -1.0]]
