"""Typed values to JSON and back: what events and jobs carry."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import orjson


def dump_plain(values: Mapping[str, Any]) -> str:
    """JSON text of str, int, bool, None, Decimal, UUID, date, datetime, and lists, tuples and mappings of them."""
    return orjson.dumps(dict(values), default=_other).decode()


def _other(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be stored as JSON")


def restore(hint: Any, value: Any) -> Any:
    """The value of a JSON field as its annotation says: UUID, Decimal, date, datetime, tuples of them, or None."""
    if value is None:
        return None
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return restore(next(option for option in get_args(hint) if option is not type(None)), value)
    if origin in (tuple, list):
        return origin(restore(get_args(hint)[0], item) for item in value)
    if hint in (UUID, Decimal):
        return hint(value)
    if hint in (datetime, date):
        return hint.fromisoformat(value)
    return value
