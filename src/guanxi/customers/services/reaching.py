"""Further addresses, phones, e-mails and messengers of a customer."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotAllowed, NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.derive import home_region, refresh_identity
from guanxi.customers.models import POINT_FIELDS, Address, AddressKind, ContactPoint, PointKind
from guanxi.customers.reach import email_norm, phone_e164, wechat_norm
from guanxi.customers.services.subject import lock_subject, write_down
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import field_access
from guanxi.records import addresses

PARTS = {"street": 300, "city": 120, "region": 120, "postcode": 20, "country": 2}


def add_point(
    actor: Actor,
    *,
    kind: str,
    value: str,
    label: str = "",
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
) -> ContactPoint:
    """A further way to reach the customer; it also serves recognition. Raises `Invalid` for a value that fits no such way."""
    value = " ".join(value.split())
    if kind not in PointKind.values:
        raise Invalid({"kind": [_("“%(value)s” is not one of the choices.") % {"value": kind[:60]}]})
    if not value or len(value) > 254:
        raise Invalid(
            {
                "value": [
                    _("Fill in this field.") if not value else _("Use at most %(count)d characters.") % {"count": 254}
                ]
            }
        )
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=account_id, contact_id=contact_id)
        _require_point(actor, subject.object, kind)
        norm = _normal(kind, value, subject.record.country or home_region())
        point: ContactPoint = ContactPoint.objects.create(
            **subject.link, kind=kind, value=value, norm=norm, label=label[:80]
        )
        refresh_identity(subject.object, subject.record)
        write_down(actor, subject, f"points.{kind}", None, value)
        return point


def remove_point(actor: Actor, *, point_id: UUID) -> None:
    """Forget a further way to reach the customer. Raises `NotFound`."""
    with tenant_tx(actor.tenant_id):
        point = ContactPoint.objects.filter(id=point_id).first()
        if point is None:
            raise NotFound(_("There is no such entry."))
        subject = lock_subject(actor, account_id=point.account_id, contact_id=point.contact_id)
        _require_point(actor, subject.object, point.kind)
        point.delete()
        refresh_identity(subject.object, subject.record)
        write_down(actor, subject, f"points.{point.kind}", point.value, None)


def save_address(
    actor: Actor,
    *,
    kind: str,
    address_id: UUID | None = None,
    label: str = "",
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    **parts: str,
) -> Address:
    """A further address, new or (with `address_id`) changed. `parts`: street, city, region, postcode, country.

    A part whose field the role may not write stays as it is; another value for it is refused as `Invalid`.
    """
    with tenant_tx(actor.tenant_id):
        address = _address(address_id) if address_id else None
        if address is not None:
            account_id, contact_id = address.account_id, address.contact_id
        subject = lock_subject(actor, account_id=account_id, contact_id=contact_id)
        before = one_line(address) if address else None
        saved = address or Address(**subject.link)
        parts = _kept_parts(actor, subject.object, saved, parts)
        errors = _check_address(kind, parts)
        if errors:
            raise Invalid(errors)
        saved.kind, saved.label = kind, label[:80]
        for name in PARTS:
            setattr(saved, name, parts.get(name, "").strip())
        saved.country = saved.country.upper()
        saved.save(force_insert=address is None, force_update=address is not None)
        write_down(actor, subject, f"address.{kind}", before, one_line(saved))
        return saved


def remove_address(actor: Actor, *, address_id: UUID) -> None:
    """Forget a further address. Raises `NotFound`, and `NotAllowed` when the role may not write all that it says."""
    with tenant_tx(actor.tenant_id):
        address = _address(address_id)
        subject = lock_subject(actor, account_id=address.account_id, contact_id=address.contact_id)
        if any(getattr(address, name) and not _may_write(actor, subject.object, name) for name in PARTS):
            raise NotAllowed(_("Your role may not change all parts of this address."))
        before = one_line(address)
        address.delete()
        write_down(actor, subject, f"address.{address.kind}", before, None)


def one_line(address: Any) -> str:
    """An address in one line, largest unit first for Chinese ones: 江苏省 苏州市 工业园区 8 号; Gewerbeweg 8, 70565 Stuttgart, DE."""
    return addresses.one_line({name: getattr(address, name) for name in PARTS})


def _require_point(actor: Actor, object_name: str, kind: str) -> None:
    """A further phone follows the record's own phone: who may not write that, may not add or forget another."""
    if not _may_write(actor, object_name, POINT_FIELDS[PointKind(kind)]):
        raise NotAllowed(_("You may not change this field."))


def _may_write(actor: Actor, object_name: str, name: str) -> bool:
    return field_access(actor, object_name, name) == "write"


def _kept_parts(actor: Actor, object_name: str, stored: Address, parts: dict[str, str]) -> dict[str, str]:
    """`parts` with those that the role may not write as they are stored."""
    closed = [name for name in PARTS if not _may_write(actor, object_name, name)]
    wrong = [name for name in closed if parts.get(name, "").strip() not in ("", getattr(stored, name))]
    if wrong:
        raise Invalid({name: [_("You may not change this field.")] for name in wrong})
    return {**parts, **{name: getattr(stored, name) for name in closed}}


def _address(address_id: UUID) -> Address:
    address: Address | None = Address.objects.filter(id=address_id).first()
    if address is None:
        raise NotFound(_("There is no such address."))
    return address


def _check_address(kind: str, parts: dict[str, str]) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if kind not in AddressKind.values:
        errors["kind"] = [_("“%(value)s” is not one of the choices.") % {"value": kind[:60]}]
    for name, value in parts.items():
        if name not in PARTS:
            errors[name] = [_("There is no such field.")]
        elif len(value) > PARTS[name]:
            errors[name] = [_("Use at most %(count)d characters.") % {"count": PARTS[name]}]
    if not any(value.strip() for value in parts.values()):
        errors["street"] = [_("Fill in this field.")]
    return errors


def _normal(kind: str, value: str, region: str) -> str:
    if kind in (PointKind.PHONE, PointKind.MOBILE, PointKind.FAX):
        norm = phone_e164(value, region)
        if not norm:
            raise Invalid({"value": [_("This is not a phone number.")]})
        return norm
    if kind == PointKind.EMAIL:
        try:
            validate_email(value)
        except ValidationError:
            raise Invalid({"value": [_("Complete the address: name@example.com is expected.")]}) from None
        return email_norm(value)
    return wechat_norm(value)
