"""With which view a list opens, and that its entry in the side bar counts the same."""

from guanxi.identity.actor import Actor
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.counting import menu_counts
from guanxi.records.queries import opening_view
from guanxi.records.views.state import state_from


def test_who_leads_teams_opens_on_theirs_and_everybody_else_on_their_own(
    actor: Actor, manager_actor: Actor, rep_actor: Actor
) -> None:
    kind = registry.get("opportunity")
    assert [opening_view(one, kind).key for one in (actor, manager_actor, rep_actor)] == ["mine", "team", "mine"]
    assert opening_view(manager_actor, registry.get("account")).key == "all"
    assert state_from(manager_actor, kind, {}, []).tab.key == "team"
    assert state_from(manager_actor, kind, {"view": "mine"}, []).tab.key == "mine"


def test_the_side_bar_counts_what_the_list_opens_with(actor: Actor, manager_actor: Actor, rep_actor: Actor) -> None:
    account = create_record(rep_actor, "account", {"name": "Orchid"})
    create_record(rep_actor, "opportunity", {"name": "Line 4", "account": account.id})
    found = {one.member_id: menu_counts(one)["opportunities"] for one in (actor, manager_actor, rep_actor)}
    assert list(found.values()) == [0, 1, 1]
