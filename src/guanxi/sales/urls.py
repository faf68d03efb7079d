"""Addresses of the sales room beside the generic screens."""

from django.urls import path

from guanxi.sales.views import leads, lines, opportunities, orders, quotes, settings

QUOTE = "quotes/<uuid:id>/"
OPPORTUNITY = "opportunities/<uuid:id>/"
LINES = (
    ("lines", lines.save_lines),
    ("lines/add", lines.add_line),
    ("lines/lower", lines.lower_discounts),
    ("products", lines.product_hits),
)

urlpatterns = [
    path("settings/discounts/", settings.discounts, name="sales.discounts"),
    path("lead-pool/", leads.pool_page, name="sales.pool"),
    path("leads/<uuid:id>/claim", leads.claim, name="sales.claim"),
    path("leads/<uuid:id>/do/convert", leads.convert, name="sales.convert"),
    path(OPPORTUNITY + "quote", quotes.make_quote, name="sales.make_quote"),
    path(OPPORTUNITY + "order", orders.make_order, name="sales.make_order"),
    path(OPPORTUNITY + "products", opportunities.edit_products, name="sales.products"),
    path(OPPORTUNITY + "people", opportunities.add_person, name="sales.people"),
    path(OPPORTUNITY + "people/<uuid:contact_id>/remove", opportunities.remove_person, name="sales.remove_person"),
    path(QUOTE + "compare", quotes.compare, name="sales.quote_compare"),
    path(QUOTE + "preview", quotes.preview, name="sales.quote_preview"),
    path(QUOTE + "pdf", quotes.pdf, name="sales.quote_pdf"),
    path(QUOTE + "pages/<int:number>.png", quotes.page_png, name="sales.quote_page"),
    path(QUOTE + "do/revise", quotes.revise, name="sales.quote_revise"),
    path(QUOTE + "do/order", quotes.make_order, name="sales.quote_order"),
    path("orders/<uuid:id>/do/plan-payments", orders.payment_plan, name="sales.payment_plan"),
    path(QUOTE + "do/send", quotes.send, name="sales.quote_send"),
]
urlpatterns += [
    path(f"{kind}s/<uuid:id>/{end}", view, {"kind": kind}, name=f"sales.{kind}_{end.replace('/', '_')}")
    for kind in ("quote", "order")
    for end, view in LINES
]
