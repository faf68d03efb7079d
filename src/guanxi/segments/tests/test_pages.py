"""The screens of segments: from a filter to a segment, its page, criteria, codes, what a record is in; the API."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records import registry
from guanxi.records.changes import delete_record
from guanxi.records.tests.test_views import HTMX, sign_in
from guanxi.segments.models import Segment, SegmentSize
from guanxi.segments.queries import segments_of_record
from guanxi.segments.services import add_members
from guanxi.segments.tests.factories import LEEDS, make_account, make_segment, members


@pytest.fixture
def client(actor: Actor) -> Client:
    return sign_in(actor)


def text(client: Client, url: str, **more: Any) -> str:
    answer = client.get(url, **more)
    assert answer.status_code == 200, (url, answer.status_code)
    return answer.content.decode()


def as_text(criteria: Any) -> str:
    return orjson.dumps(criteria).decode()


def test_a_filter_becomes_a_segment(actor: Actor, client: Client) -> None:
    make_account(actor, "Ashworth")
    make_account(actor, "Zeller", "Ulm")
    assert 'formaction="/segments/build/account"' in text(client, "/accounts/filter", **HTMX)
    shown = client.get("/segments/build/account", {"filter": as_text(LEEDS), "view": "all"}).content.decode()
    assert "1 now" in shown and "City is Leeds" in shown
    made = client.post("/segments/build/account", {"filter": as_text(LEEDS), "name": "Leeds", "kept": "criteria"})
    segment = Segment.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/segments/{segment.id}/")
    assert (segment.object, segment.kept, segment.criteria, segment.owner_id) == (
        "account",
        "criteria",
        LEEDS,
        actor.member_id,
    )
    page = text(client, f"/segments/{segment.id}/")
    assert "City is Leeds" in page and "Ashworth" in page and "Zeller" not in page
    listed = client.get(
        "/accounts/", {"filter": as_text({"field": "$segment", "op": "in", "value": [str(segment.id)]})}
    ).content.decode()
    assert "Ashworth" in listed and "Zeller" not in listed and "Leeds" in listed


def test_a_filter_is_frozen_by_hand(actor: Actor, client: Client) -> None:
    make_account(actor, "A")
    client.post("/segments/build/account", {"filter": as_text(LEEDS), "name": "Frozen", "kept": "hand"})
    make_account(actor, "Later")
    assert members(actor, Segment.objects.get()) == {"A"}


@pytest.mark.parametrize(
    "data",
    [{}, {"name": "X", "filter": "{"}, {"name": "X", "filter": as_text({"field": "secret"})}, {"name": "x" * 200}],
)
def test_what_cannot_be_kept_is_told(actor: Actor, client: Client, data: dict[str, str]) -> None:
    answer = client.post("/segments/build/account", data)
    assert (answer.status_code, Segment.objects.count()) == (422, 0)
    assert "Make segment" in answer.content.decode()


def test_criteria_are_edited_in_the_builder(actor: Actor, client: Client) -> None:
    make_account(actor, "A", "Ulm")
    segment = make_segment(actor)
    url = f"/segments/{segment.id}/criteria"
    dialog = text(client, url, **HTMX)
    assert f'hx-post="{url}"' in dialog and "Save criteria" in dialog
    wrong = client.post(url, {"filter": as_text({"field": "owner", "op": "is", "value": "$me"})}, **HTMX)
    assert wrong.status_code == 422 and "same for everybody" in wrong.content.decode()
    stale = client.post(url, {"filter": as_text({**LEEDS, "value": "Ulm"}), "version": "9"}, **HTMX)
    assert stale.status_code == 412
    assert Segment.objects.get().criteria == LEEDS
    saved = client.post(url, {"filter": as_text({**LEEDS, "value": "Ulm"}), "version": "1"}, **HTMX)
    assert (saved.status_code, saved["HX-Redirect"]) == (204, f"/segments/{segment.id}/")
    assert members(actor, Segment.objects.get()) == {"A"}


def test_members_by_hand_come_from_the_list_or_by_code(actor: Actor, client: Client) -> None:
    segment = make_segment(actor, "Chosen", kept="hand")
    account = make_account(actor, "A")
    other = make_account(actor, "B")
    dialog = text(client, f"/accounts/bulk/add_to_segment?id={account.id}", **HTMX)
    assert f'value="{segment.id}"' in dialog and "Or a new segment named" in dialog
    client.post(
        "/accounts/bulk/add_to_segment",
        {"id": [str(account.id)], "segment": str(segment.id), "next": "/accounts/"},
        **HTMX,
    )
    assert members(actor, segment) == {"A"}
    assert client.get(f"/segments/{segment.id}/criteria").status_code == 404
    url = f"/segments/{segment.id}/codes"
    assert "Codes of Accounts" in text(client, url, **HTMX)
    assert client.post(url, {"codes": ""}, **HTMX).status_code == 422
    assert client.post(url, {"codes": f"{other.code} XX"}, **HTMX).status_code == 204
    assert members(actor, segment) == {"A", "B"}
    assert "These codes lead nowhere: XX" in text(client, f"/segments/{segment.id}/")


def test_a_record_tells_its_segments_after_its_page_stands(actor: Actor, rep_actor: Actor, client: Client) -> None:
    account = make_account(rep_actor, "A")
    make_segment(actor)
    chosen = make_segment(actor, "Chosen", kept="hand")
    add_members(actor, chosen.id, [account.id])
    gone = make_segment(actor, "Gone")
    delete_record(actor, "segment", gone.id)
    make_segment(actor, "Not", {"not": LEEDS})
    assert f'hx-get="/accounts/{account.id}/segments"' in text(client, f"/accounts/{account.id}/?tab=history")
    shown = text(client, f"/accounts/{account.id}/segments", **HTMX)
    assert shown.count("chip-record") == 2 and "Chosen" in shown and "Leeds" in shown
    kind = registry.get("account")
    hidden = replace(rep_actor, field_access={"account": {"city": "masked"}})
    assert [one.name for one in segments_of_record(hidden, kind, account.id)] == ["Chosen"]
    foreign = make_account(actor, "Foreign")
    assert sign_in(rep_actor).get(f"/accounts/{foreign.id}/segments").status_code == 404


def test_figures_of_the_whole_company_are_for_who_sees_it_whole(actor: Actor, rep_actor: Actor, client: Client) -> None:
    make_account(actor, "Foreign")
    segment = make_segment(actor)
    SegmentSize.objects.create(segment=segment, day=timezone.localdate() - timedelta(days=1), size=7)
    assert "gx-chart" in text(client, f"/segments/{segment.id}/")
    page = text(sign_in(rep_actor), f"/segments/{segment.id}/")
    assert "gx-chart" not in page and "Foreign" not in page and 'class="count">0<' in page


def test_what_the_role_hides_hides_the_members(actor: Actor, rep_actor: Actor) -> None:
    make_account(rep_actor, "Mine")
    segment = make_segment(actor)
    role = rep_actor_role(rep_actor)
    role.field_access = {"account": {"city": "hidden"}}
    role.save()
    page = text(sign_in(rep_actor), f"/segments/{segment.id}/")
    assert "The members cannot be shown." in page and "Mine" not in page and "City is" not in page


def rep_actor_role(actor: Actor) -> Any:
    return Membership.objects.get(id=actor.member_id).role
