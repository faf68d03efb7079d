"""To whom a record is open beyond owner and team, and the rules, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.identity.actor import Actor, branch_principal
from guanxi.identity.models import Membership, Share, SharingRule, Team
from guanxi.identity.permissions import require_admin
from guanxi.identity.sharing import BY_HAND, STORED
from guanxi.records.sharing.filling import matching_rows


@dataclass(frozen=True)
class Principal:
    """Somebody to whom records are open: member, team or branch, with its name."""

    kind: str
    id: UUID
    name: str

    @property
    def label(self) -> str:
        """The name, and for a branch that those below are meant too."""
        return _("%(team)s and below") % {"team": self.name} if self.kind == "branch" else self.name


@dataclass(frozen=True)
class Opened:
    """One way in which a record is open: by hand (`share_id`, may be ended), by a rule, or by a part taken in it."""

    to: Principal
    may_edit: bool
    rule: str = ""
    share_id: UUID | None = None

    @property
    def how(self) -> str:
        """In words."""
        if self.rule:
            return _("by the rule “%(rule)s”") % {"rule": self.rule}
        return _("by hand") if self.share_id else _("takes part in it")


def principals_by_id() -> dict[UUID, Principal]:
    """Everybody to whom a share may name: people, teams, branches."""
    found: dict[UUID, Principal] = {}
    for key, name in Membership.objects.values_list("id", "name"):
        found[key] = Principal("member", key, name)
    for key, name in Team.objects.values_list("id", "name"):
        found[key] = Principal("team", key, name)
        found[branch_principal(key)] = Principal("branch", key, name)
    return found


def opened_to(object_name: str, record: Any) -> list[Opened]:
    """All ways in which a record is open beyond its owner and team: by hand first, then rules, then parts taken."""
    people = principals_by_id()
    gone = Principal("member", record.id, _("former colleague"))
    rows = list(Share.objects.filter(object=object_name, record_id=record.id).order_by("id"))
    by_hand, others = [], []
    for row in rows:
        if row.source == BY_HAND:
            by_hand.append(Opened(people.get(row.principal_id, gone), row.may_edit, share_id=row.id))
        elif not row.source.startswith("rule:"):
            others.append(Opened(people.get(row.principal_id, gone), row.may_edit))
    granted = {row.principal_id for row in rows}
    return [*by_hand, *_by_rules(object_name, record, granted, people, gone), *others]


def _by_rules(
    object_name: str, record: Any, granted: set[UUID], people: Mapping[UUID, Principal], gone: Principal
) -> list[Opened]:
    found = []
    for rule in SharingRule.objects.filter(object=object_name, is_active=True).order_by("name"):
        holds = rule.grant_id in granted if rule.state == STORED else matching_rows(rule).filter(id=record.id).exists()
        if holds:
            found.append(Opened(principal_of_rule(rule, people, gone), rule.may_edit, rule=rule.name))
    return found


def principal_of_rule(rule: Any, people: Mapping[UUID, Principal], gone: Principal | None = None) -> Principal:
    """To whom a rule opens records."""
    key = branch_principal(rule.principal_id) if rule.principal_kind == "branch" else rule.principal_id
    return people.get(key) or gone or Principal(rule.principal_kind, rule.principal_id, _("former colleague"))


def colleagues() -> Sequence[Any]:
    """Everybody to whom something can be opened, by name."""
    return list(Membership.objects.filter(is_active=True).order_by("name"))


def sharing_rules(actor: Actor) -> Sequence[Any]:
    """All rules by object and name; administrators only."""
    require_admin(actor)
    return list(SharingRule.objects.order_by("object", "name"))


def get_rule(actor: Actor, rule_id: UUID) -> Any:
    """One rule; raises `NotFound`, `NotAllowed`."""
    require_admin(actor)
    row = SharingRule.objects.filter(id=rule_id).first()
    if row is None:
        raise NotFound(_("There is no such sharing rule."))
    return row
