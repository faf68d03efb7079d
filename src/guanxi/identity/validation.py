"""Checks of plain values that several services share; each returns the clean value or raises `Invalid` for its field."""

from typing import Any
from zoneinfo import available_timezones

import holidays
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.money import CURRENCIES
from guanxi.identity.models import Language, User

COUNTRIES = frozenset(holidays.list_supported_countries())
ZONES = frozenset(available_timezones())


def clean_text(field: str, value: str, *, max_length: int, required: bool = True) -> str:
    """Trimmed text without control characters, at most `max_length` long."""
    text = (value or "").strip()
    if required and not text:
        raise Invalid({field: [_("This is required.")]})
    if len(text) > max_length:
        raise Invalid({field: [_("At most %(count)d characters.") % {"count": max_length}]})
    if any(ord(char) < 32 and char not in "\n\t" for char in text):
        raise Invalid({field: [_("Remove the control characters.")]})
    return text


def clean_email(field: str, value: str) -> str:
    """A normalised (lower-case) mail address."""
    email = clean_text(field, value, max_length=254).lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid({field: [_("Enter a mail address such as name@company.com.")]}) from None
    return email


def clean_password(field: str, value: str, *, email: str = "", name: str = "") -> str:
    """A password strong enough for the settings' validators; at most 1,000 characters."""
    if len(value or "") > 1000 or "\x00" in (value or ""):
        raise Invalid({field: [_("This password cannot be used.")]})
    try:
        validate_password(value or "", User(email=email, name=name))
    except ValidationError as error:
        raise Invalid({field: error.messages}) from None
    return value


def clean_choice(field: str, value: str, known: Any) -> str:
    """One of `known`."""
    if value not in known:
        raise Invalid({field: [_("Choose one of the list.")]})
    return value


def clean_currency(value: str, field: str = "currency") -> str:
    """An ISO 4217 code."""
    return clean_choice(field, (value or "").strip().upper(), CURRENCIES)


def clean_language(value: str, field: str = "language") -> str:
    """A language of the interface."""
    return clean_choice(field, value, Language.values)


def clean_time_zone(value: str, field: str = "time_zone") -> str:
    """A name of the IANA data base."""
    return clean_choice(field, value, ZONES)


def clean_country(value: str, field: str = "country") -> str:
    """A country whose public holidays are known, ISO 3166 two letters."""
    return clean_choice(field, (value or "").strip().upper(), COUNTRIES)
