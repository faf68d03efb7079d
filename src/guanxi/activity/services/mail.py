"""A mail to a customer as a person writes it: about a record, from a template, with merge fields; the gate sends it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from guanxi.activity.models import Outreach
from guanxi.activity.services.gate import contact_customer
from guanxi.core.errors import NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.customers.models import ConsentPurpose
from guanxi.identity.actor import Actor
from guanxi.messaging.merge import merge
from guanxi.messaging.services import render_message
from guanxi.messaging.values import record_values, sender_values
from guanxi.records import registry
from guanxi.records.queries import get_record


def write_mail(
    actor: Actor,
    *,
    account_id: UUID | None = None,
    contact_id: UUID | None = None,
    object: str = "",
    record_id: UUID | None = None,
    subject: str = "",
    body: str = "",
    template: UUID | None = None,
    purpose: str = "",
    attachments: Sequence[UUID] = (),
    own: Mapping[str, Any] | None = None,
) -> Outreach:
    """Send a mail about a record to its customer: the one named, or the one that the record names.

    A template stands in for whatever of subject and text is left empty. Merge fields are filled in. Raises what `contact_customer` raises.
    """
    with tenant_tx(actor.tenant_id):
        account_id, contact_id = customer_of(actor, account_id, contact_id, object, record_id)
        keys: dict[str, UUID | None] = {"account": account_id, "contact": contact_id}
        if template is not None and not (subject and body):
            filled = render_message(actor, template_id=template, records=keys)
            subject, body = subject or filled.subject, body or filled.body
        return contact_customer(
            actor,
            account_id=account_id,
            contact_id=contact_id,
            object=object if record_id else "",
            record_id=record_id,
            purpose=purpose or ConsentPurpose.SERVICE,
            subject=merge_fields(actor, subject, account_id=account_id, contact_id=contact_id),
            body=merge_fields(actor, body, account_id=account_id, contact_id=contact_id),
            attachments=attachments,
            template=template,
            own=own,
        )


def customer_of(
    actor: Actor, account_id: UUID | None, contact_id: UUID | None, object_name: str, record_id: UUID | None
) -> tuple[UUID | None, UUID | None]:
    """Account and contact, those not given taken from the record. Raises `NotFound` for what the actor does not see."""
    if not object_name or record_id is None:
        return account_id, contact_id
    kind = next((one for one in registry.objects() if one.name == object_name), None)
    if kind is None or kind.room in actor.rooms_off:
        raise NotFound(_("There is no such record, or it is not shown to your role."))
    record = get_record(actor, object_name, record_id)
    own_account = record.id if object_name == "account" else getattr(record, "account_id", None)
    own_contact = record.id if object_name == "contact" else getattr(record, "contact_id", None)
    return account_id or own_account, contact_id or own_contact


def merge_fields(actor: Actor, text: str, *, account_id: UUID | None, contact_id: UUID | None) -> str:
    """The text with its merge fields filled in, as far as the actor may read them: {{ contact.name }}."""
    if "{{" not in text:
        return text
    values: dict[str, Any] = dict(sender_values(actor))
    for name, key in (("contact", contact_id), ("account", account_id)):
        if key:
            values[name] = record_values(actor, name, key)
    return merge(text, values)
