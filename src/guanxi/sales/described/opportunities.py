"""Opportunities."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.parts import Part
from guanxi.records.registry import Board, Choice, Command, Field, ObjectType, Related, Section, View, register
from guanxi.sales.models import Category, Opportunity
from guanxi.sales.pages import opportunity_context
from guanxi.sales.queries import board_columns, board_scopes, place_choices, reason_choices, stage_choices
from guanxi.sales.reading import (
    CONTACT_ROLE,
    MOVE,
    OPPORTUNITY_LINE,
    contact_roles,
    opportunity_lines,
    stage_moves,
)
from guanxi.sales.rules import (
    OPPORTUNITY_COMMANDS,
    begin_stage_histories,
    currency_known,
    forecast_fits_category,
    pipeline_by_stage_only,
    prepare_opportunity,
)
from guanxi.sales.services import (
    create_order_from_opportunity,
    lose_opportunity,
    move_opportunity,
    quote_opportunity,
    remove_contact_role,
    reopen_opportunity,
    set_contact_role,
    set_lines,
    win_opportunity,
)

CATEGORIES = tuple(
    Choice(str(value), label, {"won": "jade", "lost": "grey"}.get(str(value), "indigo"))
    for value, label in Category.choices
)
OPEN = {"field": "category", "op": "is", "value": "open"}
MINE = {"field": "owner", "op": "is", "value": "$me"}
# Open ones and those decided lately, so that the board has something in its last columns.
CURRENT = {"any": [OPEN, {"field": "closed_at", "op": "within", "value": {"last": 90, "unit": "days"}}]}
WON_FOR = Field(
    "reason", _("Reason"), kind="link", to="reason", required=True, choices_of=lambda: reason_choices("won")
)
LOST_FOR = Field(
    "reason", _("Reason"), kind="link", to="reason", required=True, choices_of=lambda: reason_choices("lost")
)
NOTE = Field("reason_note", _("What decided"), kind="longtext", required=False)
COMPETITOR = Field("competitor", _("Competitor"), kind="link", to="competitor", required=False)
DAY = Field("close_date", _("Decided on"), kind="date", required=False)
AMOUNT = Field("amount", _("Amount"), kind="money", required=False)


def is_open(record: Opportunity) -> bool:
    """Neither won nor lost."""
    return record.category == Category.OPEN


def has_account(record: Opportunity) -> bool:
    """Somebody to make an offer to."""
    return record.account_id is not None


register(
    ObjectType(
        name="opportunity",
        plural="opportunities",
        counted=True,
        room="sales",
        model=Opportunity,
        label=_("Opportunity"),
        label_plural=_("Opportunities"),
        icon="layout-kanban",
        code_pattern="OP-{yyyy}{mm}-{seq:4}",
        subtitle=("account", "stage"),
        fields=(
            Field("name", search=True),
            "account",
            "contact",
            Field("pipeline", required=False),
            Field("stage", to="stage", command=True, choices_of=stage_choices),
            Field("stage_since", command=True),
            Field("category", choices=CATEGORIES, command=True),
            Field("probability", kind="percent", min_value=0, max_value=100),
            Field("amount", currency="currency", min_value=0),
            "currency",
            Field("amount_company", readonly=True),
            Field("weighted", readonly=True),
            "type",
            "forecast_category",
            "close_date",
            *(
                Field(name, command=True)
                for name in OPPORTUNITY_COMMANDS
                if name not in ("stage", "stage_since", "category")
            ),
            "next_step",
            "next_step_at",
            "source",
            Field("lead", command=True),
            "description",
        ),
        list_columns=("name", "account", "stage", "amount", "probability", "close_date", "next_step", "owner"),
        sections=(
            Section(_("Opportunity"), ("name", "account", "contact", "pipeline", "stage", "type", "owner", "team")),
            Section(
                _("Amount and forecast"),
                ("amount", "currency", "probability", "weighted", "forecast_category", "close_date"),
            ),
            Section(_("Next step"), ("next_step", "next_step_at")),
            Section(_("Result"), ("closed_at", "reason", "reason_note", "competitor")),
            Section(_("Origin"), ("source", "lead", "description", "tags")),
        ),
        board=Board(
            field="stage",
            columns=board_columns,
            scopes=board_scopes,
            move=move_opportunity,
            sum_field="amount_company",
            weight_field="probability",
            card_fields=(
                "name",
                "account",
                "amount",
                "currency",
                "close_date",
                "next_step",
                "owner",
            ),
            closed_field="closed_at",
            since="stage_since",
        ),
        calendar="close_date",
        views=(
            View("mine", _("My pipeline"), {"all": [MINE, CURRENT]}, "close_date"),
            View(
                "team", _("Team"), {"all": [{"field": "team", "op": "in", "value": "$my_teams"}, CURRENT]}, "close_date"
            ),
            View(
                "closing",
                _("Closing this month"),
                {"all": [OPEN, {"field": "close_date", "op": "within", "value": "this_month"}]},
                "close_date",
            ),
            View(
                "stuck",
                _("Stuck"),
                {
                    "all": [
                        OPEN,
                        {
                            "any": [
                                {"field": "close_date", "op": "lt", "value": "$today"},
                                {"field": "next_step_at", "op": "empty"},
                                {"field": "next_step_at", "op": "lt", "value": "$today"},
                            ]
                        },
                    ]
                },
                "close_date",
            ),
            View("won", _("Won"), {"field": "category", "op": "is", "value": "won"}, "-closed_at"),
            View("lost", _("Lost"), {"field": "category", "op": "is", "value": "lost"}, "-closed_at"),
            View("all", _("All opportunities"), {}, "-updated_at"),
        ),
        related=(Related("quote", "opportunity", _("Quotes")), Related("order", "opportunity", _("Orders"))),
        commands=(
            Command(
                "win",
                _("Win"),
                win_opportunity,
                params=(WON_FOR, DAY, AMOUNT, NOTE),
                when=is_open,
                icon="trophy",
                tone="jade",
            ),
            Command(
                "lose",
                _("Lose"),
                lose_opportunity,
                params=(LOST_FOR, COMPETITOR, DAY, NOTE),
                when=is_open,
                icon="circle-x",
                tone="rose",
            ),
            Command(
                "move",
                _("Move to stage"),
                move_opportunity,
                params=(
                    Field("to", _("Stage"), kind="link", to="stage", required=True, choices_of=place_choices),
                    Field(
                        "reason",
                        _("Reason"),
                        kind="link",
                        to="reason",
                        required=False,
                        choices_of=lambda: reason_choices("won", "lost"),
                    ),
                    COMPETITOR,
                    DAY,
                    AMOUNT,
                    NOTE,
                ),
                icon="arrow-right",
            ),
            Command(
                "reopen",
                _("Reopen"),
                reopen_opportunity,
                params=(Field("to", _("Stage"), kind="link", to="stage", required=False, choices_of=place_choices),),
                when=lambda record: not is_open(record),
                icon="refresh",
            ),
            Command(
                "lines",
                _("Set products"),
                set_lines,
                params=(Field("lines", _("Products"), kind="json", required=True),),
                when=is_open,
                icon="list",
            ),
            Command(
                "contacts",
                _("Set contact role"),
                set_contact_role,
                params=(
                    Field("contact", _("Contact"), kind="link", to="contact", required=True),
                    Field("role", _("Role"), kind="text", required=False),
                    Field("is_primary", _("Primary"), kind="bool", required=False),
                ),
                icon="users",
            ),
            Command(
                "remove-contact",
                _("Remove contact role"),
                remove_contact_role,
                params=(Field("contact", _("Contact"), kind="link", to="contact", required=True),),
                icon="user-minus",
            ),
            Command("quote", _("Make quote"), quote_opportunity, when=has_account, icon="file-text", permission="view"),
            Command(
                "order",
                _("Make order"),
                create_order_from_opportunity,
                when=lambda record: has_account(record) and record.category != Category.LOST,
                icon="package",
                permission="view",
            ),
        ),
        parts=(
            Part("lines", _("Products"), OPPORTUNITY_LINE, opportunity_lines),
            Part("contacts", _("Contact roles"), CONTACT_ROLE, contact_roles),
            Part("moves", _("Stage history"), MOVE, stage_moves),
        ),
        checks=(currency_known, pipeline_by_stage_only, forecast_fits_category),
        prepare=prepare_opportunity,
        fetch=("stage",),
        after_all=begin_stage_histories,
        menu_group="sales",
        key="O",
        account="account",
        detail_template="sales/opportunity.html.jinja",
        detail_context=opportunity_context,
    )
)
