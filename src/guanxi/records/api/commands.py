"""POST /{plural}/{id}/{command}: an action on one record, such as winning an opportunity."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from django.db import models
from django.http import HttpResponse
from django.utils.translation import gettext as _

from guanxi.core.errors import Conflict, Invalid
from guanxi.identity.permissions import require
from guanxi.records import registry
from guanxi.records.api.calls import Call, answer, etag, object_body, query
from guanxi.records.api.idempotency import Outcome, once
from guanxi.records.api.representation import written_row
from guanxi.records.api.shapes import check_types
from guanxi.records.api.writing import expected_version
from guanxi.records.queries import get_record, shown_label
from guanxi.records.registry import Command, Field
from guanxi.records.values import Wrong, clean_value, plain


def command_call(call: Call) -> HttpResponse:
    """Carry out the command; the answer is the record afterwards, with what else came of it under `result`."""
    query(call.request, ())
    command = call.command
    if command is None:
        raise LookupError("this address names no command")
    require(call.actor, call.object_type.name, command.permission)
    return once(call, command.permission, lambda: _carry_out(call, command))


def _carry_out(call: Call, command: Command) -> Outcome:
    kind = call.object_type
    given = cleaned_values(command.params, object_body(call.request, optional=True))
    record = get_record(call.actor, kind.name, call.id, command.permission)
    version = expected_version(call)
    if command.when is not None and not command.when(record):
        raise Conflict(_("The record's state does not permit this now."))
    result = command.run(call.actor, call.id, version=version, **given)
    row = written_row(call, kind, kind.model.objects.get(id=call.id))  # type: ignore[attr-defined]
    made = _made(result, call)
    content = row | ({"result": made} if made else {})
    return Outcome(200, kind.name, (call.id,), answer(content, 200, {"ETag": etag(row["version"])}))


def cleaned_values(params: Sequence[Field], values: Mapping[str, Any], *, given_only: bool = False) -> dict[str, Any]:
    """The parameters as a service takes them; raises `Invalid` with every message at once.

    Null means "nothing given", and the service's own default holds; with `given_only` it means empty.
    """
    known: dict[str, Field] = {item.name: item for item in params}
    errors = {name: [_("There is no such field.")] for name in values if name not in known}
    if errors:
        raise Invalid(errors)
    check_types(values, known)
    cleaned: dict[str, Any] = {}
    for name, item in known.items():
        left_out = name not in values if given_only else values.get(name) is None and not item.required
        if left_out:
            continue
        try:
            cleaned[name] = clean_value(item, values.get(name))
        except Wrong as wrong:
            errors[name] = [str(wrong)]
    if errors:
        raise Invalid(errors)
    return cleaned


def _made(result: Any, call: Call) -> Any:
    """What a command returns besides its own record: other records by object, id and label, or plain values."""
    if isinstance(result, models.Model):
        kind = registry.of_model(type(result))
        if kind is None or result.pk == call.id:
            return None
        return {
            "object": kind.name,
            "collection": kind.plural,
            "id": str(result.pk),
            "label": shown_label(call.actor, result),
        }
    if is_dataclass(result) and not isinstance(result, type):
        parts = {item.name: _made(getattr(result, item.name), call) for item in fields(result)}
        return {name: value for name, value in parts.items() if value is not None}
    if isinstance(result, list | tuple):
        return [_made(item, call) for item in result]
    if isinstance(result, Mapping):
        return {str(name): _made(value, call) for name, value in result.items()}
    return plain(result) if isinstance(plain(result), str | int | float | bool) else None
