"""What merging means for leads and the records of sales."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Conflict
from guanxi.identity.actor import Actor
from guanxi.records.merging import Merge
from guanxi.records.registry import ObjectType, Text
from guanxi.sales.models import LeadStatus


class SalesMerge:
    """The rule of the sales room for the port MERGE_RULES."""

    takes: tuple[str, ...] = ()
    labels: Mapping[str, Text] = {"sales.OpportunityContact": _("Roles in opportunities")}

    def count(self, kind: ObjectType, ids: Sequence[UUID]) -> Mapping[str, Sequence[int]]:
        """Nothing beside links."""
        return {}

    def check(self, actor: Actor, merge: Merge) -> None:
        """What a converted lead became would be told of two leads at once."""
        if merge.kind.name == "lead" and any(one.status == LeadStatus.CONVERTED for one in merge.records.values()):
            raise Conflict(str(_("A converted lead stays as it is; merge the accounts or contacts instead.")))

    def values(self, actor: Actor, merge: Merge) -> dict[str, Any]:
        """Nothing is decided here."""
        return {}

    def move(self, actor: Actor, merge: Merge) -> Any:
        """Links do it all."""
        return None

    def settle(self, actor: Actor, merge: Merge) -> None:
        """Nothing depends on it."""

    def back(self, actor: Actor, merge: Merge, moved: Any) -> None:
        """Links do it all."""
