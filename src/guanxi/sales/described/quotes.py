"""Quotes."""

from django.utils.translation import gettext_lazy as _

from guanxi.records.parts import Document, Part
from guanxi.records.registry import Choice, Command, Field, ObjectType, Ready, Related, Section, View, register
from guanxi.sales.described.totals import TOTAL_FIELDS
from guanxi.sales.limits import SUMS
from guanxi.sales.models import Quote, QuoteStatus
from guanxi.sales.pages import QUOTE_TONES, quote_context
from guanxi.sales.reading import LINE, document_lines, quote_file
from guanxi.sales.rules import (
    QUOTE_COMMANDS,
    TOTALS,
    currency_fixed_with_lines,
    currency_known,
    prepare_quote,
    quote_dates,
    quote_editable,
)
from guanxi.sales.services import (
    accept_quote,
    approve_quote,
    cancel_quote,
    create_order_from_quote,
    decline_quote,
    reject_quote,
    revise_quote,
    save_quote_lines,
    submit_quote,
    view_quote,
)
from guanxi.sales.services.quotes import IN_HAND, REVISABLE, WITH_CUSTOMER
from guanxi.sales.services.sending import send_quote

STATUSES = tuple(Choice(str(value), label, QUOTE_TONES[str(value)]) for value, label in QuoteStatus.choices)
MINE = {"field": "owner", "op": "is", "value": "$me"}
RUNNING = {"field": "status", "op": "in", "value": ["draft", "in_review", "approved", "rejected", "sent", "viewed"]}
WAITING = {"field": "status", "op": "in", "value": ["sent", "viewed"]}
NOTE = Field("note", _("Note"), kind="longtext", required=False)


register(
    ObjectType(
        name="quote",
        plural="quotes",
        counted=True,
        room="sales",
        model=Quote,
        label=_("Quote"),
        label_plural=_("Quotes"),
        icon="file-dollar",
        code_pattern="Q-{yyyy}{mm}-{seq:4}",
        title="code",
        subtitle=("name", "account"),
        fields=(
            Field("name", search=True),
            Field("code", search=True, readonly=True),
            "account",
            "contact",
            "opportunity",
            Field("price_book", to="price_book"),
            "currency",
            "quote_date",
            "valid_until",
            "document_language",
            "payment_terms",
            "delivery_terms",
            "warranty",
            "terms",
            Field("status", choices=STATUSES, command=True),
            *TOTAL_FIELDS,
            *(Field(name, command=True) for name in QUOTE_COMMANDS if name not in (*TOTALS, "status")),
        ),
        list_columns=("code", "name", "account", "status", "net_total", "total", "valid_until", "owner"),
        sections=(
            Section(
                _("Quote"),
                ("name", "number", "revision", "status", "account", "contact", "opportunity", "owner", "team"),
            ),
            Section(_("Conditions"), ("price_book", "currency", "quote_date", "valid_until", "document_language")),
            Section(_("Terms"), ("payment_terms", "delivery_terms", "warranty", "terms")),
            Section(
                _("Totals"),
                TOTALS,
            ),
            Section(
                _("History"),
                ("approval", "approval_note", "sent_at", "viewed_at", "accepted_at", "declined_at", "decline_note"),
            ),
        ),
        views=(
            View("mine", _("My quotes"), {"all": [MINE, RUNNING]}, "-updated_at"),
            View("review", _("To approve"), {"field": "status", "op": "is", "value": "in_review"}, "-updated_at"),
            View("waiting", _("With the customer"), WAITING, "sent_at"),
            View("all", _("All quotes"), {}, "-updated_at"),
        ),
        related=(Related("order", "quote", _("Orders")),),
        ready=Ready(
            _("Ready for a quote"),
            "opportunity",
            {
                "all": [
                    MINE,
                    {"field": "category", "op": "is", "value": "open"},
                    {"related": "quote.opportunity", "op": "none"},
                ]
            },
            _("Make quote"),
            "/opportunities/{id}/quote",
            _("A quote starts from an opportunity: products, prices and the customer’s details come along."),
        ),
        parts=(Part("lines", _("Lines"), LINE, document_lines),),
        documents=(Document("pdf", _("PDF"), "application/pdf", ("zh", "en", "both"), quote_file, SUMS["quote"]),),
        commands=(
            Command(
                "submit",
                _("Request approval"),
                submit_quote,
                params=(NOTE,),
                when=lambda quote: quote.status in ("draft", "rejected"),
                icon="rosette-discount-check",
            ),
            Command(
                "approve",
                _("Approve"),
                approve_quote,
                params=(NOTE,),
                when=lambda quote: quote.status == "in_review",
                icon="check",
                tone="jade",
            ),
            Command(
                "reject",
                _("Reject"),
                reject_quote,
                params=(Field("note", _("What has to change"), kind="longtext", required=True),),
                when=lambda quote: quote.status == "in_review",
                icon="x",
                tone="rose",
            ),
            Command(
                "send",
                _("Send to the customer"),
                send_quote,
                params=(
                    Field("by_mail", _("By e-mail"), kind="bool", required=False),
                    Field("to", _("To"), kind="email", required=False),
                    Field("subject", _("Subject"), kind="text", required=False),
                    Field("body", _("Letter"), kind="longtext", required=False),
                    Field("language", _("Document language"), kind="text", required=False),
                ),
                when=lambda quote: quote.status in (*IN_HAND, *WITH_CUSTOMER),
                icon="send",
                tone="primary",
            ),
            Command(
                "view", _("Customer has viewed it"), view_quote, when=lambda quote: quote.status == "sent", icon="eye"
            ),
            Command(
                "accept",
                _("Accepted"),
                accept_quote,
                when=lambda quote: quote.status in (*WITH_CUSTOMER, "approved"),
                icon="circle-check",
                tone="jade",
            ),
            Command(
                "order",
                _("Make the order"),
                create_order_from_quote,
                when=lambda quote: quote.status == "accepted",
                icon="package",
                tone="primary",
            ),
            Command(
                "decline",
                _("Declined"),
                decline_quote,
                params=(NOTE,),
                when=lambda quote: quote.status in (*WITH_CUSTOMER, "approved"),
                icon="circle-x",
            ),
            Command(
                "revise", _("New version"), revise_quote, when=lambda quote: quote.status in REVISABLE, icon="versions"
            ),
            Command(
                "cancel", _("Cancel quote"), cancel_quote, when=lambda quote: quote.status in REVISABLE, icon="ban"
            ),
            Command(
                "lines",
                _("Set lines"),
                save_quote_lines,
                params=(Field("lines", _("Lines"), kind="json", required=True),),
                when=lambda quote: quote.status in IN_HAND,
                icon="list",
            ),
        ),
        checks=(currency_known, quote_editable, quote_dates, currency_fixed_with_lines),
        prepare=prepare_quote,
        menu_group="sales",
        key="Q",
        account="account",
        detail_template="sales/quote.html.jinja",
        detail_context=quote_context,
    )
)
