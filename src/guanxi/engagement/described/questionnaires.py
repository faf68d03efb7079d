"""Questionnaires and answers."""

from django.utils.translation import gettext_lazy as _

from guanxi.engagement.models import Answer, Purpose, Questionnaire, QuestionnaireStatus
from guanxi.engagement.pages import answer_context, questionnaire_context
from guanxi.engagement.parts import answer_items, links_part, results_part
from guanxi.engagement.rules import check_questionnaire
from guanxi.engagement.services import (
    answer_questionnaire,
    keep_version,
    revoke_links,
    send_questionnaire,
    send_to_segment,
    share_link,
)
from guanxi.records.parts import Part
from guanxi.records.registry import Choice, Command, Field, ObjectType, Related, Section, View, register

STATUSES = tuple(
    Choice(str(value), label, {"open": "jade"}.get(str(value), "grey")) for value, label in QuestionnaireStatus.choices
)
PURPOSES = tuple(Choice(str(value), label) for value, label in Purpose.choices)
ACCOUNT = Field("account", _("Account"), kind="link", to="account", required=False)
CONTACT = Field("contact", _("Contact"), kind="link", to="contact", required=False)


def is_open(questionnaire: Questionnaire) -> bool:
    """Whether it takes answers."""
    return questionnaire.status == QuestionnaireStatus.OPEN


register(
    ObjectType(
        name="questionnaire",
        plural="questionnaires",
        room="engagement",
        model=Questionnaire,
        label=_("Questionnaire"),
        label_plural=_("Questionnaires"),
        icon="clipboard-list",
        code_pattern="QN-{seq:4}",
        subtitle=("purpose", "status"),
        fields=(
            Field("name", search=True),
            Field("name_zh", search=True),
            Field("purpose", choices=PURPOSES),
            Field("status", choices=STATUSES),
            "intro",
            "intro_zh",
            "thanks",
            "thanks_zh",
            Field("content", kind="json", required=False, sortable=False, filterable=False),
            Field("link_days", min_value=1, max_value=365),
            Field("reminder_days", min_value=1, max_value=90),
            Field("low_score", min_value=0, max_value=10),
        ),
        list_columns=("name", "purpose", "status", "owner", "updated_at"),
        default_sort="name",
        sections=(
            Section(_("Questionnaire"), ("name", "name_zh", "purpose", "status", "owner", "team", "tags")),
            Section(_("Words"), ("intro", "intro_zh", "thanks", "thanks_zh")),
            Section(_("Sending and follow-up"), ("link_days", "reminder_days", "low_score")),
        ),
        views=(
            View("open", _("Open questionnaires"), {"field": "status", "op": "is", "value": "open"}, "name"),
            View("all", _("All questionnaires"), {}, "name"),
        ),
        related=(Related("answer", "questionnaire", _("Answers")),),
        commands=(
            Command(
                "answer",
                _("Write down an answer"),
                answer_questionnaire,
                params=(
                    ACCOUNT,
                    CONTACT,
                    Field("channel", _("Channel"), kind="text", max_length=10, required=False),
                    Field("answers", _("Answers"), kind="json", required=True),
                ),
                when=is_open,
                icon="pencil",
                permission="view",
            ),
            Command("send", _("Send by mail"), send_questionnaire, params=(ACCOUNT, CONTACT), when=is_open, icon="mail", permission="view"),
            Command(
                "send-segment",
                _("Send to a segment"),
                send_to_segment,
                params=(
                    Field("segment", _("Segment"), kind="link", to="segment", required=True),
                    Field("object", _("Records"), kind="choice", choices=(Choice("contact", _("Contacts")), Choice("account", _("Accounts"))), required=True),
                ),
                when=is_open,
                icon="users-group",
            ),
            Command("share", _("Open address"), share_link, when=is_open, icon="link"),
            Command("revoke", _("End all links"), revoke_links, icon="ban"),
        ),
        parts=(
            Part(
                "links",
                _("Links"),
                {
                    "id": "uuid", "account": "uuid", "contact": "uuid", "is_open": "bool", "url": "text", "sent_at": "datetime",
                    "answered_at": "datetime", "expires_at": "datetime", "refusal": "text",
                },
                links_part,
            ),
            Part("results", _("Results"), {"question": "text", "answer": "text", "count": "integer", "mean": "number"}, results_part),
        ),
        checks=(check_questionnaire,),
        after=keep_version,
        menu_group="customers",
        importable=True,
        detail_template="engagement/questionnaire.html.jinja",
        detail_context=questionnaire_context,
    )
)  # fmt: skip

register(
    ObjectType(
        name="answer",
        plural="answers",
        room="engagement",
        model=Answer,
        label=_("Answer"),
        label_plural=_("Answers"),
        icon="clipboard-check",
        code_pattern="AN-{yyyy}-{seq:5}",
        title="code",
        subtitle=("questionnaire", "account"),
        default_sort="-answered_at",
        fields=(
            Field("questionnaire", command=True),
            Field("account", command=True),
            Field("contact", command=True),
            Field("channel", command=True),
            Field("language", command=True),
            Field("answered_at", command=True, clock=True),
            Field("csat", command=True),
            Field("nps", command=True),
            Field("ces", command=True),
            Field("gap", command=True),
            Field("points", command=True),
            Field("comment", command=True, search=True),
        ),
        list_columns=("code", "questionnaire", "account", "contact", "answered_at", "csat", "nps", "gap", "channel"),
        sections=(
            Section(_("Answer"), ("questionnaire", "account", "contact", "channel", "answered_at", "language", "owner", "team")),
            Section(_("Measures"), ("csat", "nps", "ces", "gap", "points", "tags")),
        ),
        views=(
            View("all", _("All answers"), {}, "-answered_at"),
            View("low", _("Not content"), {"any": [
                {"field": "nps", "op": "lte", "value": 6}, {"field": "csat", "op": "lte", "value": 2},
            ]}, "-answered_at"),
        ),
        parts=(
            Part(
                "items",
                _("Answers"),
                {
                    "question": "text", "attribute": "text", "choice": "text", "number": "number", "text": "text", "day": "date",
                    "perceived": "integer", "expected": "integer", "importance": "integer",
                },
                answer_items,
            ),
        ),
        creatable=False,
        menu_group="customers",
        account="account",
        in_menu=False,
        detail_template="engagement/answer.html.jinja",
        detail_context=answer_context,
    )
)  # fmt: skip
