"""Who belongs to an account: contacts with their part, colleagues who serve it, relationships to others."""

from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from guanxi.core.errors import Invalid, NotFound
from guanxi.core.events import publish
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.events import ContactLinked
from guanxi.customers.models import (
    AccountContact,
    AccountTeamMember,
    ContactRole,
    Relationship,
    RelationshipKind,
    TeamRole,
)
from guanxi.customers.services.subject import lock_subject, write_down
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.records.queries import get_record


def link_contact(
    actor: Actor,
    *,
    account_id: UUID,
    contact_id: UUID,
    role: str = "",
    job_title: str = "",
    is_primary: bool | None = None,
    since: date | None = None,
    until: date | None = None,
) -> AccountContact:
    """Put a contact at an account or change the part it has there.

    `is_primary` True makes it the main contact instead of the one before; None leaves it, and makes the first contact the main one.
    """
    _check_choice("role", role, ["", *ContactRole.values])
    if since and until and until < since:
        raise Invalid({"until": [_("The end is before the beginning.")]})
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=account_id)
        contact = get_record(actor, "contact", contact_id)
        places = AccountContact.objects.filter(account_id=account_id)
        place = places.filter(contact_id=contact_id).first() or AccountContact(
            account_id=account_id, contact_id=contact_id
        )
        before = place.role if not place._state.adding else None
        main = places.filter(is_primary=True).exclude(contact_id=contact_id)
        if is_primary:
            main.update(is_primary=False)
        place.is_primary = place.is_primary or not main.exists() if is_primary is None else is_primary
        place.role, place.job_title, place.since, place.until = role, job_title[:120], since, until
        place.save(force_insert=before is None, force_update=before is not None)
        write_down(
            actor, subject, "people", None if before is None else f"{contact.name}: {before}", f"{contact.name}: {role}"
        )
        publish(ContactLinked(account_id=account_id, contact_id=contact_id, role=role), member_id=actor.member_id)
        return place


def unlink_contact(actor: Actor, *, account_id: UUID, contact_id: UUID) -> None:
    """Take a contact from an account; both records stay. Raises `NotFound` when it is not there."""
    places = AccountContact.objects.filter(contact_id=contact_id)
    _take_out(actor, account_id, places, "contact", "people", _("This contact does not belong to the account."))


def set_team_member(actor: Actor, *, account_id: UUID, member_id: UUID, role: str) -> AccountTeamMember:
    """Let a colleague serve the account in a role, or change that role."""
    _check_choice("role", role, TeamRole.values)
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=account_id)
        member = Membership.objects.filter(id=member_id, is_active=True).first()
        if member is None:
            raise Invalid({"member": [_("No such record.")]})
        row: AccountTeamMember | None = AccountTeamMember.objects.filter(
            account_id=account_id, member_id=member_id
        ).first()
        before = f"{member.name}: {row.role}" if row else None
        if row is None:
            row = AccountTeamMember.objects.create(account_id=account_id, member=member, role=role)
        else:
            AccountTeamMember.objects.filter(id=row.id).update(role=role)
            row.role = role
        write_down(actor, subject, "account_team", before, f"{member.name}: {role}")
        assert row is not None
        return row


def remove_team_member(actor: Actor, *, account_id: UUID, member_id: UUID) -> None:
    """Take a colleague out of the account's team. Raises `NotFound` when not in it."""
    rows = AccountTeamMember.objects.filter(member_id=member_id)
    _take_out(actor, account_id, rows, "member", "account_team", _("This colleague is not in the account team."))


def add_relationship(
    actor: Actor,
    *,
    kind: str,
    from_account_id: UUID | None = None,
    from_contact_id: UUID | None = None,
    to_account_id: UUID | None = None,
    to_contact_id: UUID | None = None,
    note: str = "",
) -> Relationship:
    """State how one account or contact stands to another, read from the first to the second. Twice the same is once."""
    _check_choice("kind", kind, RelationshipKind.values)
    if (to_account_id is None) == (to_contact_id is None):
        raise Invalid({"to": [_("Name an account or a contact.")]})
    if (from_account_id, from_contact_id) == (to_account_id, to_contact_id):
        raise Invalid({"to": [_("Choose another record: nobody is related to itself.")]})
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=from_account_id, contact_id=from_contact_id)
        other = get_record(actor, "account" if to_account_id else "contact", to_account_id or to_contact_id)  # type: ignore[arg-type]
        row, created = Relationship.objects.get_or_create(
            kind=kind,
            from_account_id=from_account_id,
            from_contact_id=from_contact_id,
            to_account_id=to_account_id,
            to_contact_id=to_contact_id,
            defaults={"note": note[:300]},
        )
        if created:
            write_down(actor, subject, "relationships", None, f"{kind}: {other.name}")
        relationship: Relationship = row
        return relationship


def remove_relationship(actor: Actor, *, relationship_id: UUID) -> None:
    """Take back a statement of `add_relationship`. Raises `NotFound`."""
    with tenant_tx(actor.tenant_id):
        others = ("to_account", "to_contact")
        row = Relationship.objects.filter(id=relationship_id).select_related(*others).first()
        if row is None:
            raise NotFound(_("There is no such relationship."))
        other: Any = row.to_account or row.to_contact
        subject = lock_subject(actor, account_id=row.from_account_id, contact_id=row.from_contact_id)
        row.delete()
        write_down(actor, subject, "relationships", f"{row.kind}: {other.name}", None)


def _take_out(
    actor: Actor, account_id: UUID, rows: "QuerySet[Any, Any]", person: str, trace: str, missing: str
) -> None:
    """Take the one of `rows` that belongs to the account out of it; history names the person (a link of the row) and the role."""
    with tenant_tx(actor.tenant_id):
        subject = lock_subject(actor, account_id=account_id)
        row = rows.filter(account_id=account_id).select_related(person).first()
        if row is None:
            raise NotFound(missing)
        row.delete()
        write_down(actor, subject, trace, f"{getattr(row, person).name}: {row.role}", None)


def _check_choice(name: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise Invalid({name: [_("“%(value)s” is not one of the choices.") % {"value": value[:60]}]})
