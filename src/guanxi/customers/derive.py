"""What the write path derives when an account, contact or competitor is saved: sort names, comparable numbers, identity."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.core.tenancy import current_tenant_id
from guanxi.customers.models import Account, AccountContact, ContactPoint, Identity, IdentityKind, PointKind
from guanxi.customers.reach import email_norm, phone_e164, wechat_norm
from guanxi.identity.models import Company
from guanxi.records.registry import Draft
from guanxi.science.names import full_name, person_sort_form, sort_form, split_name

Messages = Mapping[str, list[str]] | None
IDENTITY_FIELDS = frozenset({"email", "phone", "mobile", "wechat", "country"})
IDENTITY_OF_POINT = {
    PointKind.PHONE: IdentityKind.PHONE,
    PointKind.MOBILE: IdentityKind.PHONE,
    PointKind.EMAIL: IdentityKind.EMAIL,
    PointKind.WECHAT: IdentityKind.WECHAT,
}


def home_region() -> str:
    """ISO country in which this tenant's bare phone numbers are dialled."""
    return Company.objects.values_list("country", flat=True).first() or "CN"


def prepare_account(draft: Draft) -> None:
    """Sort name, E.164 phone, normalised e-mail."""
    account = draft.record
    account.name_sort = sort_form(account.name)
    account.country = account.country.upper()
    _reach(draft, ("phone",))


def prepare_contact(draft: Draft) -> None:
    """Full name from its parts or the parts from it, sort name by family name, normalised phones and e-mail."""
    contact = draft.record
    parts = draft.changed & {"family_name", "given_name"}
    if not contact.name or (parts and "name" not in draft.changed):
        contact.name = full_name(contact.family_name, contact.given_name)[:200]
    elif "name" in draft.changed and not parts:
        family, given = split_name(contact.name)
        contact.family_name, contact.given_name = family[:100], given[:100]
    contact.name_sort = person_sort_form(contact.family_name, contact.given_name) or sort_form(contact.name)
    contact.country = contact.country.upper()
    _reach(draft, ("phone", "mobile"))


def prepare_competitor(draft: Draft) -> None:
    """Sort name."""
    draft.record.name_sort = sort_form(draft.record.name)


def _reach(draft: Draft, phones: tuple[str, ...]) -> None:
    record = draft.record
    record.email_norm = email_norm(record.email)
    if not draft.changed & {*phones, "country"}:
        return
    region = ""
    for name in phones:
        text = getattr(record, name)
        if text and not region:
            region = record.country or home_region()
        setattr(record, f"{name}_e164", phone_e164(text, region) if text else "")


def check_contact_name(draft: Draft) -> Messages:
    """A contact needs a name, whole or in parts."""
    return None if draft.record.name else {"name": [_("Fill in this field.")]}


def check_parent(draft: Draft) -> Messages:
    """The hierarchy of accounts has no circles: no account is its own parent, at any distance."""
    if draft.record.parent_id is None or "parent" not in draft.changed:
        return None
    seen = {draft.record.id}
    current: UUID | None = draft.record.parent_id
    while current is not None:
        if current in seen:
            return {"parent": [_("An account cannot stand above itself.")]}
        seen.add(current)
        current = Account.objects.filter(id=current).values_list("parent_id", flat=True).first()
    return None


def after_account(draft: Draft) -> None:
    """Identity rows follow the account's own numbers and addresses."""
    if draft.changed & IDENTITY_FIELDS:
        refresh_identity("account", draft.record, new=draft.before is None)


def after_contact(draft: Draft) -> None:
    """Identity rows, and a place at the contact's main account."""
    contact = draft.record
    if draft.changed & IDENTITY_FIELDS:
        refresh_identity("contact", contact, new=draft.before is None)
    if contact.account_id and "account" in draft.changed:
        places = AccountContact.objects.filter(account_id=contact.account_id)
        if not places.filter(contact_id=contact.id).exists():
            first = not places.filter(is_primary=True).exists()
            AccountContact.objects.create(account_id=contact.account_id, contact=contact, is_primary=first)


def refresh_identity(kind: str, record: Any, *, new: bool = False) -> None:
    """Make the identity rows of an account or contact equal to its own columns and its contact points."""
    link = f"{kind}_id"
    wanted = _own_identities(record)
    if not new:
        points = ContactPoint.objects.filter(**{link: record.id}).exclude(norm="").values_list("kind", "norm")
        wanted |= {(IDENTITY_OF_POINT[PointKind(point)], norm) for point, norm in points if point in IDENTITY_OF_POINT}
        stored = {(row.kind, row.value): row.id for row in Identity.objects.filter(**{link: record.id})}
        gone = [key for pair, key in stored.items() if pair not in wanted]
        if gone:
            Identity.objects.filter(id__in=gone).delete()
        wanted -= set(stored)
    rows = [
        Identity(tenant_id=current_tenant_id(), kind=item, value=value, **{link: record.id}) for item, value in wanted
    ]
    Identity.objects.bulk_create(rows)


def _own_identities(record: Any) -> set[tuple[str, str]]:
    pairs = {
        (IdentityKind.EMAIL.value, record.email_norm),
        (IdentityKind.PHONE.value, record.phone_e164),
        (IdentityKind.PHONE.value, getattr(record, "mobile_e164", "")),
        (IdentityKind.WECHAT.value, wechat_norm(record.wechat)),
    }
    return {(kind, value) for kind, value in pairs if value}
