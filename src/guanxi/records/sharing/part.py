"""The shares of a record as the API reads and writes them."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.identity.actor import Actor
from guanxi.records.parts import Part
from guanxi.records.registry import Choice, Field
from guanxi.records.sharing.by_hand import end_share, share_record
from guanxi.records.sharing.reading import opened_to

_KINDS = (
    Choice("member", _("Person")), Choice("team", _("Team")), Choice("branch", _("Team with all below")),
)  # fmt: skip
TAKES = (
    Field("kind", label=_("Kind"), kind="choice", choices=_KINDS, required=True),
    Field("open_to", label=_("Open to"), kind="uuid", required=True),
    Field("may_edit", label=_("May edit"), kind="bool", required=False),
)
COLUMNS = {"id": "uuid", "kind": "choice", "open_to": "uuid", "name": "text", "may_edit": "bool", "how": "text"}


@cache
def shares_part(object_name: str) -> Part:
    """GET, POST and DELETE /{plural}/{id}/shares: to whom the record is open beyond owner and team."""

    def rows(_actor: Actor, record: Any) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "id": str(one.share_id) if one.share_id else None,
                "kind": one.to.kind,
                "open_to": str(one.to.id),
                "name": one.to.label,
                "may_edit": one.may_edit,
                "how": one.rule or ("by hand" if one.share_id else "part"),
            }
            for one in opened_to(object_name, record)
        ]

    def add(actor: Actor, record_id: UUID, *, kind: str, open_to: UUID, may_edit: bool | None = None) -> UUID:
        made = share_record(
            actor, object_name, record_id, principal_kind=kind, principal_id=open_to, may_edit=bool(may_edit)
        )
        return made.id

    def remove(actor: Actor, record_id: UUID, share_id: UUID) -> None:
        end_share(actor, object_name, record_id, share_id)

    return Part("shares", _("Shares"), COLUMNS, rows, takes=TAKES, add=add, remove=remove)
