"""Products for the warehouse."""

from guanxi.records.extracts import Extract, in_company, row_print

PRODUCTS = f"""
SELECT {row_print("p")} AS print, p.id AS product, p.name, p.sku, p.family_id AS family,
       {in_company("p.list_price", "p.currency", "current_date")} AS list_price,
       {in_company("p.cost", "p.currency", "current_date")} AS cost, p.is_active AS active
FROM catalogue_product p WHERE p.tenant_id = %(tenant)s AND p.deleted_at IS NULL
"""
COLUMNS = {
    "product": "text",
    "name": "text",
    "sku": "text",
    "family": "text",
    "list_price": "number",
    "cost": "number",
    "active": "flag",
}


def extracts() -> tuple[Extract, ...]:
    """The products."""
    return (Extract("products", COLUMNS, by="product", rows=PRODUCTS),)
