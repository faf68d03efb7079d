"""The overview and its lists over the API: the same figures as on the page, for those who may see it."""

from django.test import Client

from guanxi.analytics.tests.test_overview import four
from guanxi.analytics.tests.test_retention import a_year
from guanxi.identity.actor import Actor
from guanxi.identity.services import create_token


def test_the_api_tells_what_the_page_shows(actor: Actor) -> None:
    member = actor.member_id
    assert member is not None
    secret = create_token(actor, membership=member, name="test", scopes=("analytics:read", "account:read"))
    head = {"Authorization": f"Bearer {secret}"}
    client = Client()
    assert client.get("/api/v1/value-overview", headers=head).json() == {"data": [], "next": None}
    assert client.get("/api/v1/value-overview/all", headers=head).status_code == 404
    four(actor)
    found = client.get("/api/v1/value-overview/all", headers=head).json()
    assert (found["customers"], found["active"], found["value"]["value"]) == (4, 3, "1000000.0000")
    assert found["at_risk"] == {"customers": 1, "value": "200000.0000"}
    assert found["whale"]["total"] == 750
    assert client.get("/api/v1/value-overview?region=上海", headers=head).json()["data"][0]["customers"] == 1
    lists = client.get("/api/v1/value-lists", headers=head).json()["data"]
    assert {one["id"]: [row["name"] for row in one["customers"]] for one in lists} == {
        "at-risk": ["Four"], "overlooked": ["Four"], "over-served": ["One"], "loss-makers": ["One"], "too-dear": ["One"],
        "contact-due": ["Four", "Three", "Two", "One"],
    }  # fmt: skip
    assert client.get("/api/v1/value-lists/nothing", headers=head).status_code == 404
    assert client.get("/api/v1/value-retention", headers=head).status_code == 404
    a_year()
    told = client.get("/api/v1/value-retention", headers=head).json()
    assert (told["start"], told["lost"], told["limit_days"]) == (100, 12, 120)
    assert [one["margin"] for one in told["effects"]] == [400.0, 2000.0]
    assert told["cohorts"][0] == {"born_on": "2026-01-01", "customers": 5, "shares": [1.0, 0.4]}
    narrow = create_token(actor, membership=member, name="narrow", scopes=("account:read",))
    assert client.get("/api/v1/value-overview/all", headers={"Authorization": f"Bearer {narrow}"}).status_code == 403
