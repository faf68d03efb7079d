"""What can be done to many records at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.core.errors import Invalid
from guanxi.core.ports import Port
from guanxi.identity.actor import Actor
from guanxi.records.changes import Delete, Restore, Update
from guanxi.records.cleaning import clean_changes
from guanxi.records.models import Operation
from guanxi.records.operations.carrying import Refusals, carry_out
from guanxi.records.queries import visible_records
from guanxi.records.registry import Field, ObjectType, Text
from guanxi.records.values import MAX_TAGS, Wrong, clean_value, plain

Params = Mapping[str, Any]


@dataclass(frozen=True)
class MassAction:
    """One thing that can be done to many records.

    permission  the action that the role needs on the object
    check       looks at the parameters before anything is done; returns them as they are stored. Raises `Invalid`
    run         does it to some records in the running transaction; the actor carries the batch. Returns who was refused
    take_back   undoes all of it, for what leaves no history on the records; returns (how many, who was left)
    deleted     works on records of the recycle bin
    label, done_label, icon, note  the button, how the operation is called afterwards, what the dialog says
    inputs      what the dialog asks for, by names of parameters; None: the action cannot be done to this object
    """

    key: str
    permission: str
    check: Callable[[Actor, ObjectType, Params], dict[str, Any]]
    run: Callable[[Actor, ObjectType, Params, Sequence[UUID]], Refusals]
    take_back: Callable[[Actor, Operation], tuple[int, Refusals]] | None = None
    deleted: bool = False
    label: Text = ""
    done_label: Text = ""
    icon: str = "edit"
    note: Text = ""
    inputs: Callable[[Actor, ObjectType], Sequence[Field] | None] = lambda actor, kind: ()


def _check_values(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    values = params.get("values")
    if not isinstance(values, Mapping) or not values:
        raise Invalid({"field": [str(_("Choose a field."))]})
    cleaned = clean_changes(actor, kind, [values], frozenset(), creating=False)[0]
    return {"values": {name: plain(value) for name, value in cleaned.items()}}


def _edit(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    return carry_out(actor, kind.name, [Update(key, params["values"]) for key in ids])


def _check_owner(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    values = {name: params[name] or None for name in ("owner", "team") if name in params}
    if not values:
        raise Invalid({"owner": [str(_("Choose who gets them."))]})
    return _check_values(actor, kind, {"values": values})


def _owner(actor: Actor, kind: ObjectType) -> Sequence[Field]:
    return [Field("owner", label=_("Owner"), kind="link", to="user")]


def _check_tags(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    found = {}
    for name in ("add", "remove"):
        given = params.get(name) or []
        try:
            if not isinstance(given, list) or not all(isinstance(word, str) for word in given):
                raise Wrong(str(_("A list of texts is expected.")))
            found[name] = clean_value(kind.by_name["tags"], given)
        except (Wrong, KeyError, AttributeError) as wrong:
            raise Invalid({name: [str(wrong)]}) from wrong
    if not found["add"] and not found["remove"]:
        raise Invalid({"add": [str(_("Choose a tag to add or to remove."))]})
    return found


def _tag(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    # Under the lock, so that a tag that somebody adds at the same moment stays.
    rows = visible_records(actor, kind.name, "edit").filter(id__in=ids).order_by("id").select_for_update(of=("self",))
    now = dict(rows.values_list("id", "tags"))
    return carry_out(actor, kind.name, [Update(key, {"tags": _tagged(now.get(key, []), params)}) for key in ids])


def _tagged(tags: Sequence[str], params: Params) -> list[str]:
    kept = [tag for tag in tags if tag not in params["remove"]]
    return [*kept, *(tag for tag in params["add"] if tag not in kept)][: MAX_TAGS + 1]


def _nothing(actor: Actor, kind: ObjectType, params: Params) -> dict[str, Any]:
    return {}


def _delete(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    return carry_out(actor, kind.name, [Delete(key) for key in ids])


def _restore(actor: Actor, kind: ObjectType, params: Params, ids: Sequence[UUID]) -> Refusals:
    return carry_out(actor, kind.name, [Restore(key) for key in ids])


MASS_ACTIONS: Port[MassAction] = Port("mass_actions")
for _action in (
    MassAction(
        "assign", "edit", _check_owner, _edit, label=_("Assign"), done_label=_("Assigned"), icon="user-share", inputs=_owner
    ),
    MassAction("edit", "edit", _check_values, _edit, label=_("Edit"), done_label=_("Edited"), icon="edit"),
    MassAction("tag", "edit", _check_tags, _tag, label=_("Tag"), done_label=_("Tagged"), icon="tag"),
    MassAction(
        "delete", "delete", _nothing, _delete, label=_("Delete"), done_label=_("Deleted"), icon="trash",
        note=_("They go to the recycle bin and can be brought back from there."),
    ),
    MassAction(
        "restore", "delete", _nothing, _restore, deleted=True, label=_("Restore"), done_label=_("Restored"), icon="restore",
        note=_("They come back to the list as they were."),
    ),
):  # fmt: skip
    MASS_ACTIONS.register(_action.key, _action)
