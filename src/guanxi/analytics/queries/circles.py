"""What stands around a customer: the household or group of companies that it belongs to, and the customers whom it referred. Nobody is summed twice."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum

from guanxi.customers.hierarchy import tree_of
from guanxi.customers.models import AccountContact, AccountKind, Relationship, RelationshipKind
from guanxi.identity.actor import Actor
from guanxi.records.queries import visible_records

ZERO = Decimal(0)


@dataclass(frozen=True)
class Circle:
    """Accounts together: how many within sight, how many of them have a value, its sum, the margin of their last 12 months."""

    id: UUID
    name: str
    accounts: int
    valued: int
    value: Decimal
    margin_12m: Decimal


@dataclass(frozen=True)
class Around:
    """group: the whole tree with the customer in it (`household` says of which kind its top is); below: the customer with all below it, where that is not the
    whole tree; referred: those whom the customer or its people referred and who are not in the tree. None where there is nobody."""

    group: Circle | None
    household: bool
    cut: bool
    below: Circle | None
    referred: Circle | None


def around(actor: Actor, account: Any) -> Around:
    """Sums over accounts within the actor's sight. At most eight statements, two for a customer who stands alone."""
    tree = tree_of(actor, account)
    keys: set[UUID] = {account.id}
    group = below = None
    household = account.kind == AccountKind.HOUSEHOLD
    if tree is not None:
        nodes = {node.id: node for node in tree.nodes()}
        keys |= set(nodes)
        group = _sum(actor, nodes, tree.root.id, tree.root.name)
        own = nodes.get(account.id)
        if own is not None and own.children and own is not tree.root:
            below = _sum(actor, _under(own), own.id, own.name)
        if tree.root.id != account.id:
            tops = visible_records(actor, "account").filter(id=tree.root.id).values_list("kind", flat=True)
            household = tops.first() == AccountKind.HOUSEHOLD
    referred = _referred(account.id) - keys
    told = _sum(actor, referred, account.id, account.name) if referred else None
    return Around(group, household, bool(tree and tree.cut), below, told if told and told.accounts else None)


def _under(node: Any) -> set[UUID]:
    found, waiting = set(), [node]
    while waiting:
        one = waiting.pop()
        found.add(one.id)
        waiting += one.children
    return found


def _referred(account_id: UUID) -> set[UUID]:
    """Accounts that the customer, or a person of it, referred."""
    people = AccountContact.objects.filter(account_id=account_id).values("contact_id")
    origin = Q(from_account_id=account_id) | Q(from_contact_id__in=people)
    rows = Relationship.objects.filter(origin, kind=RelationshipKind.REFERRED, to_account__isnull=False)
    return set(rows.values_list("to_account_id", flat=True))


def _sum(actor: Actor, keys: Collection[UUID], key: UUID, name: str) -> Circle:
    rows = visible_records(actor, "account").filter(id__in=list(keys)).order_by()
    found = rows.aggregate(
        n=Count("id"), valued=Count("scores__value"), value=Sum("scores__value"), margin=Sum("scores__margin_12m")
    )
    return Circle(key, name, found["n"], found["valued"], found["value"] or ZERO, found["margin"] or ZERO)
