"""Rules against duplicates: exact, normalised and loose; beside the form, refused on saving, over the API, in uploads."""

from typing import Any

import pytest

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import Create, change_records, create_record, delete_record, update_record
from guanxi.records.demands.duplicates import keys_of, likely_same
from guanxi.records.demands.filling import StillWritten, fill_match_keys
from guanxi.records.demands.reading import demands_of
from guanxi.records.demands.services import DUPLICATE_RULES
from guanxi.records.merging.services import merge_records
from guanxi.records.models import DuplicateRule, MatchKey
from guanxi.records.own_objects.services import create_object
from guanxi.records.queries import get_record, visible_records
from guanxi.records.recycling import remove_rows
from guanxi.records.tests.importing import figures, imported, refusals


def rule(actor: Actor, *matches: tuple[str, str], **values: Any) -> DuplicateRule:
    parts = [{"field": field, "how": how} for field, how in matches]
    given = {"object": "account", "name": "Same", "matches": parts, "action": "block", "is_active": True}
    return DUPLICATE_RULES.save(actor, given | values)


def refused(run: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as problem:
        run()
    return problem.value.errors


def test_the_same_normalised_value_is_refused_and_nothing_is_made(actor: Actor) -> None:
    old = create_record(actor, "account", {"name": "Old", "phone": "+86 138 0013 8000"})
    rule(actor, ("phone", "normalised"))
    errors = refused(lambda: create_record(actor, "account", {"name": "New", "phone": "138-0013-8000"}))
    assert errors == {"phone": [f"It exists already: Old ({old.code}) (same Phone)."]}
    assert visible_records(actor, "account").count() == 1
    made = create_record(actor, "account", {"name": "New", "phone": "138-0013-8001"})
    assert list(refused(lambda: update_record(actor, "account", made.id, {"phone": "013800138000"}))) == ["phone"]
    assert get_record(actor, "account", made.id).version == 1
    update_record(actor, "account", made.id, {"name": "Newer"})
    delete_record(actor, "account", old.id)
    update_record(actor, "account", made.id, {"phone": "013800138000"})


def test_all_fields_of_a_rule_must_agree_and_names_are_compared_loosely(actor: Actor) -> None:
    rule(actor, ("name", "fuzzy"), ("city", "exact"))
    create_record(actor, "account", {"name": "Hartmann GmbH & Co. KG", "city": "Stuttgart"})
    create_record(actor, "account", {"name": "Hartmann GmbH", "city": "Graz"})
    create_record(actor, "account", {"name": "Hartmann GmbH"})
    create_record(actor, "account", {"name": "Hartwig", "city": "Stuttgart"})
    for name in ("HARTMANN", "Hartman AG", "Hartmannn"):
        assert list(
            refused(lambda name=name: create_record(actor, "account", {"name": name, "city": "Stuttgart"}))
        ) == ["name"]
    create_record(actor, "account", {"name": "华东精密有限公司", "city": "上海"})
    assert refused(lambda: create_record(actor, "account", {"name": "华东精密", "city": "上海"}))
    assert refused(lambda: create_record(actor, "account", {"name": "Huadong Jingmi", "city": "上海"}))


def test_two_of_one_write_are_told_apart_and_uploads_name_the_row(actor: Actor) -> None:
    rule(actor, ("website", "normalised"))
    changes = [
        Create({"name": str(at), "website": url})
        for at, url in enumerate(("a.example", "b.example", "https://www.a.example/"))
    ]
    assert set(refused(lambda: change_records(actor, "account", changes))) == {"0.website", "2.website"}
    assert not visible_records(actor, "account").exists()
    create_record(actor, "account", {"name": "There", "website": "a.example"})
    done = imported(actor, "name,website\nA,http://a.example\nB,b.example\n")
    assert figures(done) == (2, 1, 0, 0, 1)
    assert "It exists already: There" in refusals(done)[0][2]


def test_a_rule_that_warns_lets_pass_and_shows_what_the_person_may_see(actor: Actor, rep_actor: Actor) -> None:
    rule(actor, ("city", "exact"), action="warn")
    old = create_record(actor, "account", {"name": "Old", "city": "Graz"})
    made = create_record(actor, "account", {"name": "New", "city": "Graz"})
    kind = registry.get("account")
    assert [(one.id, one.reasons) for one in likely_same(actor, kind, made)] == [(old.id, ("same City",))]
    assert likely_same(rep_actor, kind, made) == []


def test_who_may_not_see_the_other_is_refused_without_its_name(actor: Actor, rep_actor: Actor) -> None:
    create_record(actor, "account", {"name": "Secret", "website": "a.example"})
    rule(actor, ("website", "exact"))
    errors = refused(lambda: create_record(rep_actor, "account", {"name": "New", "website": "a.example"}))
    assert errors == {"website": ["It exists already (same Web site), but is not shown to you."]}


def test_the_job_finds_keys_for_what_was_there(actor: Actor) -> None:
    old = create_record(actor, "account", {"name": "Old", "city": "Graz"})
    row = rule(actor, ("city", "exact"))
    assert row.is_ready
    MatchKey.objects.all().delete()
    # The test's own transaction made the rule and still runs: the job does its work and asks to come back.
    with pytest.raises(StillWritten):
        fill_match_keys.function(actor.tenant_id, row.id)
    assert MatchKey.objects.count() == 1
    DUPLICATE_RULES.save(actor, {"matches": [{"field": "city", "how": "normalised"}]}, row.id)
    kept = demands_of("account").likenesses[0]
    assert set(MatchKey.objects.values_list("key", flat=True)) == keys_of(registry.get("account"), kept, old)
    DUPLICATE_RULES.delete(actor, row.id)
    assert not MatchKey.objects.exists()


def test_own_objects_have_rules_and_merging_takes_over_what_is_the_same(actor: Actor) -> None:
    create_object(actor, {"label_en": "Vehicle", "name": "x_vehicle"})
    rule(actor, ("name", "normalised"), object="x_vehicle")
    create_record(actor, "x_vehicle", {"name": "S-GX 1"})
    assert refused(lambda: create_record(actor, "x_vehicle", {"name": "s gx 1"}))
    one = create_record(actor, "account", {"name": "One"})
    two = create_record(actor, "account", {"name": "Two", "website": "a.example"})
    rule(actor, ("website", "exact"))
    merge_records(actor, "account", one.id, [two.id])
    assert get_record(actor, "account", one.id).website == two.website


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"matches": []}, "matches"), ({"matches": [{"field": "nothing", "how": "exact"}]}, "matches"), ({"matches": "x"}, "matches"),
        ({"matches": [{"field": "city", "how": "loud"}]}, "matches"), ({"action": "shout"}, "action"), ({"name": ""}, "name"),
        ({"matches": [{"field": "city", "how": "exact"}, {"field": "city", "how": "fuzzy"}]}, "matches"),
    ],
)  # fmt: skip
def test_what_makes_no_rule_is_refused(actor: Actor, values: dict[str, Any], field: str) -> None:
    assert list(refused(lambda: rule(actor, ("city", "exact"), **values))) == [field]
    assert not DuplicateRule.objects.exists()


def test_what_is_removed_for_good_leaves_no_keys(actor: Actor) -> None:
    rule(actor, ("name", "normalised"))
    record = create_record(actor, "account", {"name": "Gone"})
    assert MatchKey.objects.filter(record_id=record.id).count() == 1
    remove_rows(actor, {type(record): {record.id}})
    assert not MatchKey.objects.filter(record_id=record.id).exists()
