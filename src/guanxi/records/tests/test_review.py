"""The review of duplicates: search, decisions, what they teach, and who sees what."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from guanxi.core.errors import Conflict, Invalid, NotAllowed, NotFound
from guanxi.identity.actor import Actor
from guanxi.identity.models import Role
from guanxi.records import registry
from guanxi.records.changes import create_record, delete_record
from guanxi.records.merging import merge_records
from guanxi.records.models import DuplicatePair, DuplicateSearch
from guanxi.records.review import decide, list_pairs, run_search, score_counts, set_least, start_search
from guanxi.records.tests.test_views import HTMX, sign_in

FIRMS = ("Northwind Traders", "Contoso Pharma", "Fabrikam Steel", "Adatum Optics", "Litware Toys", "Proseware Books")


def account(actor: Actor, name: str, **values: Any) -> Any:
    return create_record(actor, "account", {"name": name, **values})


def search(actor: Actor) -> DuplicateSearch:
    return run_search(actor.tenant_id, start_search(actor, "account").id)


def pairs(actor: Actor, **more: Any) -> list[set[str]]:
    return [{one.left.name, one.right.name} for one in list_pairs(actor, "account", **more)[0]]


@pytest.fixture
def firms(actor: Actor) -> list[Any]:
    """Six firms, each once more under another legal form, and one that is nobody's double."""
    made = []
    for number, name in enumerate(FIRMS):
        phone = f"+49 228 55{number:04}"
        made += [
            account(actor, f"{name} Ltd", phone=phone, city="Bonn"),
            account(actor, f"{name} GmbH", phone=phone, city="Bonn"),
        ]
    made.append(account(actor, "Somebody Else", phone="+49 30 1", city="Berlin"))
    return made


def test_a_search_finds_the_pairs_and_counts_them(actor: Actor, firms: list[Any]) -> None:
    done = search(actor)
    assert (done.state, done.records, done.taught) == ("done", 13, 0)
    found = pairs(actor)
    assert len(found) == done.pairs
    assert {frozenset((f"{name} Ltd", f"{name} GmbH")) for name in FIRMS} <= {frozenset(one) for one in found}
    assert all("Somebody Else" not in one for one in found)
    scores = [one.score for one in list_pairs(actor, "account")[0]]
    assert scores == sorted(scores, reverse=True)
    assert sum(score_counts(actor, "account")["open"]) == done.pairs
    assert list_pairs(actor, "account", limit=2)[1] is not None


def test_decisions_stay_and_are_learnt_from(actor: Actor, firms: list[Any]) -> None:
    search(actor)
    first, second, third = list_pairs(actor, "account")[0][:3]
    decide(actor, first.id, "different")
    decide(actor, second.id, "later")
    decide(actor, third.id, "same")
    again = search(actor)
    assert again.taught == 2
    states = dict(DuplicatePair.objects.values_list("id", "state"))
    assert (states[first.id], states[second.id], states[third.id]) == ("different", "later", "same")
    decide(actor, first.id, "open")
    assert DuplicatePair.objects.get(id=first.id).decided_by_id is None


def test_a_repeated_search_ends_with_the_same_pairs(actor: Actor, firms: list[Any]) -> None:
    search(actor)
    before = set(DuplicatePair.objects.values_list("left_id", "right_id", "score"))
    delete_record(actor, "account", firms[0].id)
    assert len(list_pairs(actor, "account")[0]) < len(before)
    search(actor)
    assert {(left, right) for left, right, _score in before} > set(
        DuplicatePair.objects.values_list("left_id", "right_id")
    )


def test_a_merged_pair_is_no_question_any_more(actor: Actor, firms: list[Any]) -> None:
    search(actor)
    one = list_pairs(actor, "account")[0][0]
    merge_records(actor, "account", one.left.id, [one.right.id])
    assert one.id not in [other.id for other in list_pairs(actor, "account")[0]]


def test_only_pairs_of_which_one_sees_both_are_shown(
    actor: Actor, rep_actor: Actor, outsider_actor: Actor, firms: list[Any]
) -> None:
    for owner in (rep_actor, outsider_actor):
        account(owner, "Wingtip Shoes", phone="+49 40 999", city="Hamburg")
    search(actor)
    both = next(one for one in list_pairs(actor, "account")[0] if one.left.name == one.right.name)
    Role.objects.filter(key="sales").update(grants={"*": {"*": "own"}})
    assert list_pairs(rep_actor, "account")[0] == []
    with pytest.raises(NotFound):
        decide(rep_actor, both.id, "same")
    assert DuplicatePair.objects.get(id=both.id).state == "open"


def test_refusals(actor: Actor, rep_actor: Actor, firms: list[Any]) -> None:
    start_search(actor, "account")
    with pytest.raises(Conflict):
        start_search(actor, "account")
    with pytest.raises(NotFound):
        start_search(actor, "order")
    search_done = DuplicateSearch.objects.get()
    run_search(actor.tenant_id, search_done.id)
    one = list_pairs(actor, "account")[0][0]
    with pytest.raises(Invalid):
        decide(actor, one.id, "perhaps")
    for least in (0.4, 1.1):
        with pytest.raises(Invalid):
            set_least(actor, "account", least)
    assert DuplicatePair.objects.exclude(state="open").count() == 0


def test_a_search_that_was_lost_does_not_stand_in_the_way(actor: Actor, firms: list[Any]) -> None:
    lost = start_search(actor, "account")
    DuplicateSearch.objects.filter(id=lost.id).update(created_at=timezone.now() - timedelta(hours=3))
    assert search(actor).state == "done"


def test_a_worker_knows_every_job() -> None:
    """Jobs are found by what a process imports at its start, without any page having been asked for."""
    code = "import django; django.setup(); from procrastinate.contrib.django import app; print(*app.tasks)"
    known = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True)
    root = Path(registry.__file__).parents[1]
    marks = re.compile(r'^@(?:job|every)\([^)]*?name="([\w.]+)"', re.MULTILINE | re.DOTALL)
    wanted = {
        name for path in root.rglob("*.py") if "tests" not in path.parts for name in marks.findall(path.read_text())
    }
    assert {"records.find_pairs", "records.run_operation"} <= wanted
    assert wanted - set(known.stdout.split()) == set()


def test_a_role_that_may_not_delete_has_no_queue(actor: Actor, rep_actor: Actor) -> None:
    grants = {"*": {"view": "all", "edit": "all", "delete": "none"}}
    Role.objects.update(is_admin=False, grants=grants)
    client = sign_in(rep_actor)
    assert client.get("/accounts/duplicates/").status_code == 403
    assert client.post("/accounts/duplicates/").status_code == 403
    assert DuplicateSearch.objects.count() == 0
    assert NotAllowed.status == 403


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def text(client: Client, address: str, **more: Any) -> str:
    return client.get(address, **more).content.decode()


def test_the_page_from_the_first_search_to_a_decision(actor: Actor, client: Client, firms: list[Any]) -> None:
    assert "Not searched yet" in text(client, "/accounts/duplicates/")
    assert "/accounts/duplicates/" in text(client, "/accounts/")
    assert client.post("/accounts/duplicates/").status_code == 302
    assert 'hx-trigger="every 3s"' in text(client, "/accounts/duplicates/", **HTMX)
    run_search(actor.tenant_id, DuplicateSearch.objects.get().id)
    assert client.get("/accounts/duplicates/", **HTMX)["HX-Refresh"] == "true"
    page = text(client, "/accounts/duplicates/")
    assert "Northwind Traders Ltd" in page and "gx-chart" in page and "13 records compared" in page
    one = list_pairs(actor, "account")[0][0]
    same = client.post(f"/accounts/duplicates/{one.id}", {"state": "same"})
    assert (
        same["Location"] == f"/accounts/merge?id={min(one.left.id, one.right.id)}&id={max(one.left.id, one.right.id)}"
    )
    client.post(f"/accounts/duplicates/{one.id}", {"state": "different"})
    assert one.left.name in text(client, "/accounts/duplicates/?state=different")
    assert client.post(f"/accounts/duplicates/{one.id}", {"state": "perhaps"}).status_code == 400


def test_the_threshold_is_kept_and_narrows_the_list(actor: Actor, client: Client, firms: list[Any]) -> None:
    search(actor)
    assert client.post("/accounts/duplicates/threshold", {"least": "99"}).status_code == 302
    assert DuplicateSearch.objects.get().least == 0.99
    shown = text(client, "/accounts/duplicates/").count("review-pair")
    assert shown == len(list_pairs(actor, "account", least=0.99)[0])
    for wrong in ("", "x", "-5", "10", "999", "９９"):
        assert client.post("/accounts/duplicates/threshold", {"least": wrong}).status_code == 400
    assert DuplicateSearch.objects.get().least == 0.99


def test_what_is_hidden_is_not_shown_beside_a_pair(actor: Actor, firms: list[Any]) -> None:
    search(actor)
    for access in ("hidden", "masked"):
        Role.objects.update(field_access={"account": {"phone": access}}, is_admin=False, grants={"*": {"*": "all"}})
        page = text(sign_in(actor), "/accounts/duplicates/")
        assert "Northwind Traders Ltd" in page and "55000" not in page
