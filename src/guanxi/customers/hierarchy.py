"""The tree that an account stands in: those above it, all below the topmost, as far as the actor sees them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from guanxi.core.tenancy import current_tenant_id
from guanxi.customers.models import Account, Relationship
from guanxi.identity.actor import Actor
from guanxi.records.queries import shown_label, visible_records
from guanxi.records.registry import ObjectType

DEEPEST = 20
MOST = 200
# Circles cannot be saved, but two people may close one at the same moment: the path ends the walk.
_ABOVE = """
WITH RECURSIVE up AS (
    SELECT id, parent_id, 0 AS height, ARRAY[id] AS path FROM customers_account WHERE tenant_id = %(tenant)s AND id = %(id)s
    UNION ALL
    SELECT a.id, a.parent_id, up.height + 1, up.path || a.id FROM up
    JOIN customers_account a ON a.tenant_id = %(tenant)s AND a.id = up.parent_id
    WHERE up.height < %(deepest)s AND NOT a.id = ANY(up.path) AND a.deleted_at IS NULL
) SELECT id FROM up ORDER BY height
"""
_BELOW = """
WITH RECURSIVE down AS (
    SELECT id, 0 AS depth, ARRAY[id] AS path FROM customers_account WHERE tenant_id = %(tenant)s AND id = %(id)s
    UNION ALL
    SELECT a.id, down.depth + 1, down.path || a.id FROM down
    JOIN customers_account a ON a.tenant_id = %(tenant)s AND a.parent_id = down.id
    WHERE down.depth < %(deepest)s AND NOT a.id = ANY(down.path) AND a.deleted_at IS NULL
) SELECT id FROM down ORDER BY depth LIMIT %(most)s
"""


@dataclass
class Node:
    """An account of the tree, with those directly below it by name."""

    id: UUID
    name: str
    code: str
    parent_id: UUID | None
    level: int = 0
    current: bool = False
    children: list["Node"] = field(default_factory=list)


@dataclass(frozen=True)
class Tree:
    """The topmost account that the actor sees; `cut` when the tree is larger than what is shown."""

    root: Node
    count: int
    cut: bool

    def nodes(self) -> Iterator[Node]:
        """All of them, each before those below it."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.children)


@dataclass(frozen=True)
class Ties:
    """Whether a customer has relationships, and whether accounts stand below it."""

    relationships: bool
    below: bool


def ties_of(kind: ObjectType, record: Any) -> Ties:
    """Asked once for a record of a page, in one statement: most have neither, and then nothing further is asked."""
    found: Ties | None = getattr(record, "_ties", None)
    if found is None:
        link = f"{kind.name}_id"
        ends = Q(**{f"from_{link}": OuterRef("id")}) | Q(**{f"to_{link}": OuterRef("id")})
        below = Account.objects.filter(parent_id=OuterRef("id"), deleted_at=None) if kind.name == "account" else None
        asked = [Exists(Relationship.objects.filter(ends)), *([Exists(below)] if below is not None else [])]
        rows: Any = kind.model.objects.filter(id=record.id).values_list(*asked).first()  # type: ignore[attr-defined]
        answers = (*(rows or (False,)), False)
        found = Ties(answers[0], answers[1])
        record._ties = found
    return found


def tree_of(actor: Actor, account: Any) -> Tree | None:
    """The whole tree of an account that the actor sees, or None when it stands alone.

    The way up ends at the first account that the actor does not see; what stands below one that is not seen is left out with it.
    """
    above = _ids(_ABOVE, account.id)
    seen = set(visible_records(actor, "account").filter(id__in=above).values_list("id", flat=True))
    chain = [account.id]
    for key in above[1:]:
        if key not in seen:
            break
        chain.append(key)
    ids = _ids(_BELOW, chain[-1], most=MOST + 1)
    keep = {*ids[:MOST], *chain}
    rows = visible_records(actor, "account").filter(id__in=keep).order_by("name_sort", "id")
    nodes = {
        row.id: Node(row.id, shown_label(actor, row), row.code, row.parent_id, current=row.id == account.id)
        for row in rows
    }
    root = nodes.get(chain[-1])
    if root is None:
        return None
    root.parent_id = None
    for node in nodes.values():
        if node.parent_id in nodes and node is not root:
            nodes[node.parent_id].children.append(node)
    count = _level(root)
    return Tree(root, count, len(ids) > MOST) if count > 1 else None


def _level(root: Node) -> int:
    """Number the levels below a root; how many stand there. What two people made a circle is walked once."""
    count, waiting, met = 0, [root], {root.id}
    while waiting:
        node = waiting.pop()
        count += 1
        node.children = [child for child in node.children if child.id not in met]
        for child in node.children:
            child.level = node.level + 1
            met.add(child.id)
            waiting.append(child)
    return count


def _ids(statement: str, account_id: UUID, *, most: int = MOST) -> list[UUID]:
    values: dict[str, Any] = {"tenant": current_tenant_id(), "id": account_id, "deepest": DEEPEST, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [row[0] for row in cursor.fetchall()]
