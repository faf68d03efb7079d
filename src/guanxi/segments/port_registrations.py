"""What segments offer to ports of lower rooms."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Invalid
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import may
from guanxi.records import registry
from guanxi.records.changes import create_record
from guanxi.records.configuration.parts import CONFIGURATION, of_records
from guanxi.records.operations import MASS_ACTIONS, MassAction
from guanxi.records.operations.actions import Params
from guanxi.records.operations.carrying import Refusals
from guanxi.records.ports import BESIDE, CREATE_MENU, MENU, SEGMENT_CHOICES, SEGMENT_RULES, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.registry import Field, ObjectType
from guanxi.segments.models import Kept
from guanxi.segments.personal import personal_data
from guanxi.segments.queries import OBJECT, ROOM, choices_by_object, find_rule, hand_kept, hand_kept_segment
from guanxi.segments.services import add_members, remove_members, take_back_moves


def _open_to(actor: Actor, kind: ObjectType) -> bool:
    return kind.name != OBJECT and ROOM not in actor.rooms_off and may(actor, OBJECT, "edit")


def _into(actor: Actor, kind: ObjectType) -> Sequence[Field] | None:
    """One of the segments by hand, or the name of a new one."""
    if not _open_to(actor, kind):
        return None
    known = _segment_field(actor, kind, required=False)
    return (known, Field("name", label=_("Or a new segment named"), kind="text", max_length=120, required=False))


def _out_of(actor: Actor, kind: ObjectType) -> Sequence[Field] | None:
    return (_segment_field(actor, kind, required=True),) if _open_to(actor, kind) else None


def _segment_field(actor: Actor, kind: ObjectType, *, required: bool) -> Field:
    choices = partial(hand_kept, actor, kind.name)
    return Field("segment", label=_("Segment"), kind="link", to=OBJECT, choices_of=choices, required=required)


def _check_into(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    name = params.get("name")
    if name and params.get("segment"):
        raise Invalid({"name": [str(_("Choose a segment or name a new one, not both."))]})
    if name:
        values = {"name": name, "object": kind.name, "kept": str(Kept.HAND)}
        return {"segment": str(create_record(actor, OBJECT, values).id)}
    return _check(actor, kind, params)


def _check(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    given = params.get("segment")
    try:
        key = UUID(str(given["id"] if isinstance(given, dict) else given))
    except (ValueError, KeyError):
        raise Invalid({"segment": [str(_("Choose a segment."))]}) from None
    return {"segment": str(hand_kept_segment(actor, key, kind.name).id)}


def _add(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    return add_members(actor, UUID(params["segment"]), ids)


def _remove(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    return remove_members(actor, UUID(params["segment"]), ids)


def beside_record(actor: Actor, object_name: str, record_id: UUID) -> str:
    """The segments that a record is in, loaded into its head."""
    if object_name == OBJECT or ROOM in actor.rooms_off or not may(actor, OBJECT, "view"):
        return ""
    return f"/{registry.get(object_name).plural}/{record_id}/segments"


def menu(actor: Actor) -> list[MenuEntry]:
    """Segments, below the records that they gather."""
    if not may(actor, OBJECT, "view"):
        return []
    return [MenuEntry("segments", _("Segments"), "users-group", "/segments/", "customers", position=120, room=ROOM)]


def create_menu(actor: Actor) -> list[MenuEntry]:
    """A new segment."""
    found = [MenuEntry("segment", _("Segment"), "users-group", "/segments/new", room=ROOM)]
    return found if may(actor, OBJECT, "create") else []


CONFIGURATION.register(
    "segments", of_records(OBJECT, _("Segments"), 70, ("object", "name"), where={"kept": str(Kept.CRITERIA)})
)
MENU.register(ROOM, menu)
CREATE_MENU.register(ROOM, create_menu)
SEGMENT_RULES.register(ROOM, find_rule)
SEGMENT_CHOICES.register(ROOM, choices_by_object)
BESIDE.register(ROOM, beside_record)
for _action in (
    MassAction(
        "add_to_segment", "view", _check_into, _add, take_back_moves, label=_("Add to segment"),
        done_label=_("Added to a segment"), icon="users-plus", inputs=_into,
        note=_("Only segments that are kept by hand; in others the criteria say who is in them."),
    ),
    MassAction(
        "remove_from_segment", "view", _check, _remove, take_back_moves, label=_("Remove from segment"),
        done_label=_("Removed from a segment"), icon="users-minus", inputs=_out_of,
    ),
):  # fmt: skip
    MASS_ACTIONS.register(_action.key, _action)
PERSONAL_DATA.register("segments", personal_data)
