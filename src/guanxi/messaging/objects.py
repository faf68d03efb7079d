"""Message templates as the record engine sees them."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.core.errors import Invalid
from guanxi.messaging.merge import check_fields
from guanxi.messaging.models import MessageTemplate
from guanxi.records.registry import Choice, Draft, Field, ObjectType, Section, View, register


def well_formed(draft: Draft) -> Mapping[str, list[str]] | None:
    """Braces form merge fields, in subject and text."""
    problems: dict[str, list[str]] = {}
    for name in ("subject", "body"):
        try:
            check_fields(getattr(draft.record, name))
        except Invalid as error:
            problems[name] = error.errors[""]
    return problems or None


def one_per_use(draft: Draft) -> Mapping[str, list[str]] | None:
    """One template for each use of the software and language."""
    record = draft.record
    same = MessageTemplate.objects.filter(key=record.key, language=record.language, deleted_at__isnull=True).exclude(
        id=record.id
    )
    if record.key and same.exists():
        return {"key": [_("There is a template for this use in this language already.")]}
    return None


USES = (
    Choice("invitation", gettext_lazy("Invitation")),
    Choice("reminder", gettext_lazy("Reminder")),
    Choice("quote", gettext_lazy("Quote")),
)

register(
    ObjectType(
        name="message_template",
        plural="message-templates",
        room="messaging",
        model=MessageTemplate,
        label=gettext_lazy("Message template"),
        label_plural=gettext_lazy("Message templates"),
        icon="mail",
        fields=(
            Field("name", search=True),
            Field(
                "key",
                kind="choice",
                choices=USES,
                help=gettext_lazy("The software uses this text itself. Empty: people choose it when they write."),
            ),
            "channel",
            "language",
            "subject",
            Field(
                "body",
                help=gettext_lazy(
                    'Markdown. Merge fields such as {{ contact.name }} or {{ contact.name | "customer" }} are filled in.'
                ),
            ),
            "is_active",
        ),
        list_columns=("name", "key", "language", "subject", "is_active", "updated_at"),
        default_sort="name",
        sections=(
            Section(gettext_lazy("Purpose"), ("name", "key", "channel", "language", "is_active")),
            Section(gettext_lazy("Text"), ("subject", "body")),
        ),
        views=(View("all", gettext_lazy("All templates"), {}, "name"),),
        checks=(well_formed, one_per_use),
        in_menu=False,
    )
)
