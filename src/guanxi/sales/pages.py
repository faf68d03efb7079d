"""What the pages of quotes, orders and opportunities show beside the generic facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guanxi.activity.views.base import about_of
from guanxi.activity.views.timeline import timeline_context
from guanxi.core.ui.formats import number
from guanxi.identity.actor import Actor
from guanxi.identity.models import Membership
from guanxi.identity.permissions import field_access, may
from guanxi.records import registry
from guanxi.records.queries import linked_labels, may_change, visible_records
from guanxi.records.views.details import commands_of
from guanxi.sales.comparing import change_words
from guanxi.sales.limits import Limits, able_to_permit, limits_of, shows_money
from guanxi.sales.models import Category, Lead, LineKind, Opportunity, Order, OrderStatus, Quote, QuoteLine, QuoteStatus
from guanxi.sales.queries import is_stuck, language_now, versions_of
from guanxi.sales.rules import EDITABLE_QUOTES
from guanxi.sales.services.lines import figures_of, priced
from guanxi.sales.totals import ZERO, Figures, line_figures

QUOTE_TONES = {
    "draft": "grey", "in_review": "amber", "approved": "indigo", "rejected": "rose", "sent": "teal", "viewed": "teal",
    "accepted": "jade", "ordered": "jade", "declined": "rose", "expired": "grey", "revised": "grey", "cancelled": "grey",
}  # fmt: skip
STEPS = (QuoteStatus.DRAFT, QuoteStatus.IN_REVIEW, QuoteStatus.APPROVED, QuoteStatus.SENT, QuoteStatus.ACCEPTED)
REACHED = {
    QuoteStatus.DRAFT: 0,
    QuoteStatus.IN_REVIEW: 1,
    QuoteStatus.REJECTED: 1,
    QuoteStatus.APPROVED: 2,
    QuoteStatus.SENT: 3,
    QuoteStatus.VIEWED: 3,
    QuoteStatus.DECLINED: 4,
    QuoteStatus.EXPIRED: 3,
    QuoteStatus.ACCEPTED: 4,
    QuoteStatus.ORDERED: 4,
}
STOPPED = (QuoteStatus.REJECTED, QuoteStatus.DECLINED, QuoteStatus.EXPIRED, QuoteStatus.REVISED, QuoteStatus.CANCELLED)
MARGIN_SCALE = Decimal(50)
IN_PLACE = ("lines", "contacts", "remove-contact", "quote", "order")
STUCK_WORDS = {
    "late": gettext_lazy("The close date is past."),
    "slow": gettext_lazy("Longer in this stage than usual."),
    "no_step": gettext_lazy("No next step is planned."),
}


@dataclass
class LineRow:
    """A line as the editor draws it: texts of the inputs (as typed when refused), figures, what is wrong."""

    id: str
    kind: str
    name: str
    second: str
    unit: str
    quantity: str
    list_price: str
    discount: str
    optional: bool
    net_price: Decimal = ZERO
    amount: Decimal = ZERO
    margin_percent: Decimal | None = None
    margin_tone: str = ""
    over_limit: bool = False
    errors: dict[str, list[str]] = field(default_factory=dict)


def plain_number(value: Decimal) -> str:
    """A number as an input shows it: no grouping, no trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def line_rows(rows: list[Any], currency: str, limits: Limits | None = None) -> list[LineRow]:
    """Stored lines for the screen, in the active language."""
    language = language_now()
    made = []
    for row in rows:
        figures = line_figures(priced(row), currency)
        other = row.name_zh if row.name_in(language) == row.name else row.name
        second = " · ".join(
            part for part in (row.sku, other if other != row.name_in(language) else "", row.description) if part
        )
        line = LineRow(
            id=str(row.id),
            kind=row.kind,
            name=row.name_in(language) or row.description,
            second=second if row.kind == LineKind.PRODUCT else "",
            unit=row.unit_in(language),
            quantity=plain_number(row.quantity),
            list_price=plain_number(row.list_price),
            discount=plain_number(row.discount_percent),
            optional=getattr(row, "optional", False),
            net_price=figures.net_price,
            amount=figures.amount,
            margin_percent=figures.margin_percent,
        )
        if limits is not None and row.kind == LineKind.PRODUCT:
            line.over_limit = row.discount_percent > limits.discount
            line.margin_tone = _margin_tone(figures.margin_percent, limits)
        made.append(line)
    return made


def _margin_tone(percent: Decimal | None, limits: Limits) -> str:
    if percent is None or percent >= limits.margin_floor:
        return ""
    return "rose" if percent < limits.margin_floor - 5 else "amber"


def quote_steps(quote: Quote) -> list[dict[str, Any]]:
    """The way of a quote with the present step; a stopped quote ends in the word for how."""
    at = REACHED.get(QuoteStatus(quote.status), 0)
    steps = [
        {"label": str(step.label), "state": "past" if index < at else "now" if index == at else ""}
        for index, step in enumerate(STEPS)
    ]
    label = str(QuoteStatus(quote.status).label)
    if quote.status in STOPPED:
        return [*(step | {"state": "past"} for step in steps[:at]), {"label": label, "state": "stopped"}]
    steps[at]["label"] = label
    return steps


def editor_context(
    actor: Actor,
    document: Quote | Order,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, list[str]] | None = None,
) -> dict[str, Any]:
    """What the editor of lines and totals draws. `typed` are the texts of a refused form by "field:line", `errors` the reasons."""
    name = "order" if isinstance(document, Order) else "quote"
    limits = limits_of(actor)
    rows = list(document.lines.order_by("position"))
    lines = line_rows(rows, document.currency, limits)
    general = _put_errors(lines, typed or {}, errors or {})
    figures = figures_of(rows, document.currency)
    open_now = (OrderStatus.DRAFT,) if name == "order" else EDITABLE_QUOTES
    show_money = shows_money(actor, name)
    editable = show_money and document.status in open_now and may_change(actor, name, document)
    over = [line for line in lines if line.over_limit] if editable else []
    return {
        name: document,
        "document": document,
        "document_url": f"/{name}s/{document.id}",
        "lines": lines,
        "figures": figures,
        "editable": editable,
        "general_errors": general,
        "limits": limits,
        "over": over,
        **(_over_words(actor, document, over, limits) if over else {}),
        "lower_gain": _gain_at(rows, document.currency, limits.discount, figures),
        "show_money": show_money,
        "show_margin": show_money
        and field_access(actor, name, "margin") in ("read", "write")
        and figures.margin is not None,
        "margin_tone": _margin_tone(figures.margin_percent, limits),
        "margin_place": _place(figures.margin_percent or ZERO),
        "floor_place": _place(limits.margin_floor),
        "goal_place": _place(limits.margin_goal),
        "saved_at": timezone.localtime(document.updated_at),
        **(_order_parts(actor, document) if isinstance(document, Order) else _quote_parts(document)),
    }


def _quote_parts(quote: Quote) -> dict[str, Any]:
    return {"state_tone": QUOTE_TONES[quote.status], "primary": _primary(quote)}


def _order_parts(actor: Actor, order: Order) -> dict[str, Any]:
    """What was delivered, agreed and paid, as far as the actor may see these records and their amounts."""
    parts = (
        ("plans", "payment_plan", "due_on"),
        ("deliveries", "delivery", "planned_on"),
        ("payments", "payment", "-received_on"),
    )
    found: dict[str, Any] = {
        name: list(visible_records(actor, kind).filter(order=order).order_by(first, "id"))
        for name, kind, first in parts
    }
    return found | {
        "open_amount": order.total - order.paid_total,
        "show_paid": readable(actor, "order", "paid_total"),
        "show_plan_amounts": readable(actor, "payment_plan", "amount"),
        "show_payment_amounts": readable(actor, "payment", "amount"),
    }


def readable(actor: Actor, object_name: str, name: str) -> bool:
    """Whether a field may be shown plainly."""
    return field_access(actor, object_name, name) in ("read", "write")


def _over_words(actor: Actor, document: Quote | Order, over: list[LineRow], limits: Limits) -> dict[str, str]:
    """Which discounts are above the limit, and who may permit them."""
    lines = ", ".join(line.name for line in over)
    limit = {"limit": number(limits.discount)}
    names = able_to_permit(actor, document, max(Decimal(line.discount) for line in over))
    if isinstance(document, Order):
        words = (
            _("%(names)s may confirm the order.")
            if names
            else _("Somebody with a higher limit has to confirm the order.")
        )
    else:
        words = (
            _("%(names)s may approve it; then the quote can be sent.")
            if names
            else _("A manager has to approve the discount before the quote can be sent.")
        )
    joined = _(", ").join(names)
    return {
        "over_words": _("%(lines)s: above your limit of %(limit)s %%.") % {"lines": lines, **limit},
        "approval_words": words % {"names": joined} if names else words,
    }


def _place(percent: Decimal) -> str:
    return f"{min(max(percent, ZERO), MARGIN_SCALE) * 100 / MARGIN_SCALE:.1f}"


def _put_errors(lines: list[LineRow], typed: Mapping[str, Any], errors: Mapping[str, list[str]]) -> list[str]:
    """Put refused inputs and their messages on their lines; what belongs to no line comes back."""
    general: list[str] = []
    for name, texts in errors.items():
        parts = name.split(".")
        if len(parts) == 3 and parts[1].isdecimal() and int(parts[1]) < len(lines):
            lines[int(parts[1])].errors[parts[2]] = list(texts)
        else:
            general.extend(texts)
    for line in lines:
        for name, attribute in (
            ("quantity", "quantity"),
            ("list_price", "list_price"),
            ("discount_percent", "discount"),
            ("name", "name"),
        ):
            value = typed.get(f"{name}:{line.id}")
            if value is not None and errors:
                setattr(line, attribute, value)
    return general


def _gain_at(rows: list[Any], currency: str, limit: Decimal, figures: Figures) -> Decimal:
    """How much more the net would be with every discount at most `limit`."""
    kept = [row.discount_percent for row in rows]
    for row in rows:
        row.discount_percent = min(row.discount_percent, limit)
    lowered = figures_of(rows, currency)
    for row, percent in zip(rows, kept, strict=True):
        row.discount_percent = percent
    return lowered.net_total - figures.net_total


def quote_context(actor: Actor, quote: Quote, request: HttpRequest) -> dict[str, Any]:
    """The whole page of a quote."""
    versions = list(
        versions_of(actor, quote).prefetch_related(Prefetch("lines", QuoteLine.objects.order_by("position")))
    )
    names = linked_labels(actor, "user", {row.owner_id for row in versions if row.owner_id})
    return editor_context(actor, quote) | {
        "page_title": quote.number,
        "aside": request.GET.get("tab", "facts") == "facts",
        "steps": quote_steps(quote),
        "stopped": quote.status in STOPPED,
        "made_order": _order_of(actor, quote),
        "versions": [
            {"quote": row, "who": names.get(row.owner_id, ""), "current": row.id == quote.id, **_against(row, before)}
            for row, before in zip(versions, [*versions[1:], None], strict=True)
        ],
        "reviewer_note": quote.approval_note,
    }


def _order_of(actor: Actor, quote: Quote) -> Any:
    """The order that the quote became, when the actor may see it."""
    if quote.status != QuoteStatus.ORDERED or not may(actor, "order", "view"):
        return None
    return visible_records(actor, "order").filter(quote=quote).order_by("-created_at").first()


def _against(quote: Quote, before: Quote | None) -> dict[str, str]:
    """What a version changed, in a few words, and the way to the whole comparison."""
    if before is None:
        return {}
    words = change_words(list(before.lines.all()), list(quote.lines.all()))
    return {"changed": words, "compare_url": f"/quotes/{quote.id}/compare?with={before.id}"}


def _primary(quote: Quote) -> str:
    """The command that comes next."""
    if quote.status in (QuoteStatus.DRAFT, QuoteStatus.REJECTED):
        return "submit" if quote.approval in ("needed", "rejected") else "send"
    return {"in_review": "approve", "approved": "send", "sent": "accept", "viewed": "accept"}.get(quote.status, "")


def timeline_of(actor: Actor, object_name: str, record: Any, request: HttpRequest) -> dict[str, Any]:
    """The timeline of a record and the note box above it, where the page shows them."""
    if request.GET.get("tab", "facts") != "facts" or "activity" in actor.rooms_off:
        return {}
    about = about_of(actor, QueryDict(f"object={object_name}&record={record.id}"))
    return timeline_context(actor, about, group=request.GET.get("group", "")[:20])


def lead_context(actor: Actor, lead: Lead, request: HttpRequest) -> dict[str, Any]:
    """The page of a lead: its timeline, and what became of it."""
    return timeline_of(actor, "lead", lead, request)


def order_context(actor: Actor, order: Order, request: HttpRequest) -> dict[str, Any]:
    """Lines, totals, deliveries and payments of an order, and its timeline."""
    return timeline_of(actor, "order", order, request) | editor_context(actor, order) | _commands(actor, "order", order)


def _commands(actor: Actor, object_name: str, record: Any) -> dict[str, Any]:
    """The commands without those for which the page has places of its own: lines, contact roles, what follows."""
    found = commands_of(actor, registry.get(object_name), record)
    return {"commands": [item for item in found if item["key"] not in IN_PLACE]}


def opportunity_context(actor: Actor, record: Opportunity, request: HttpRequest) -> dict[str, Any]:
    """Lines, people, stage history and what is missing of an opportunity, and its timeline."""
    stuck = is_stuck(record, record.stage)
    shown = timeline_of(actor, "opportunity", record, request) | _commands(actor, "opportunity", record)
    return shown | {
        "stuck": STUCK_WORDS.get(stuck, ""),
        "stuck_tone": "rose" if stuck == "late" else "amber",
        "is_open": record.category == Category.OPEN,
        "lines": list(record.lines.select_related("product", "product__unit").order_by("position")),
        "people": _people(actor, record),
        "moves": _moves(record),
        "show_money": shows_money(actor, "opportunity"),
        "may_quote": may(actor, "quote", "create") and record.account_id is not None,
        "may_order": may(actor, "order", "create") and record.account_id is not None,
        "language_now": language_now(),
    }


def _people(actor: Actor, record: Opportunity) -> list[Any]:
    """Contacts with their part; names of those out of sight stay out of sight."""
    visible = set(
        visible_records(actor, "contact")
        .values_list("id", flat=True)
        .filter(id__in=record.contacts.values("contact_id"))
    )
    rows = record.contacts.select_related("contact").order_by("-is_primary", "role", "id")
    return [row for row in rows if row.contact_id in visible]


def _moves(record: Opportunity) -> list[dict[str, Any]]:
    language = language_now()
    rows = list(record.stage_history.select_related("from_stage", "to_stage").order_by("-at", "-id"))
    members = {row.member_id for row in rows if row.member_id}
    names = dict(Membership.objects.filter(id__in=members).values_list("id", "name"))
    return [
        {
            "at": row.at,
            "from": row.from_stage.name_in(language) if row.from_stage else "",
            "to": row.to_stage.name_in(language),
            "who": names.get(row.member_id, ""),
            "days": ""
            if row.seconds is None
            else _("%(count)s days") % {"count": number(Decimal(row.seconds) / 86_400, 0)},
            "amount": row.amount,
            "probability": row.probability,
        }
        for row in rows
    ]
