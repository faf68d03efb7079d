"""Who acts: one immutable value passed from the front door to every service."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

_BRANCH = UUID("6272616e-6368-4000-8000-000000000000").int


def branch_principal(team_id: UUID) -> UUID:
    """The id that stands for a team with all teams below it: who is in any of them has it, as the tree is now."""
    return UUID(int=team_id.int ^ _BRANCH)


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A member of a tenant, or the system itself (`member_id` None), with the rights that hold now.

    `team_ids` are the member's own teams, `below_team_ids` those and all below them, `above_team_ids` those and all above
    them. `stands_for` are absent colleagues whose records the member may read, `edits_for` those among them whose records it may change.
    `doer_id` is the administrator who has signed in as this member.
    `sharing_stamp` names the sharing rules in force (see identity.sharing). `grants` and `field_access` are the
    role's (see identity.permissions). `via` says through which door: web, api, job, cli, import. `batch_id` marks what the
    actor changes as part of one operation, so that it can be listed and undone as a whole. `settings_version` grows
    whenever the company's settings or roles change, so that what was read of them may be kept.
    """

    tenant_id: UUID
    user_id: UUID | None = None
    member_id: UUID | None = None
    doer_id: UUID | None = None
    name: str = ""
    team_id: UUID | None = None
    team_ids: tuple[UUID, ...] = ()
    below_team_ids: tuple[UUID, ...] = ()
    above_team_ids: tuple[UUID, ...] = ()
    stands_for: tuple[UUID, ...] = ()
    edits_for: tuple[UUID, ...] = ()
    sharing_stamp: int = 0
    role_key: str = ""
    is_admin: bool = False
    grants: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    field_access: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    token_scopes: tuple[str, ...] | None = None
    rooms_off: frozenset[str] = frozenset()
    language: str = "en"
    time_zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    via: str = "web"
    origin: str = ""
    batch_id: UUID | None = None
    settings_version: int = 0

    @classmethod
    def system(cls, tenant_id: UUID, *, via: str = "job", currency: str = "CNY", **extra: Any) -> "Actor":
        """The installation itself acting for a tenant: sees and may change everything of that tenant."""
        return cls(
            tenant_id=tenant_id, is_admin=True, name="Guanxi", role_key="system", via=via, currency=currency, **extra
        )

    @property
    def principals(self) -> tuple[UUID, ...]:
        """Ids to which a record may be shared so that this actor sees it: the person, its teams, their branches, whom it stands for."""
        return (*self.owners, *self.team_ids, *(branch_principal(team) for team in self.above_team_ids))

    def principals_for(self, action: str) -> tuple[UUID, ...]:
        """Those that count for `action`: for whom it may only read, it changes nothing."""
        idle = set(self.stands_for) - set(self.edits_for) if action == "edit" else set()
        return tuple(one for one in self.principals if one not in idle)

    @property
    def owners(self) -> tuple[UUID, ...]:
        """Whose records are the actor's own to read: the member's, and those of whom it stands for."""
        return (*((self.member_id,) if self.member_id else ()), *self.stands_for)

    @property
    def edit_owners(self) -> tuple[UUID, ...]:
        """Likewise to change."""
        return (*((self.member_id,) if self.member_id else ()), *self.edits_for)

    @property
    def doing_id(self) -> UUID | None:
        """Who really acts: the member, or the administrator who has signed in as it."""
        return self.doer_id or self.member_id

    def behalf_of(self, owner_id: UUID | None) -> UUID | None:
        """On whose behalf the actor changes a record of this owner; None for the own account."""
        if self.doer_id is not None:
            return self.member_id
        return owner_id if owner_id in self.stands_for else None

    def through(self, via: str) -> "Actor":
        """The same person through another door."""
        return replace(self, via=via)

    def within(self, batch_id: UUID) -> "Actor":
        """The same person whose changes belong to one operation."""
        return replace(self, batch_id=batch_id)
