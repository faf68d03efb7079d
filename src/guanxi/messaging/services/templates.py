"""Templates: which one counts, filled with a record's values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import gettext as _

from guanxi.core.errors import NotFound
from guanxi.core.tenancy import tenant_tx
from guanxi.identity.actor import Actor
from guanxi.messaging.defaults import DEFAULTS, DefaultTemplate, default_template
from guanxi.messaging.merge import merge, merge_html
from guanxi.messaging.models import MessageTemplate
from guanxi.messaging.values import record_values, sender_values
from guanxi.records.changes import Create, change_records
from guanxi.records.queries import get_record

AnyTemplate = MessageTemplate | DefaultTemplate


@dataclass(frozen=True)
class Rendered:
    """A filled template: `body` is Markdown that a person may still edit, `html` its inner HTML."""

    subject: str
    body: str
    html: str
    template_id: UUID | None = None


def find_template(key: str, language: str) -> AnyTemplate:
    """The running tenant's active template for a use of the software, else the delivered one. Raises KeyError."""
    own = MessageTemplate.objects.filter(key=key, language=language, is_active=True, deleted_at__isnull=True).first()
    return own or default_template(key, language)


def fill(template: AnyTemplate, values: Mapping[str, Any]) -> Rendered:
    """The template with its merge fields replaced by plain values."""
    return Rendered(
        subject=" ".join(merge(template.subject, values).split()),
        body=merge(template.body, values),
        html=merge_html(template.body, values),
        template_id=template.id if isinstance(template, MessageTemplate) else None,
    )


def render_message(
    actor: Actor,
    *,
    template_id: UUID | None = None,
    key: str = "",
    language: str | None = None,
    records: Mapping[str, UUID | None],
    extra: Mapping[str, Any] | None = None,
) -> Rendered:
    """A template filled for the actor, ready to be edited and sent.

    Names a template by its id or by `key` and `language`. `records` gives the records whose fields it may use, by object name:
    {"contact": id, "account": id}; only fields that the actor may read are filled in. Raises NotFound.
    """
    with tenant_tx(actor.tenant_id), translation.override(language or actor.language):
        template: AnyTemplate
        if template_id is not None:
            template = get_record(actor, "message_template", template_id)
        else:
            template = _by_key(key, language or actor.language)
        with translation.override(template.language):
            values = {**sender_values(actor), **(extra or {})}
            for name, record_id in records.items():
                values[name] = record_values(actor, name, record_id) if record_id else {}
        return fill(template, values)


def set_up_tenant(actor: Actor, *, language: str) -> None:
    """Give a new tenant the delivered templates as records of its own (port NEW_TENANT)."""
    rows = [
        Create(
            {
                "name": str(item.name),
                "key": item.key,
                "language": item.language,
                "subject": item.subject,
                "body": item.body,
            }
        )
        for item in DEFAULTS
    ]
    change_records(actor, "message_template", rows)


def _by_key(key: str, language: str) -> AnyTemplate:
    try:
        return find_template(key, language)
    except KeyError:
        raise NotFound(_("There is no such template.")) from None
