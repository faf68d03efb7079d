"""Addresses of the sales room beside the generic screens."""

from django.urls import path

from guanxi.sales.views import leads, opportunities, quotes

QUOTE = "quotes/<uuid:id>/"
OPPORTUNITY = "opportunities/<uuid:id>/"

urlpatterns = [
    path("lead-pool/", leads.pool_page, name="sales.pool"),
    path("leads/<uuid:id>/claim", leads.claim, name="sales.claim"),
    path("leads/<uuid:id>/do/convert", leads.convert, name="sales.convert"),
    path(OPPORTUNITY + "quote", quotes.make_quote, name="sales.make_quote"),
    path(OPPORTUNITY + "products", opportunities.edit_products, name="sales.products"),
    path(OPPORTUNITY + "people", opportunities.add_person, name="sales.people"),
    path(OPPORTUNITY + "people/<uuid:contact_id>/remove", opportunities.remove_person, name="sales.remove_person"),
    path(QUOTE + "lines", quotes.save_lines, name="sales.quote_lines"),
    path(QUOTE + "lines/add", quotes.add_line, name="sales.quote_add"),
    path(QUOTE + "lines/lower", quotes.lower_discounts, name="sales.quote_lower"),
    path(QUOTE + "products", quotes.product_hits, name="sales.quote_products"),
    path(QUOTE + "preview", quotes.preview, name="sales.quote_preview"),
    path(QUOTE + "pdf", quotes.pdf, name="sales.quote_pdf"),
    path(QUOTE + "pages/<int:number>.png", quotes.page_png, name="sales.quote_page"),
    path(QUOTE + "do/send", quotes.send, name="sales.quote_send"),
]
