"""Addresses of mail: checked, and put together with names."""

from collections.abc import Sequence
from email.utils import parseaddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid

MAX_RECIPIENTS = 50


def clean_addresses(field: str, given: str | Sequence[str], *, required: bool = True) -> list[str]:
    """The addresses without doubles, in order. Raises Invalid({field: …}) for a wrong one, none at all, or too many."""
    addresses = [given] if isinstance(given, str) else list(given)
    cleaned = list(dict.fromkeys(address.strip() for address in addresses if address.strip()))
    problems = [
        _("%(address)s is not an e-mail address.") % {"address": address}
        for address in cleaned
        if not is_address(address)
    ]
    if required and not cleaned:
        problems.append(_("Name at least one recipient."))
    if len(cleaned) > MAX_RECIPIENTS:
        problems.append(_("A message goes to at most %(limit)s addresses.") % {"limit": MAX_RECIPIENTS})
    if problems:
        raise Invalid({field: problems})
    return cleaned


def is_address(text: str) -> bool:
    """True for one bare address such as name@example.com."""
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def sender_address() -> str:
    """The bare address that all mail comes from, of the setting MAIL_FROM."""
    return parseaddr(settings.MAIL_FROM)[1]


def named(name: str, address: str) -> str:
    """`Name <address>`; the name without what would break a header."""
    clean = " ".join("".join(char for char in name if char.isprintable()).split())
    if not clean:
        return address
    escaped = clean.replace("\\", "").replace('"', "")
    return f'"{escaped}" <{address}>'
