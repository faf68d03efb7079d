"""The sharing rules in force, read once per process for each state of them, and what they give to an actor.

`Company.sharing_stamp` names the state: another number after each change, so that whatever was read under a stamp may be kept.
"""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from uuid import UUID

from guanxi.identity.actor import Actor, branch_principal
from guanxi.identity.models import Company, SharingRule

MOST_STATES = 200
BY_HAND = "manual"
WAITING, STORED, INLINE = "waiting", "stored", "inline"


@dataclass(frozen=True)
class Rule:
    """A sharing rule in force. `principal` is whom it opens records to, `grant_id` the principal of the rows it makes."""

    id: UUID
    name: str
    object: str
    criteria: Mapping[str, Any]
    principal: UUID
    may_edit: bool
    grant_id: UUID
    state: str

    @property
    def source(self) -> str:
        """What the rows of this rule name as their source."""
        return source_of(self.id)


Rules = Mapping[str, tuple[Rule, ...]]
_known: "OrderedDict[int, Rules]" = OrderedDict()
_lock = Lock()


def source_of(rule_id: UUID) -> str:
    """The source of shares made by a rule."""
    return f"rule:{rule_id.hex}"


def principal_of(kind: str, key: UUID) -> UUID:
    """The id that stands for a person, a team, or a team with all below it."""
    return branch_principal(key) if kind == SharingRule.Principal.BRANCH else key


def rules_in_force(stamp: int) -> Rules:
    """Active rules by object as of `stamp`, inside the tenant's transaction; no query for what this process has read before."""
    if stamp == 0:
        return {}
    found = _known.get(stamp)
    if found is None:
        found = _read()
        with _lock:
            _known[stamp] = found
            while len(_known) > MOST_STATES:
                _known.popitem(last=False)
    return found


def _read() -> Rules:
    found: dict[str, tuple[Rule, ...]] = {}
    for row in SharingRule.objects.filter(is_active=True).order_by("object", "id"):
        principal = principal_of(row.principal_kind, row.principal_id)
        rule = Rule(
            row.id, row.name, row.object, row.criteria, principal, row.may_edit, row.grant_id, row.state
        )  # fmt: skip
        found[row.object] = (*found.get(row.object, ()), rule)
    return found


def rules_for(actor: Actor, object_name: str, action: str = "view") -> list[Rule]:
    """The rules that open records of the object to this actor for `action`."""
    if actor.sharing_stamp == 0:
        return []
    principals = set(actor.principals_for(action))
    rules = rules_in_force(actor.sharing_stamp).get(object_name, ())
    return [rule for rule in rules if rule.principal in principals and (rule.may_edit or action != "edit")]


def inline_rules(actor: Actor, object_name: str, action: str = "view") -> list[Rule]:
    """Those of them that are looked up in the records themselves."""
    return [rule for rule in rules_for(actor, object_name, action) if rule.state != STORED]


def note_rules_changed() -> None:
    """Give the company's rules a new stamp; call in the transaction that changes them."""
    any_rule = SharingRule.objects.filter(is_active=True).exists()
    Company.objects.update(sharing_stamp=secrets.randbits(62) + 1 if any_rule else 0)
