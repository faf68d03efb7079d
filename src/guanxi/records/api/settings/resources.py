"""A resource: settings of one kind with an address of their own, and the functions that serve it.

Everything is one transaction and goes through the service that the settings page calls; permission is the service's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from guanxi.core.errors import Stale
from guanxi.core.ids import new_id
from guanxi.identity.actor import Actor
from guanxi.records.api.calls import BODY_LIMIT, PREFIX, Call, answer, etag, nothing, object_body, query
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.problems import Problem
from guanxi.records.api.settings.shapes import Schema, check_body
from guanxi.records.api.writing import versions_matched

Row = dict[str, Any]
Values = Mapping[str, Any]
Handler = Callable[[Call], HttpResponse]
Methods = dict[str, Handler]


@dataclass(frozen=True)
class Action:
    """POST /{name}/{id}/{key}: `run(actor, key, version)`; the answer is the row afterwards, or nothing when it is gone."""

    label: str | Promise
    run: Callable[[Actor, Any, int | None], Any]
    gone: bool = False


@dataclass(frozen=True)
class Resource:
    """What the API knows of one kind of settings.

    name      the address: exchange-rates
    schema    the name of its schema: ExchangeRate
    label     the heading in the documentation
    read      members of an answer beside `id`
    write     members of a body; `creating` names those that only a new one takes, `required` those that it needs
    rows      all rows for (actor, query); `list_call` stands in for it where a list has pages
    get       one row by its key; raises `NotFound`
    create    makes one of values; returns its key, and further members of this one answer
    update    changes one: (actor, key, values, version)
    delete    removes one: (actor, key, version)
    key       reads the key out of the address; `single` has no key: the address is the row
    filters   parameters of the list with their meaning
    versioned  rows have a version, which is their entity tag
    body_limit  how many bytes a new one may have
    room      the room that has it: switched off, there is no such address
    """

    name: str
    schema: str
    label: str | Promise
    read: Mapping[str, Schema]
    get: Callable[[Actor, Any], Row]
    rows: Callable[[Actor, Mapping[str, str]], Sequence[Row]] | None = None
    list_call: Handler | None = None
    write: Mapping[str, Schema] = field(default_factory=dict)
    creating: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    create: Callable[[Actor, Values], tuple[Any, Row]] | None = None
    update: Callable[[Actor, Any, Values, int | None], Any] | None = None
    delete: Callable[[Actor, Any, int | None], Any] | None = None
    actions: Mapping[str, Action] = field(default_factory=dict)
    key: Callable[[str], Any] = UUID
    key_schema: Schema = field(default_factory=dict)
    single: bool = False
    filters: Mapping[str, str | Promise] = field(default_factory=dict)
    versioned: bool = False
    body_limit: int = BODY_LIMIT
    room: str = "records"

    @property
    def changeable(self) -> Mapping[str, Schema]:
        """What PATCH takes."""
        return {name: schema for name, schema in self.write.items() if name not in self.creating}


def methods_of(resource: Resource, parts: Sequence[str]) -> Methods | None:
    """The functions by method of an address below the resource's; None when there is no such address."""
    if resource.single:
        return _of_row(resource, None) if not parts else None
    if not parts:
        return _of_list(resource)
    key = _key(resource, parts[0])
    if len(parts) == 1:
        return _of_row(resource, key)
    action = resource.actions.get(parts[1]) if len(parts) == 2 else None
    return None if action is None else {"POST": lambda call: _act(call, resource, key, action)}


def _key(resource: Resource, text: str) -> Any:
    try:
        if resource.key is UUID and len(text) != 36:
            raise ValueError
        return resource.key(text)
    except ValueError:
        raise Problem(404, _("There is nothing at this address.")) from None


def _of_list(resource: Resource) -> Methods:
    methods: Methods = {"GET": resource.list_call or (lambda call: _list(call, resource))}
    if resource.create is not None:
        methods["POST"] = lambda call: _create(call, resource)
    return methods


def _of_row(resource: Resource, key: Any) -> Methods:
    def get(call: Call) -> HttpResponse:
        query(call.request, ())
        return _shown(call, resource, key)

    methods: Methods = {"GET": get}
    if resource.update is not None:
        methods["PATCH"] = lambda call: _update(call, resource, key)
    if resource.delete is not None:
        methods["DELETE"] = lambda call: _delete(call, resource, key)
    return methods


def _list(call: Call, resource: Resource) -> HttpResponse:
    assert resource.rows is not None
    values = query(call.request, tuple(resource.filters))
    return answer({"data": list(resource.rows(call.actor, values)), "next": None})


def _create(call: Call, resource: Resource) -> HttpResponse:
    query(call.request, ())
    assert resource.create is not None
    make = resource.create

    def run() -> Outcome:
        values = object_body(call.request, limit=resource.body_limit)
        check_body(values, resource.write, resource.required)
        key, told = make(call.actor, values)
        return Outcome(201, resource.name, (key,), _shown(call, resource, key, 201, told))

    return once(call, "edit", run, again=lambda key: _shown(call, resource, key, 201))


def _update(call: Call, resource: Resource, key: Any) -> HttpResponse:
    assert resource.update is not None
    update = resource.update

    def run() -> HttpResponse:
        values = object_body(call.request)
        check_body(values, resource.changeable)
        update(call.actor, key, values, _version(call, resource, key))
        return _shown(call, resource, key)

    return _once(call, resource, run, again=lambda: _shown(call, resource, key))


def _delete(call: Call, resource: Resource, key: Any) -> HttpResponse:
    assert resource.delete is not None
    delete = resource.delete

    def run() -> HttpResponse:
        delete(call.actor, key, _version(call, resource, key))
        return nothing()

    return _once(call, resource, run, again=nothing)


def _act(call: Call, resource: Resource, key: Any, action: Action) -> HttpResponse:
    def run() -> HttpResponse:
        check_body(object_body(call.request, optional=True), {})
        action.run(call.actor, key, _version(call, resource, key))
        return nothing() if action.gone else _shown(call, resource, key)

    return _once(call, resource, run, again=nothing if action.gone else lambda: _shown(call, resource, key))


def _once(
    call: Call, resource: Resource, write: Callable[[], HttpResponse], *, again: Callable[[], HttpResponse]
) -> HttpResponse:
    """A write to the row that the address names; a repetition is answered with the row as it is now."""
    query(call.request, ())

    def run() -> Outcome:
        response = write()
        return Outcome(response.status_code, resource.name, (new_id(),), response)

    return once(call, "edit", run, again=lambda _key: again())


def _shown(call: Call, resource: Resource, key: Any, status: int = 200, told: Row | None = None) -> HttpResponse:
    row = resource.get(call.actor, key)
    headers = {"ETag": etag(row["version"])} if resource.versioned else {}
    if status == 201:
        headers["Location"] = f"{PREFIX}/{resource.name}/{row['id']}"
    return answer(row | (told or {}), status, headers)


def _version(call: Call, resource: Resource, key: Any) -> int | None:
    """The version that If-Match demands, or None without the header. Raises `Stale` when it cannot match."""
    versions = versions_matched(call) if resource.versioned else None
    if versions is None:
        return None
    if len(versions) == 1:
        return next(iter(versions))
    current: int = resource.get(call.actor, key)["version"]
    if current not in versions:
        raise Stale(_("Somebody changed this meanwhile. Look at it again."), version=current, current={})
    return current
