"""Settings of the company."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid
from guanxi.core.files import store_file
from guanxi.core.models import StoredFile
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.identity.audit import differences, note_access
from guanxi.identity.models import Company, Tenant
from guanxi.identity.permissions import require_admin
from guanxi.identity.services.locking import locked, save_changes
from guanxi.identity.validation import (
    clean_country,
    clean_currency,
    clean_email,
    clean_language,
    clean_text,
    clean_time_zone,
)

TEXTS = {"address": 1000, "phone": 40, "website": 200, "tax_number": 40}
LOGO_TYPES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
LOGO_SIZE = 1024 * 1024
FEWEST_DAYS, MOST_DAYS = 30, 3650
# Without these rooms nobody could sign in or find a record.
ALWAYS_ON = frozenset({"core", "identity", "records", "desk", "project"})


def change_company(actor: Actor, *, values: Mapping[str, Any]) -> Company:
    """Change the company's name, currency, language, time zone, country, fiscal_year_start, rooms_off, recycle_days and addresses.

    Only the given names change. Administrators only; raises `Invalid`.
    """
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = locked(Company, actor.tenant_id)
        clean = {name: _CLEAN[name](name, value) for name, value in values.items() if name in _CLEAN}
        before = save_changes(company, clean)
        detail = differences(before, clean)
        if "name" in values:
            detail |= _rename(actor, values["name"])
        if detail:
            _count_up(company)
            note_access(actor, "company.changed", object_name="company", record_id=company.id, detail=detail)
    return company


def upload_logo(actor: Actor, *, name: str, content: IO[bytes], size: int | None) -> Company:
    """Keep a picture and show it as the company's logo. Raises `Invalid` for what is too large or no picture."""
    require_admin(actor)
    if size is None or size > LOGO_SIZE:
        raise Invalid({"logo": [_("The logo may have at most 1 MB.")]})
    with tenant_tx(actor.tenant_id):
        stored = store_file(
            name=name or "logo",
            content=content.read(),
            object="company",
            record_id=actor.tenant_id,
            member_id=actor.member_id,
        )
        if stored.content_type not in LOGO_TYPES:
            raise Invalid({"logo": [_("Choose a PNG, JPEG, WebP or GIF picture.")]})
        return set_logo(actor, file=stored)


def set_logo(actor: Actor, *, file: StoredFile | None) -> Company:
    """Show `file` (an image that core.files has checked) as the company's logo, or the seal again."""
    require_admin(actor)
    with tenant_tx(actor.tenant_id):
        company = locked(Company, actor.tenant_id)
        values = {"logo_id": file.id if file else None}
        before = save_changes(company, values)
        detail = differences(before, values)
        if detail:
            _count_up(company)
            note_access(actor, "company.changed", object_name="company", record_id=company.id, detail=detail)
    return company


def _count_up(company: Company) -> None:
    company.permissions_version += 1
    company.save(update_fields=["permissions_version"])


def _rename(actor: Actor, name: str) -> dict[str, Any]:
    tenant = locked(Tenant, actor.tenant_id)
    values = {"name": clean_text("name", name, max_length=200)}
    return differences(save_changes(tenant, values), values)


def _month(field: str, value: Any) -> int:
    if not str(value).isdecimal() or not 1 <= int(value) <= 12:
        raise Invalid({field: [_("Choose one of the list.")]})
    return int(value)


def _recycle_days(field: str, value: Any) -> int | None:
    """A number of days, or None for ever. A month at least: so long can mass operations and deleted files be brought back."""
    text = "" if value is None else str(value).strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not FEWEST_DAYS <= int(text[:9]) <= MOST_DAYS:
        raise Invalid(
            {
                field: [
                    _("Enter a whole number from %(least)d to %(most)d, or nothing.")
                    % {"least": FEWEST_DAYS, "most": MOST_DAYS}
                ]
            }
        )
    return int(text)


def _optional_email(field: str, value: str) -> str:
    return clean_email(field, value) if (value or "").strip() else ""


def _rooms(field: str, value: Any) -> list[str]:
    names = sorted({str(name) for name in value})
    if ALWAYS_ON & set(names) or not all(name.isidentifier() and len(name) <= 40 for name in names):
        raise Invalid({field: [_("This room cannot be switched off.")]})
    return names


def _text(field: str, value: str) -> str:
    return clean_text(field, value, max_length=TEXTS[field], required=False)


_CLEAN: dict[str, Any] = {
    "currency": lambda field, value: clean_currency(value, field),
    "language": lambda field, value: clean_language(value, field),
    "time_zone": lambda field, value: clean_time_zone(value, field),
    "country": lambda field, value: clean_country(value, field),
    "fiscal_year_start": _month,
    "rooms_off": _rooms,
    "recycle_days": _recycle_days,
    "email": _optional_email,
    **dict.fromkeys(TEXTS, _text),
}
