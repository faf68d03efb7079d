"""Very many new accounts or contacts at once: what `customers.derive` does record by record, column by column."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from guanxi.core.db.bulk import insert_rows
from guanxi.core.tenancy import current_tenant_id
from guanxi.customers.derive import home_region
from guanxi.customers.models import Account, Contact, Identity, IdentityKind
from guanxi.customers.reach import email_norm, phone_e164, wechat_norm
from guanxi.records.registry import Columns
from guanxi.science.names import full_name, person_sort_form, sort_form, split_name

_DIGITS = re.compile(r"\+?[0-9]{5,16}")
_SPACING = str.maketrans("", "", " -()/")
_PLACES = """
INSERT INTO customers_accountcontact (id, tenant_id, account_id, contact_id, role, job_title, is_primary)
SELECT c.id, c.tenant_id, c.account_id, c.id, '', '',
       row_number() OVER (PARTITION BY c.account_id ORDER BY c.id) = 1 AND NOT EXISTS (
           SELECT FROM customers_accountcontact p
           WHERE p.tenant_id = c.tenant_id AND p.account_id = c.account_id AND p.is_primary)
FROM customers_contact c
WHERE c.tenant_id = %s AND c.id = ANY(%s) AND c.account_id IS NOT NULL
"""
# The key is the record's with another last digit: it sorts with its neighbours, so that the index grows at its end.
_IDENTITIES = """
INSERT INTO customers_identity (id, tenant_id, kind, value, {link})
SELECT DISTINCT ON (r.id, i.kind, i.value) overlay(r.id::text PLACING i.digit FROM 36)::uuid, r.tenant_id, i.kind, i.value, r.id
FROM {table} r, LATERAL (VALUES {values}) AS i(digit, kind, value)
WHERE r.tenant_id = %s AND r.id = ANY(%s) AND i.value <> ''
ORDER BY r.id, i.kind, i.value
ON CONFLICT DO NOTHING
"""


def derive_accounts(values: Columns, count: int) -> dict[str, list[Any]]:
    """Sort names, comparable phones and e-mails, and countries in capitals, of `count` new accounts."""
    found = _reach(values, count, ("phone",))
    found["name_sort"] = [sort_form(name) for name in values["name"]]
    return found


def derive_contacts(values: Columns, count: int) -> dict[str, list[Any]]:
    """Likewise of contacts, and whole names from their parts or the parts from them."""
    found = _reach(values, count, ("phone", "mobile"))
    blank = [""] * count
    names, families, givens = (list(values.get(name) or blank) for name in ("name", "family_name", "given_name"))
    for row, name in enumerate(names):
        if not name:
            names[row] = full_name(families[row], givens[row])[:200]
        elif not families[row] and not givens[row]:
            family, given = split_name(name)
            families[row], givens[row] = family[:100], given[:100]
    found |= {"name": names, "family_name": families, "given_name": givens}
    found["name_sort"] = [
        person_sort_form(family, given) or sort_form(name)
        for family, given, name in zip(families, givens, names, strict=True)
    ]
    return found


def check_contacts(values: Columns, count: int) -> Mapping[int, Mapping[str, str]]:
    """A contact needs a name, whole or in parts."""
    named = [values[name] for name in ("name", "family_name", "given_name") if name in values]
    text = _("Fill in this field.")
    return {row: {"name": text} for row in range(count) if not any(column[row] for column in named)}


def place_contacts(ids: Sequence[UUID]) -> None:
    """A place at the main account of each new contact; the first at an account is its main contact."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACES, [current_tenant_id(), list(ids)])


def identify_accounts(ids: Sequence[UUID]) -> None:
    """Identity rows of accounts that have none yet."""
    _identify("account", Account, ids, {IdentityKind.EMAIL: ["email_norm"], IdentityKind.PHONE: ["phone_e164"]})


def identify_contacts(ids: Sequence[UUID]) -> None:
    """Likewise of contacts."""
    columns = {IdentityKind.EMAIL: ["email_norm"], IdentityKind.PHONE: ["phone_e164", "mobile_e164"]}
    _identify("contact", Contact, ids, columns)


def _identify(link: str, model: Any, ids: Sequence[UUID], columns: Mapping[IdentityKind, Sequence[str]]) -> None:
    pairs = [(kind, column) for kind, names in columns.items() for column in names]
    values = ", ".join(f"('{number}', '{kind.value}', r.{column})" for number, (kind, column) in enumerate(pairs, 1))
    sql = _IDENTITIES.format(link=f"{link}_id", table=model._meta.db_table, values=values)
    with connection.cursor() as cursor:
        cursor.execute(sql, [current_tenant_id(), list(ids)])
    named = dict(model.objects.filter(id__in=ids).exclude(wechat="").values_list("id", "wechat"))
    if named:
        known = Identity.objects.filter(kind=IdentityKind.WECHAT, **{f"{link}_id__in": list(named)})
        for key in known.values_list(f"{link}_id", flat=True):
            named.pop(key, None)
        rows = [
            Identity(
                tenant_id=current_tenant_id(), kind=IdentityKind.WECHAT, value=wechat_norm(text), **{f"{link}_id": key}
            )
            for key, text in named.items()
        ]
        insert_rows(Identity, rows)


def _reach(values: Columns, count: int, phones: tuple[str, ...]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    countries = values.get("country")
    if countries is not None:
        found["country"] = [text.upper() for text in countries]
    if "email" in values:
        found["email_norm"] = [email_norm(text) for text in values["email"]]
    home = home_region()
    for name in phones:
        if name in values:
            regions = found.get("country") or [""] * count
            # A reader for each region, in which the rules of its numbers stand ready.
            found[f"{name}_e164"] = [
                reader_of(region or home)(text) if text else ""
                for text, region in zip(values[name], regions, strict=True)
            ]
    return found


@cache
def reader_of(region: str) -> Callable[[str], str]:
    """`phone_e164` for one region: plain digits that no rule of the plan changes are read by their length alone."""
    data = PhoneMetadata.metadata_for_region(region, None) if region else None

    def read(text: str) -> str:
        digits = text.translate(_SPACING)
        if not _DIGITS.fullmatch(digits):
            return phone_e164(text, region)
        found = _by_country_code(digits) if digits[0] == "+" else _at_home(data, digits)
        return phone_e164(text, region) if found is None else found

    return read


def _by_country_code(digits: str) -> str | None:
    """The number as it stands, if the plan of its country does nothing with it; None when the library must read it."""
    for size in (1, 2, 3):
        plan = _plan(int(digits[1 : 1 + size])) if digits[1] != "0" else None
        if plan is not None:
            return digits if _stays(plan, digits[1 + size :]) else None
    return None


@cache
def _plan(code: int) -> PhoneMetadata | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
    return PhoneMetadata.metadata_for_region(regions[0], None) if regions and regions[0] != "001" else None


def _at_home(data: PhoneMetadata | None, digits: str) -> str | None:
    if data is None:
        return None
    code = str(data.country_code)
    abroad = data.international_prefix
    if digits.startswith(code) or (abroad and re.match(abroad, digits)) or not _stays(data, digits):
        return None
    return f"+{code}{digits}"


def _stays(data: PhoneMetadata, digits: str) -> bool:
    """Whether these digits are a possible number of a plan, of which nothing is cut off or replaced."""
    prefix = data.national_prefix_for_parsing
    if digits[:1] == "0" or (prefix and re.match(prefix, digits)):
        return False
    known = data.general_desc
    return known is not None and len(digits) in (known.possible_length or ())
