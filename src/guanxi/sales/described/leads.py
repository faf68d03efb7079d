"""Leads."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from guanxi.records.registry import Board, BoardColumn, Choice, Command, Field, ObjectType, Section, View, register
from guanxi.sales.models import Lead, LeadStatus
from guanxi.sales.models.lead import OPEN_STATUSES
from guanxi.sales.pages import lead_context
from guanxi.sales.queries import reason_choices
from guanxi.sales.rules import LEAD_COMMANDS, currency_known, lead_not_converted, prepare_lead
from guanxi.sales.services import claim_lead, convert_lead, disqualify_lead, move_lead, return_lead
from guanxi.sales.similar import similar_to_lead
from guanxi.science.linkage import headers

TONES = {
    "new": "teal",
    "assigned": "indigo",
    "working": "indigo",
    "nurturing": "amber",
    "qualified": "jade",
    "converted": "jade",
    "unqualified": "grey",
    "recycled": "grey",
}
STATUSES = tuple(Choice(str(value), label, TONES[str(value)]) for value, label in LeadStatus.choices)
ON_BOARD = (*OPEN_STATUSES, LeadStatus.UNQUALIFIED)
OPEN = {"field": "status", "op": "in", "value": [str(status) for status in OPEN_STATUSES]}
MINE = {"field": "owner", "op": "is", "value": "$me"}
POOL = {
    "all": [
        {"field": "owner", "op": "empty"},
        {"field": "status", "op": "in", "value": ["new", "recycled"]},
    ]
}
UNFIT = Field(
    "reason", _("Reason"), kind="link", to="reason", required=False, choices_of=lambda: reason_choices("unqualified")
)


def columns(scope: Any = None) -> list[BoardColumn]:
    """Open statuses, then Unqualified."""
    return [
        BoardColumn(str(status), status.label, "open" if status in OPEN_STATUSES else "lost") for status in ON_BOARD
    ]


def is_open(lead: Lead) -> bool:
    """Neither converted nor closed."""
    return lead.status in OPEN_STATUSES


register(
    ObjectType(
        name="lead",
        plural="leads",
        similar=similar_to_lead,
        similar_fields=("name", "company_name", "email", "phone", "wechat"),
        counted=True,
        room="sales",
        model=Lead,
        label=_("Lead"),
        label_plural=_("Leads"),
        icon="user-search",
        code_pattern="LD-{yyyy}{mm}-{seq:4}",
        subtitle=("company_name", "job_title", "source"),
        fields=(
            Field("name", search=True),
            Field("company_name", search=True),
            "job_title",
            Field("email", search=True, maskable=True),
            Field("phone", kind="phone", search=True, maskable=True),
            Field("wechat", search=True, maskable=True),
            Field("website", kind="url"),
            "industry",
            "street",
            "city",
            "region",
            "country",
            "source",
            "score",
            "interest",
            Field("budget", currency="currency", min_value=0),
            "currency",
            "notes",
            Field("status", choices=STATUSES, command=True),
            *(Field(name, command=True) for name in LEAD_COMMANDS if name != "status"),
        ),
        list_columns=("name", "company_name", "status", "score", "source", "city", "owner", "created_at"),
        default_sort="-created_at",
        sections=(
            Section(_("Person"), ("name", "company_name", "job_title", "status", "reason", "owner", "team")),
            Section(_("Reach"), ("email", "phone", "wechat", "website", "street", "city", "region", "country")),
            Section(
                _("Qualification"), ("source", "score", "industry", "interest", "budget", "currency", "tags", "notes")
            ),
            Section(_("Conversion"), ("converted_at", "account", "contact", "opportunity")),
        ),
        board=Board(
            field="status",
            columns=columns,
            move=move_lead,
            card_fields=("company_name", "score", "source", "owner", "created_at"),
            forms=(("lost", "disqualify"),),
        ),
        views=(
            View("mine", _("My leads"), {"all": [MINE, OPEN]}, "-score"),
            View("open", _("Open leads"), OPEN, "-created_at"),
            View("pool", _("Lead pool"), POOL, "-score"),
            View("all", _("All leads"), {}, "-created_at"),
        ),
        commands=(
            Command(
                "convert",
                _("Convert"),
                convert_lead,
                params=(
                    Field("account", _("Account"), kind="link", to="account", required=False),
                    Field("contact", _("Contact"), kind="link", to="contact", required=False),
                    Field("opportunity", _("Make an opportunity"), kind="bool", required=False),
                    Field("opportunity_values", _("Opportunity"), kind="json", required=False),
                    Field("ignore_duplicates", _("It is none of the similar records"), kind="bool", required=False),
                ),
                when=is_open,
                icon="arrows-exchange",
                tone="primary",
            ),
            Command(
                "move",
                _("Set status"),
                move_lead,
                params=(
                    Field("to", _("Status"), kind="choice", choices=STATUSES, required=True),
                    UNFIT,
                ),
                when=lambda lead: lead.status != LeadStatus.CONVERTED,
                icon="progress",
            ),
            Command(
                "disqualify",
                _("Mark as unqualified"),
                disqualify_lead,
                params=(replace(UNFIT, required=True),),
                when=is_open,
                icon="user-off",
            ),
            Command(
                "claim",
                _("Claim"),
                claim_lead,
                when=lambda lead: lead.owner_id is None,
                icon="hand-grab",
                permission="view",
            ),
            Command(
                "return",
                _("Return to the pool"),
                return_lead,
                when=lambda lead: lead.owner_id is not None and lead.status != LeadStatus.CONVERTED,
                icon="arrow-back-up",
            ),
        ),
        checks=(currency_known, lead_not_converted),
        prepare=prepare_lead,
        menu_group="customers",
        importable=True,
        mergeable=True,
        compared=(
            ("name", headers.NAME),
            ("company_name", headers.COMPANY),
            ("email", headers.EMAIL),
            ("phone", headers.PHONE),
            ("website", headers.WEBSITE),
            ("city", headers.CITY),
            ("street", headers.STREET),
        ),
        account="account",
        detail_template="sales/lead.html.jinja",
        detail_context=lead_context,
    )
)
