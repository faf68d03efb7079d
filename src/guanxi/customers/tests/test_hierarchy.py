"""The tree of accounts: whole, as far as one sees, without end where somebody closed a circle."""

from typing import Any

from django.test import Client

from guanxi.core.tenancy import tenant_tx
from guanxi.customers.hierarchy import MOST, tree_of
from guanxi.customers.models import Account
from guanxi.identity.actor import Actor
from guanxi.identity.models import User
from guanxi.records.changes import Create, change_records, create_record


def test_the_tree_of_accounts_is_whole_and_cut_where_the_sight_ends(admin: Actor, rep: Actor) -> None:
    top = create_record(admin, "account", {"name": "A Holding", "owner": rep.member_id})
    left = create_record(admin, "account", {"name": "B Left", "parent": top.id, "owner": rep.member_id})
    right = create_record(admin, "account", {"name": "C Right", "parent": top.id})
    leaf = create_record(admin, "account", {"name": "D Leaf", "parent": left.id, "owner": rep.member_id})
    under = create_record(admin, "account", {"name": "E Under", "parent": right.id, "owner": rep.member_id})
    alone = create_record(admin, "account", {"name": "F Alone"})

    def names(actor: Actor, account: Any) -> list[tuple[str, int, bool]]:
        tree = tree_of(actor, account)
        return [(node.name, node.level, node.current) for node in tree.nodes()] if tree else []

    whole = [("A Holding", 0), ("B Left", 1), ("D Leaf", 2), ("C Right", 1), ("E Under", 2)]
    assert names(admin, leaf) == [(*node, node[0] == "D Leaf") for node in whole]
    assert names(admin, top) == [(*node, node[0] == "A Holding") for node in whole]
    assert names(rep, leaf) == [("A Holding", 0, False), ("B Left", 1, False), ("D Leaf", 2, True)]
    assert names(rep, under) == [] == names(admin, alone)
    # Two people closed a circle at the same moment: the walk ends all the same.
    Account.objects.filter(id=top.id).update(parent_id=leaf.id)
    assert sorted(name for name, _level, _current in names(admin, leaf)) == ["A Holding", "B Left", "C Right", "D Leaf", "E Under"]  # fmt: skip
    Account.objects.filter(id=top.id).update(parent_id=top.id)
    assert len(names(admin, top)) == 5


def test_a_large_tree_is_cut(admin: Actor) -> None:
    top = create_record(admin, "account", {"name": "Top"})
    change_records(admin, "account", [Create({"name": f"Branch {at:03}", "parent": top.id}) for at in range(MOST + 20)])
    last = Account.objects.get(name=f"Branch {MOST + 19:03}")
    tree = tree_of(admin, last)
    assert tree is not None and tree.cut
    assert MOST <= tree.count <= MOST + 1
    assert [node.name for node in tree.nodes() if node.current] == [last.name]


def test_the_page_shows_the_tree_where_there_is_one(admin: Actor) -> None:
    top = create_record(admin, "account", {"name": "A Holding"})
    leaf = create_record(admin, "account", {"name": "B Leaf", "parent": top.id})
    alone = create_record(admin, "account", {"name": "C Alone"})
    with tenant_tx(admin.tenant_id):
        client = sign_in(admin)
        page = client.get(f"/accounts/{leaf.id}/").content.decode()
        assert 'class="tree"' in page and "A Holding" in page
        assert 'aria-current="true">B Leaf' in page
        assert 'class="tree"' not in client.get(f"/accounts/{alone.id}/").content.decode()
        assert 'aria-current="true">A Holding' in client.get(f"/accounts/{top.id}/blocks/hierarchy").content.decode()


def sign_in(actor: Actor) -> Client:
    client = Client()
    backend = "allauth.account.auth_backends.AuthenticationBackend"
    client.force_login(User.objects.get(id=actor.user_id or ""), backend=backend)
    return client
