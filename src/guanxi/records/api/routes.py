"""Which function serves which address and method."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from guanxi.records import registry
from guanxi.records.api import commands, exports, fields, files, mass, parts, people, reading, why, writing
from guanxi.records.api.bulk import bulk_call
from guanxi.records.api.calls import PREFIX, Call
from guanxi.records.api.problems import Problem
from guanxi.records.api.reports import report_methods
from guanxi.records.api.settings import RESOURCES
from guanxi.records.api.settings.resources import methods_of
from guanxi.records.parts import Part
from guanxi.records.registry import Command

Handler = Callable[[Call], HttpResponseBase]
Methods = Mapping[str, Handler]


@dataclass(frozen=True)
class Route:
    """The functions of one address by method, and what the address names."""

    methods: Methods
    kind: Any = None
    record_id: UUID | None = None
    command: Command | None = None

    def handler(self, method: str) -> Handler:
        """The function for a method; raises `Problem` 405 with those that exist."""
        found = self.methods.get("GET" if method == "HEAD" else method)
        if found is None:
            known = [*self.methods, *(["HEAD"] if "GET" in self.methods else [])]
            raise Problem(405, headers={"Allow": ", ".join(known)})
        return found


_SINGLE: Mapping[str, Methods] = {
    "me": {"GET": people.me_call},
    "search": {"GET": reading.search_call},
    "fields": {"GET": fields.list_call, "POST": fields.create_call},
    "operations": {"GET": mass.list_call},
    "files": {"POST": files.upload_loose_call},
}
_BY_ID: Mapping[str, Methods] = {
    "files": {"GET": files.file_call, "DELETE": files.remove_call},
    "fields": {"GET": fields.get_call, "PATCH": fields.update_call, "DELETE": fields.delete_call},
    "operations": {"GET": mass.get_call},
}
_OF_FIELD: Mapping[str, Methods] = {
    "restore": {"POST": fields.restore_call},
    "purge": {"POST": fields.purge_call},
}
_OF_OPERATION: Mapping[str, Methods] = {
    "left": {"GET": mass.left_call},
    "cancel": {"POST": mass.cancel_call},
    "undo": {"POST": mass.undo_call},
}
COLLECTION: Methods = {"GET": reading.list_call, "POST": writing.create_call}
# What only commands make (deliveries, payments) has no POST.
_READ_COLLECTION: Methods = {"GET": reading.list_call}
RECORD: Methods = {"GET": reading.get_call, "PATCH": writing.update_call, "DELETE": writing.delete_call}
_LOGO: Methods = {"POST": files.upload_logo_call, "DELETE": files.remove_logo_call}
_CONTENT: Methods = {"GET": files.content_call}
_BULK: Methods = {"POST": bulk_call}
_EXPORT: Methods = {"GET": exports.export_call}
_MASS: Methods = {"POST": mass.start_call}
_MERGE: Methods = {"POST": mass.merge_call}
_COMMAND: Methods = {"POST": commands.command_call}
PARTS: Mapping[str, Methods] = {
    "restore": {"POST": writing.restore_call},
    "history": {"GET": reading.history_call},
    "why": {"GET": why.why_call},
    "files": {"GET": files.files_call, "POST": files.upload_call},
}


def find_route(path: str, rooms_off: frozenset[str] = frozenset()) -> Route:
    """The route of a path such as /api/v1/accounts; raises `Problem` 404. A room switched off has no addresses."""
    steps = path.removeprefix(PREFIX).strip("/").split("/")
    if len(steps) == 1 and steps[0] in _SINGLE:
        return Route(_SINGLE[steps[0]])
    if steps == ["fields", "try"]:
        return Route({"POST": fields.try_call})
    if steps[0] in _BY_ID:
        if len(steps) == 2:
            return Route(_BY_ID[steps[0]], record_id=_key(steps[1]))
        if steps[0] == "files" and len(steps) == 3 and steps[2] == "content":
            return Route(_CONTENT, record_id=_key(steps[1]))
        if steps[0] == "fields" and len(steps) == 3 and steps[2] in _OF_FIELD:
            return Route(_OF_FIELD[steps[2]], record_id=_key(steps[1]))
        if steps[0] == "operations" and len(steps) == 3 and steps[2] in _OF_OPERATION:
            return Route(_OF_OPERATION[steps[2]], record_id=_key(steps[1]))
    if steps == ["company", "logo"]:
        return Route(_LOGO)
    running = report_methods(steps)
    if running is not None:
        return Route(running)
    if steps[0] in RESOURCES and RESOURCES[steps[0]].room not in rooms_off:
        methods = methods_of(RESOURCES[steps[0]], steps[1:])
        if methods is None:
            raise _unknown()
        return Route(methods)
    kind = registry.by_plural(steps[0])
    if kind is None or kind.room in rooms_off:
        raise _unknown()
    if len(steps) == 1:
        return Route(COLLECTION if kind.creatable else _READ_COLLECTION, kind)
    if len(steps) == 2:
        of_many = {"bulk": _BULK, "operations": _MASS, "export": _EXPORT}.get(steps[1])
        return Route(of_many, kind) if of_many else Route(RECORD, kind, _key(steps[1]))
    if len(steps) == 3:
        return _part(kind, _key(steps[1]), steps[2])
    if len(steps) == 4:
        return _row(kind, _key(steps[1]), steps[2], _key(steps[3]))
    raise _unknown()


def _part(kind: registry.ObjectType, record_id: UUID, name: str) -> Route:
    if name in PARTS:
        return Route(PARTS[name], kind, record_id)
    if name == "merge" and kind.mergeable:
        return Route(_MERGE, kind, record_id)
    methods: dict[str, Handler] = {}
    part = _named(kind, name)
    if part is not None:
        methods |= parts.part_methods(part)
    document = next((document for document in kind.documents if document.key == name), None)
    if document is not None:
        methods["GET"] = lambda call: parts.document_call(call, document)
    command = next((command for command in kind.commands if command.key == name), None)
    if command is not None:
        methods |= _COMMAND
    if not methods:
        raise _unknown()
    return Route(methods, kind, record_id, command)


def _row(kind: registry.ObjectType, record_id: UUID, name: str, row_id: UUID) -> Route:
    part = _named(kind, name)
    methods = parts.row_methods(part, row_id) if part is not None else {}
    if not methods:
        raise _unknown()
    return Route(methods, kind, record_id)


def _named(kind: registry.ObjectType, name: str) -> Part | None:
    return next((part for part in parts.parts_of(kind) if part.key == name), None)


def _key(text: str) -> UUID:
    if len(text) != 36:
        raise _unknown()
    try:
        return UUID(text)
    except ValueError:
        raise _unknown() from None


def _unknown() -> Problem:
    return Problem(404, _("There is nothing at this address."))
