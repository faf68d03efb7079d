"""Values of fields: from what a form, file or API sends to what a column holds, and to plain JSON for history and answers."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from guanxi.core.money import MAX_AMOUNT
from guanxi.records.addresses import PARTS, country_code
from guanxi.records.registry import Field

MAX_TEXT = 100_000
MAX_JSON = 65_536
MAX_TAGS = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_INTEGER_LIMITS = {
    "SmallIntegerField": 2**15, "PositiveSmallIntegerField": 2**15, "IntegerField": 2**31, "PositiveIntegerField": 2**31,
}  # fmt: skip


class Wrong(Exception):
    """A value does not fit its field; the text is for the person."""


def clean_value(field: Field, value: Any, *, source: "models.Field[Any, Any] | None" = None) -> Any:
    """The column's value for `value`, or raise `Wrong`. Empty input gives None, "" or [] as the column wants it.

    Links come back as UUID (their existence is checked in bulk by the caller). `source` is the model's field.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        if field.required:
            raise Wrong(_("Fill in this field."))
        return _empty(field, source)
    cleaned = _CLEANERS[field.kind](field, value, source)
    if field.required and cleaned in ("", [], None):
        raise Wrong(_("Fill in this field."))
    return cleaned


def plain(value: Any) -> Any:
    """A column's value as JSON knows it: ids and decimals as text, times in ISO 8601 UTC."""
    if value is None or type(value) is str:
        return value
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def masked(value: Any) -> str:
    """`value` with its middle hidden: 138 •••• 1234; short values vanish altogether."""
    text = str(value or "")
    if "@" in text:
        name, _at, domain = text.partition("@")
        return f"{name[:1]}•••@{domain}"
    return f"{text[:3]} •••• {text[-4:]}" if len(text) > 9 else "••••" if text else ""


def _empty(field: Field, source: "models.Field[Any, Any] | None") -> Any:
    if field.kind in ("tags", "multichoice", "file"):
        return []
    if field.kind == "bool":
        return False
    if source is not None and source.null:
        return None
    if source is not None and source.has_default():
        return source.get_default()
    return "" if field.kind in ("text", "longtext", "choice", "email", "phone", "url") else None


def _text(field: Field, value: Any, source: Any) -> str:
    if not isinstance(value, str | int | float | Decimal) or isinstance(value, bool):
        raise Wrong(_("Text is expected."))
    text = str(value).replace("\r\n", "\n").strip()
    if _CONTROL.search(text):
        raise Wrong(_("The text contains characters that cannot be stored."))
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Wrong(_("The text contains characters that cannot be stored.")) from None
    limit = field.max_length or MAX_TEXT
    if len(text) > limit:
        raise Wrong(_("Use at most %(count)d characters.") % {"count": limit})
    if field.kind != "longtext" and "\n" in text:
        text = " ".join(text.split())
    return text


def _decimal(value: Any) -> Decimal:
    if isinstance(value, bool):
        raise Wrong(_("A number is expected."))
    try:
        number = Decimal(str(value).strip().replace(",", "").replace("\u00a0", "").replace("，", ""))
    except InvalidOperation:
        raise Wrong(_("A number is expected.")) from None
    if not number.is_finite():
        raise Wrong(_("A number is expected."))
    return number


def _bounded(field: Field, number: Any) -> Any:
    if field.min_value is not None and number < field.min_value:
        raise Wrong(_("The value must be at least %(limit)s.") % {"limit": field.min_value})
    if field.max_value is not None and number > field.max_value:
        raise Wrong(_("The value must be at most %(limit)s.") % {"limit": field.max_value})
    return number


def _integer(field: Field, value: Any, source: Any) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise Wrong(_("A whole number is expected."))
    limit = _INTEGER_LIMITS.get(type(source).__name__, 2**63)
    if not -limit <= number < limit:
        raise Wrong(_("The number is too large."))
    positive = type(source).__name__.startswith("Positive")
    if positive and number < 0:
        raise Wrong(_("The value must be at least %(limit)s.") % {"limit": 0})
    return int(_bounded(field, number))


def _number(field: Field, value: Any, source: Any) -> Any:
    number: Decimal = _bounded(field, _decimal(value))
    if isinstance(source, models.DecimalField):
        places = Decimal(1).scaleb(-source.decimal_places)
        if abs(number) >= Decimal(10) ** (source.max_digits - source.decimal_places):
            raise Wrong(_("The number is too large."))
        return number.quantize(places)
    if isinstance(source, models.IntegerField):
        return _integer(field, value, source)
    return float(number) if isinstance(source, models.FloatField) else number


def _money(field: Field, value: Any, source: Any) -> Decimal:
    number: Decimal = _bounded(field, _decimal(value))
    if abs(number) >= MAX_AMOUNT:
        raise Wrong(_("The amount is too large."))
    return number.quantize(Decimal("0.0001"))


def _date(field: Field, value: Any, source: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip()[:10])
    except ValueError:
        raise Wrong(_("A date such as 2026-11-19 is expected.")) from None


def _datetime(field: Field, value: Any, source: Any) -> datetime:
    moment = value
    if not isinstance(value, datetime):
        try:
            text = str(value).strip()
            moment = parse_datetime(text) or datetime.combine(date.fromisoformat(text), time())
        except (ValueError, TypeError):
            raise Wrong(_("A date and time such as 2026-11-19 16:20 are expected.")) from None
    try:
        return moment if moment.tzinfo else timezone.make_aware(moment)
    except (OverflowError, ValueError):
        raise Wrong(_("A date and time such as 2026-11-19 16:20 are expected.")) from None


_YES = {"true", "1", "yes", "y", "on", "是", "t"}
_NO = {"false", "0", "no", "n", "off", "否", "f"}


def _bool(field: Field, value: Any, source: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise Wrong(_("Yes or no is expected."))
    return text in _YES


def choice_values(field: Field) -> set[str]:
    """The values a choice field accepts now."""
    return {choice.value for choice in (field.choices_of() if field.choices_of else field.choices)}


def _choice(field: Field, value: Any, source: Any) -> str:
    text = str(value).strip()
    if text not in choice_values(field):
        raise Wrong(_("“%(value)s” is not one of the choices.") % {"value": text[:60]})
    return text


def _many(field: Field, value: Any, source: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else str(value).split(",")
    chosen = [str(item).strip() for item in items if str(item).strip()]
    wrong = [item for item in chosen if item not in choice_values(field)]
    if wrong:
        raise Wrong(_("“%(value)s” is not one of the choices.") % {"value": wrong[0][:60]})
    return list(dict.fromkeys(chosen))


def _tags(field: Field, value: Any, source: Any) -> list[str]:
    items = value if isinstance(value, list | tuple) else re.split(r"[,，;；]", str(value))
    words = [_text(Field("tag", kind="text", max_length=60), item, None) for item in items]
    unique = list(dict.fromkeys(word for word in words if word))
    if len(unique) > MAX_TAGS:
        raise Wrong(_("Use at most %(count)d entries.") % {"count": MAX_TAGS})
    return unique


def _link(field: Field, value: Any, source: Any) -> UUID:
    key = getattr(value, "id", value.get("id") if isinstance(value, dict) else value)
    try:
        return key if isinstance(key, UUID) else UUID(str(key).strip())
    except ValueError:
        raise Wrong(_("No such record.")) from None


def _email(field: Field, value: Any, source: Any) -> str:
    text = _text(field, value, source)
    try:
        validate_email(text)
    except ValidationError:
        raise Wrong(_("Complete the address: name@example.com is expected.")) from None
    return text


def _url(field: Field, value: Any, source: Any) -> str:
    text = _text(field, value, source)
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in address
    except ValueError:
        valid = False
    if not valid:
        raise Wrong(_("A web address such as example.com is expected."))
    return text


def _address(field: Field, value: Any, source: Any) -> dict[str, str] | None:
    """The parts that are filled; as an object, or as its text in JSON."""
    try:
        given = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict) or set(given) - set(PARTS):
        raise Wrong(_("An address has the parts street, city, region, postcode and country."))
    parts = {name: clean_part(name, given[name]) for name in PARTS if given.get(name) not in (None, "")}
    return {name: text for name, text in parts.items() if text} or None


def clean_part(name: str, value: Any) -> str:
    """One part of an address. Raises `Wrong`."""
    if name != "country":
        return _text(Field(name, kind="text", max_length=PARTS[name]), value, None)
    code = country_code(str(value))
    if code is None:
        raise Wrong(_("“%(value)s” is no country.") % {"value": str(value)[:60]})
    return code


def _files(field: Field, value: Any, source: Any) -> list[str]:
    """Keys of files, each once; a file may also be named as it was read."""
    given = value if isinstance(value, list | tuple) else [value]
    keys = [str(_link(field, one, source)) for one in given if one not in (None, "")]
    unique = list(dict.fromkeys(keys))
    if field.max_value is not None and len(unique) > field.max_value:
        raise Wrong(_("Use at most %(count)d files.") % {"count": field.max_value})
    return unique


def _json(field: Field, value: Any, source: Any) -> Any:
    try:
        parsed = orjson.loads(value) if isinstance(value, str) else value
        size = len(orjson.dumps(parsed))
    except (orjson.JSONDecodeError, TypeError):
        raise Wrong(_("JSON is expected.")) from None
    if size > MAX_JSON or "\\u0000" in orjson.dumps(parsed).decode():
        raise Wrong(_("The value is too large."))
    return parsed


_CLEANERS: dict[str, Callable[[Field, Any, Any], Any]] = {
    "text": _text, "longtext": _text, "integer": _integer, "number": _number, "percent": _number, "money": _money,
    "date": _date, "datetime": _datetime, "bool": _bool, "choice": _choice, "multichoice": _many, "link": _link,
    "email": _email, "phone": _text, "url": _url, "tags": _tags, "json": _json, "uuid": _link, "address": _address, "file": _files,
}  # fmt: skip
