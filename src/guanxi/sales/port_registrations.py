"""What the sales room contributes to lower rooms."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from guanxi.activity.ports import TIMELINE, TIMELINE_PARTS, Card
from guanxi.core.files import FILE_CONTENT
from guanxi.core.models import StoredFile
from guanxi.core.ui.formats import money
from guanxi.engagement.ports import ACCEPTED
from guanxi.identity.actor import Actor
from guanxi.identity.permissions import matchable, may
from guanxi.identity.ports import NEW_TENANT, SETTINGS_PAGES, SettingsPage
from guanxi.records.extracts import EXTRACTS
from guanxi.records.lists import COUNT_CAP
from guanxi.records.merging import MERGE_RULES
from guanxi.records.ports import MENU, MENU_COUNTS, REPORTS, MenuEntry
from guanxi.records.privacy.declaring import PERSONAL_DATA
from guanxi.records.queries import shown_label, visible_records
from guanxi.records.settings_menu import settings_entries
from guanxi.sales.configuration import register_parts
from guanxi.sales.extracts import extracts
from guanxi.sales.limits import shows_money
from guanxi.sales.models import Opportunity, Order, Quote
from guanxi.sales.personal import personal_data
from guanxi.sales.queries import language_now, pool_leads
from guanxi.sales.reports import sales_reports
from guanxi.sales.services.merging import SalesMerge
from guanxi.sales.services.offered import open_accepted, quote_accepted
from guanxi.sales.services.pipelines import set_up_tenant
from guanxi.sales.services.sending import PRINTED


def sales_menu(actor: Actor) -> Iterable[MenuEntry]:
    """The lead pool, for those who may work leads."""
    if may(actor, "lead", "edit"):
        yield MenuEntry("lead-pool", _("Lead pool"), "droplet", "/lead-pool/", "customers", position=110, room="sales")


def sales_counts(actor: Actor) -> dict[str, int]:
    """Leads that wait in the pool, up to the cap of counting."""
    return {"lead-pool": pool_leads(actor)[: COUNT_CAP + 1].count()} if may(actor, "lead", "edit") else {}


def quote_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Quotes on the timeline: number, version, total, status."""
    return {
        row.id: Card(
            url=f"/quotes/{row.id}/",
            title=shown_label(actor, row),
            code=f"{row.number} v{row.revision}",
            icon="file-dollar",
            badge=str(row.get_status_display()) if matchable(actor, "quote", "status") else "",
            note=_amount(actor, "quote", "total", row),
        )
        for row in Quote.objects.filter(id__in=ids)
    }


def order_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Orders on the timeline."""
    return {
        row.id: Card(
            url=f"/orders/{row.id}/",
            title=shown_label(actor, row),
            code=row.code,
            icon="package",
            badge=str(row.get_status_display()) if matchable(actor, "order", "status") else "",
            note=_amount(actor, "order", "total", row),
        )
        for row in Order.objects.filter(id__in=ids)
    }


def opportunity_cards(actor: Actor, ids: set[UUID]) -> Mapping[UUID, Card]:
    """Opportunities on the timeline."""
    language, staged = language_now(), matchable(actor, "opportunity", "stage")
    return {
        row.id: Card(
            url=f"/opportunities/{row.id}/",
            title=shown_label(actor, row),
            code=row.code,
            icon="layout-kanban",
            badge=row.stage.name_in(language) if staged else "",
            tone={"won": "jade", "lost": "grey"}.get(row.category, "indigo") if staged else "grey",
            note=_amount(actor, "opportunity", "amount", row),
        )
        for row in Opportunity.objects.filter(id__in=ids).select_related("stage")
    }


def _amount(actor: Actor, object_name: str, name: str, row: Any) -> str:
    """The figure, for those who may read it."""
    value = getattr(row, name)
    if value is None or not matchable(actor, object_name, name):
        return ""
    return money(value, row.currency, home=actor.currency)


def opportunity_parts(actor: Actor, record_id: UUID) -> Mapping[str, set[UUID]]:
    """Quotes and orders of an opportunity, and the lead that it came from."""
    return {
        name: set(visible_records(actor, name).filter(opportunity_id=record_id).values_list("id", flat=True))
        for name in ("quote", "order", "lead")
        if may(actor, name, "view")
    }


def settings_pages(actor: Actor) -> Iterable[SettingsPage]:
    """Pipelines, stages, reasons and the rules for discounts in the settings menu."""
    yield from settings_entries(actor, "pipeline", "stage", "reason", group="sales")
    if actor.is_admin and "sales" not in actor.rooms_off:
        yield SettingsPage(_("Discounts and margins"), "percentage", "/settings/discounts/", "sales")


def may_read_content(actor: Actor, file: StoredFile) -> bool:
    """A printed quote tells its sums; other files on it are open to whoever sees the quote."""
    return PRINTED not in file.tags or shows_money(actor, "quote")


register_parts()
FILE_CONTENT.register("quote", may_read_content)
NEW_TENANT.register("sales", set_up_tenant)
MENU.register("sales", sales_menu)
MENU_COUNTS.register("sales", sales_counts)
TIMELINE.register("quote", quote_cards)
TIMELINE.register("order", order_cards)
TIMELINE.register("opportunity", opportunity_cards)
TIMELINE_PARTS.register("opportunity", opportunity_parts)
SETTINGS_PAGES.register("sales", settings_pages)
MERGE_RULES.register("sales", SalesMerge())
REPORTS.register("sales", sales_reports)
PERSONAL_DATA.register("sales", personal_data)
ACCEPTED.register("opportunity", open_accepted)
ACCEPTED.register("quote", quote_accepted)
EXTRACTS.register("sales", extracts)
