"""JSON types of values: stricter than forms, so that what the description promises is what is accepted."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.records.api.problems import InvalidAt, pointer
from guanxi.records.registry import Field

Test = Callable[[Any], bool]


def _whole(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _decimal(value: Any) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _key(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, dict) and isinstance(value.get("id"), str))


_TESTS: Mapping[str, Test] = {
    "integer": _whole, "number": _decimal, "percent": _decimal, "money": _decimal,
    "bool": lambda value: isinstance(value, bool), "multichoice": _texts, "tags": _texts,
    "link": _key, "uuid": _key, "json": lambda value: True,
    "address": lambda value: isinstance(value, dict), "file": lambda value: isinstance(value, list) and all(map(_key, value)),
}  # fmt: skip


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _message(kind: str) -> str:
    return {
        "integer": _("A whole number is expected."),
        "number": _("A number is expected."),
        "percent": _("A number is expected."),
        "money": _("A number is expected."),
        "bool": _("Yes or no is expected."),
        "multichoice": _("A list of texts is expected."),
        "tags": _("A list of texts is expected."),
        "link": _("The id of a record is expected."),
        "uuid": _("The id of a record is expected."),
        "file": _("A list of ids of files is expected."),
        "address": _("An address has the parts street, city, region, postcode and country."),
    }.get(kind, _("Text is expected."))


def wrong_types(values: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, list[str]]:
    """Messages by name for values whose JSON type does not fit their field; null is always "empty"."""
    return {
        name: [_message(fields[name].kind)]
        for name, value in values.items()
        if value is not None and name in fields and not _TESTS.get(fields[name].kind, _is_text)(value)
    }


def check_types(values: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    """Raise `Invalid` when a value's JSON type does not fit its field."""
    errors = wrong_types(values, fields)
    if errors:
        raise Invalid(errors)


def located(error: Invalid, position: int, count: int) -> InvalidAt:
    """The messages of a part of a list of operations, with pointers into the whole list.

    `position` is where the part begins, `count` how many operations it has: change_records names them "index.field".
    """
    found: dict[str, list[str]] = {}
    for name, texts in error.errors.items():
        index, rest = 0, name
        head, _dot, tail = name.partition(".")
        if count > 1 and head.isdecimal():
            index, rest = int(head), tail
        found[pointer(position + index, *(("values", rest) if rest else ()))] = texts
    return InvalidAt(found)
