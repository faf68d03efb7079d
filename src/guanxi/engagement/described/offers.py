"""Offers and responses."""

from django.utils.translation import gettext_lazy as _

from guanxi.engagement.models import (
    OPEN_RESPONSES,
    DeclineReason,
    Offer,
    OfferChannel,
    OfferStatus,
    Response,
    ResponseState,
)
from guanxi.engagement.pages import offer_context, response_context
from guanxi.engagement.rules import (
    check_offer,
    check_response,
    prepare_offer,
    prepare_response,
)
from guanxi.engagement.services import (
    accept_response,
    close_response,
    convert_response,
    decline_response,
    postpone_response,
    propose_offer,
)
from guanxi.records.registry import Choice, Command, Field, ObjectType, Related, Section, View, register

CHANNELS = tuple(Choice(str(value), label) for value, label in OfferChannel.choices)
STATUSES = tuple(
    Choice(str(value), label, {"active": "jade", "paused": "amber"}.get(str(value), "grey"))
    for value, label in OfferStatus.choices
)
TONES = {"proposed": "indigo", "accepted": "jade", "converted": "jade", "declined": "rose", "later": "amber"}
STATES = tuple(Choice(str(value), label, TONES.get(str(value), "grey")) for value, label in ResponseState.choices)
REASONS = tuple(Choice(str(value), label) for value, label in DeclineReason.choices)
MINE = {"field": "owner", "op": "is", "value": "$me"}
WAITING = {"field": "state", "op": "in", "value": [str(state) for state in OPEN_RESPONSES]}
NOTE = Field("note", _("Note"), kind="longtext", required=False)


def is_waiting(response: Response) -> bool:
    """Whether the customer has yet to say."""
    return response.state in OPEN_RESPONSES and not response.control


register(
    ObjectType(
        name="offer",
        plural="offers",
        room="engagement",
        model=Offer,
        label=_("Offer"),
        label_plural=_("Offers"),
        icon="gift",
        code_pattern="OF-{seq:4}",
        subtitle=("kind", "status"),
        fields=(
            Field("name", search=True),
            Field("name_zh", search=True),
            "kind",
            "offered",
            "product",
            Field("description", search=True),
            "description_zh",
            Field("channels", kind="multichoice", choices=CHANNELS, sortable=False),
            "valid_from",
            "valid_to",
            Field("price", currency="currency", min_value=0),
            Field("discount_percent", kind="percent", min_value=0, max_value=100),
            Field("margin", currency="currency"),
            Field("contact_cost", currency="currency", min_value=0),
            "currency",
            Field("criteria", kind="json", required=False, sortable=False, filterable=False),
            Field("capacity", min_value=0),
            Field("control_percent", kind="percent", min_value=0, max_value=50),
            "leads_to",
            Field("status", choices=STATUSES),
        ),
        list_columns=("name", "kind", "status", "product", "margin", "valid_to", "owner"),
        default_sort="name",
        sections=(
            Section(_("Offer"), ("name", "name_zh", "kind", "offered", "product", "status", "owner", "team", "tags")),
            Section(_("Words"), ("description", "description_zh")),
            Section(_("When and where"), ("channels", "valid_from", "valid_to", "capacity", "control_percent")),
            Section(_("Money"), ("price", "discount_percent", "margin", "contact_cost", "currency", "leads_to")),
        ),
        views=(
            View("active", _("Active offers"), {"field": "status", "op": "is", "value": "active"}, "name"),
            View("all", _("All offers"), {}, "name"),
        ),
        related=(Related("response", "offer", _("Responses")),),
        commands=(
            Command(
                "propose",
                _("Propose"),
                propose_offer,
                params=(
                    Field("account", _("Account"), kind="link", to="account", required=False),
                    Field("contact", _("Contact"), kind="link", to="contact", required=False),
                    Field("channel", _("Channel"), kind="choice", choices=CHANNELS, required=True),
                    Field("subject", _("Subject"), kind="text", max_length=300, required=False),
                    Field("body", _("Text"), kind="longtext", required=False),
                ),
                when=lambda offer: offer.status == OfferStatus.ACTIVE,
                icon="send",
                tone="primary",
                permission="view",
            ),
        ),
        checks=(check_offer,),
        prepare=prepare_offer,
        menu_group="sales",
        importable=True,
        detail_template="engagement/offer.html.jinja",
        detail_context=offer_context,
    )
)

register(
    ObjectType(
        name="response",
        plural="responses",
        room="engagement",
        model=Response,
        label=_("Response"),
        label_plural=_("Responses"),
        icon="message-reply",
        code_pattern="RS-{yyyy}-{seq:5}",
        title="code",
        subtitle=("offer", "account", "state"),
        default_sort="-proposed_at",
        fields=(
            "offer",
            "account",
            "contact",
            Field("channel", choices=CHANNELS),
            Field("proposed_at", clock=True),
            Field("note", search=True),
            Field("state", choices=STATES, command=True),
            Field("answered_at", command=True),
            Field("decline_reason", command=True),
            Field("later_on", command=True),
            Field("control", command=True),
            Field("made_object", command=True),
            Field("converted_at", command=True),
            Field("revenue", command=True, currency="currency"),
            Field("margin", command=True, currency="currency"),
            Field("currency", command=True),
        ),
        list_columns=("code", "offer", "account", "channel", "proposed_at", "state", "revenue", "owner"),
        sections=(
            Section(
                _("Proposed"), ("offer", "account", "contact", "channel", "proposed_at", "owner", "team", "control")
            ),
            Section(
                _("What came of it"), ("state", "answered_at", "decline_reason", "later_on", "note", "made_object")
            ),
            Section(_("Outcome"), ("converted_at", "revenue", "margin", "currency", "tags")),
        ),
        views=(
            View("mine", _("My open responses"), {"all": [MINE, WAITING]}, "-proposed_at"),
            View("open", _("All open responses"), WAITING, "-proposed_at"),
            View("control", _("Control group"), {"field": "control", "op": "is", "value": True}, "-proposed_at"),
            View("all", _("All responses"), {}, "-proposed_at"),
        ),
        commands=(
            Command(
                "accept", _("Accept"), accept_response, params=(NOTE,), when=is_waiting, icon="check", tone="primary"
            ),
            Command(
                "decline",
                _("Decline"),
                decline_response,
                params=(Field("reason", _("Why declined"), kind="choice", choices=REASONS, required=True), NOTE),
                when=is_waiting,
                icon="x",
            ),
            Command(
                "later",
                _("Other time"),
                postpone_response,
                params=(Field("until", _("Ask again on"), kind="date", required=True), NOTE),
                when=is_waiting,
                icon="clock-pause",
            ),
            Command("close", _("No response"), close_response, when=is_waiting, icon="circle-minus"),
            Command(
                "convert",
                _("It led to a sale"),
                convert_response,
                params=(
                    Field("revenue", _("Revenue"), kind="money", required=False),
                    Field("margin", _("Margin"), kind="money", required=False),
                ),
                when=lambda response: is_waiting(response) or response.state == ResponseState.ACCEPTED,
                icon="trophy",
            ),
        ),
        checks=(check_response,),
        prepare=prepare_response,
        menu_group="sales",
        account="account",
        detail_template="engagement/response.html.jinja",
        detail_context=response_context,
    )
)
